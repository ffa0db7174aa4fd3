# The checked configuration and the few helpers that all rules share.
import atexit
import json
import shlex
import sys
import threading
from pathlib import Path

from snakemake.dag import DAG
from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

import run
from framefault.bat import conditions as bat_conditions
from framefault.cluster import cluster_jobs
from framefault.config import CORRUPTIONS, canonical, validated
from framefault.errors import UserError
from framefault.fingerprint import fingerprint
from framefault.folder import folder_digest
from framefault.paper_a import (
    CURVES,
    EXAMPLES,
    NETWORK_AND_FILE,
    OOD,
    TABLES,
    TITLES,
    claims,
    conditions,
    example_conditions,
)
from framefault.provenance import digest, read_record
from framefault.resume import (
    go_on,
    keep_records_with_results,
    note_machine,
    unlock_after_kill,
)
from framefault.shards import shard_names

try:
    config = validated(config)
except UserError as error:
    raise WorkflowError(str(error))

run.use_this_python()
keep_records_with_results()
if workflow.is_main_process:
    go_on(DAG, alone=unlock_after_kill())


onstart:
    note_machine()
    # On SIGTERM, Snakemake's handler asks for this lock in the thread that may hold it.
    workflow.scheduler._lock = threading.RLock()
    if workflow.local_exec:
        run.warm_up()
        # While there is a rate limit, which only clusters need, every round of scheduling sets a
        # timer that starts one more round: after 200 jobs they keep a core half busy.
        workflow.scheduler.job_rate_limiter = None


# Which short jobs share a job of a cluster; profiles/slurm says how many of each.
ON_CLUSTER = workflow.resource_settings.nodes is not None
UNPACK, PREPARE, PREDICT = ("unpack", "prepare", "predict") if ON_CLUSTER else (None, None, None)


def tell_cluster_jobs():
    """After a dry-run: Snakemake counts its own jobs only."""
    if workflow.dag is not None and workflow.dryrun and not workflow.output_settings.quiet:
        print(f"These are {len(cluster_jobs(workflow.dag))} jobs of the cluster.", file=sys.stderr)


if ON_CLUSTER and workflow.is_main_process:
    atexit.register(tell_cluster_jobs)


# Predictions that share a job take turns on its GPU.
resource_scopes:
    turn="local",


workflow.global_resources["turn"] = 1

DATASETS = config["datasets"]


wildcard_constraints:
    source="|".join(config["sources"]),
    part="[a-z][a-z0-9_]*",
    dataset="[A-Za-z0-9][A-Za-z0-9_-]*",
    split="train|test",
    shard=r"\d{5}-of-\d{5}",
    corruption="none|packet_loss|random|contiguous",
    level=r"[0-9.]+(e[+-]?[0-9]+)?",
    seed="[0-9]+",
    defense=r"none|at_eps[0-9]+|bat|bat_low|bat_high|bat_oracle/[a-z_]+/[0-9.e+-]+",


def dataset_options(dataset, *keys):
    """The named settings of a data set, canonical: what a rule reads and nothing else."""
    return canonical({key: DATASETS[dataset].get(key) for key in keys})


def shards(dataset, split, pattern, **wildcards):
    """The files of all shards of a split."""
    names = shard_names(DATASETS[dataset]["shards"][split])
    return expand(pattern, dataset=dataset, split=split, shard=names, **wildcards)


def decoded(dataset, split, corruption="none", level="0", seed="0"):
    """Cached frames of one condition, and their accounts."""
    return shards(
        dataset,
        split,
        [f"{DECODED}/{{shard}}.frames", f"{DECODED}/{{shard}}.parquet"],
        corruption=corruption,
        level=level,
        seed=seed,
    )


def growing(first):
    """A resource that grows with every attempt of a job that a cluster ended for lack of it."""
    return lambda wildcards, attempt: first * attempt


CONDITION = "{dataset}/{split}/{corruption}/{level}/seed{seed}"
CORRUPTED = f"results/corrupted/{CONDITION}/{{shard}}"
DECODED = f"results/decoded/{CONDITION}"
CLEAN = ("none", "0")


def caption(text):
    """A caption that says so when its numbers come from generated videos."""
    return f"{text}. {embedded_note()}".strip()


def embedded_note():
    if any(DATASETS[name]["type"] == "generated" for name in config["tables"]["datasets"]):
        return "Data set: embedded, generated videos, not the paper's."
    return ""


# acquire -----------------------------------------------------------------------------------


def archive_keys(wildcards, *keys):
    """The named facts of one archive, canonical."""
    archive = config["sources"][wildcards.source]["archives"][wildcards.part]
    return canonical({key: archive[key] for key in keys})


def whereabouts(wildcards):
    """Where an archive is had and kept.

    A resource, no parameter: neither another mirror nor another folder runs anything again.
    """
    source = config["sources"][wildcards.source]
    known = {"urls": source["archives"][wildcards.part]["urls"], "homepage": source["homepage"]}
    return canonical(config["downloads"] | known)


# manifest ----------------------------------------------------------------------------------


def video_folder(wildcards):
    return DATASETS[wildcards.dataset].get("path", f"results/raw/{wildcards.dataset}")


def made_by_a_rule(path):
    return path.startswith(("results/raw/", "results/sources/"))


def raw_videos(wildcards):
    """Videos that a rule makes; a user's own folder need not exist to plan."""
    return list(filter(made_by_a_rule, [video_folder(wildcards)]))


def split_lists(wildcards):
    """Lists of a split that a rule unpacks."""
    split = DATASETS[wildcards.dataset].get("split", {})
    return list(filter(made_by_a_rule, [split.get("path", "")]))


def manifest_options(wildcards):
    dataset = DATASETS[wildcards.dataset]
    if dataset["type"] == "generated":
        return canonical({"split": {"by": "pattern", "test": "_test_"}, "exclude": []})
    options = {key: dataset[key] for key in ("split", "exclude")}
    if dataset["source"]:
        options["counts"] = official_counts(dataset)
    return canonical(options)


def official_counts(dataset):
    """How many clips the official split has, or nothing where that is not known."""
    counts = config["sources"][dataset["source"]]["counts"]
    return dict(enumerate(counts, 1)).get(dataset["split"].get("number"), {})


def videos_listed(wildcards):
    """Digest of what a user's folder holds; where it is gone, of what it held when listed."""
    dataset = DATASETS[wildcards.dataset]
    if dataset["type"] == "generated":
        return "generated"
    if made_by_a_rule(dataset["path"]):
        return "unpacked"
    if Path(dataset["path"]).is_dir():
        return folder_digest(dataset["path"], dataset["split"])
    record = read_record(f"results/manifests/{wildcards.dataset}.csv")
    return record["settings"]["listed"] if record else "absent"


# encode ------------------------------------------------------------------------------------


def encode_options(wildcards):
    kept = DATASETS[wildcards.dataset]["container"]
    return canonical({"container": kept} | (config["encode"] if kept == "mp4" else {}))


# decode ------------------------------------------------------------------------------------


def clips_to_decode(wildcards):
    """The clean clips, or the corrupted ones with their account and the clean frames."""
    if wildcards.corruption == "none":
        return {"clips": "results/clips/{dataset}/{split}/{shard}.zip"}
    return {
        "clips": f"{CORRUPTED}.zip",
        "corruption": f"{CORRUPTED}.csv",
        "clean": [f"{CLEAN_DECODED}.frames", f"{CLEAN_DECODED}.parquet"],
    }


def decode_options(wildcards):
    """Test clips are cached as the network sees them, training clips with room for crops."""
    size = config["model"]["size"]
    side = {"short_side": config["decode"]["train_short_side"], "crop": None}
    if wildcards.split == "test":
        side = {"short_side": size, "crop": size}
    limits = {key: config["decode"][key] for key in ("timeout", "memory_mb")}
    return canonical(side | limits)


def decode_group(wildcards):
    """Clean clips are decoded where they are unpacked, corrupted ones where they are made."""
    return UNPACK if wildcards.corruption == "none" else PREPARE


def cache(path):
    """Frames are kept, or deleted once no job needs them."""
    return path if config["compute"]["keep_decoded"] else temp(path)


# train -------------------------------------------------------------------------------------


def start_weights(wildcards):
    """The common checkpoint of all defences: another data set's model, or an imported file."""
    weights = DATASETS[wildcards.dataset]["weights"]
    if weights is None:
        return []
    if weights in DATASETS:
        return f"results/models/{weights}/none/seed0/weights.safetensors"
    return "results/weights/{dataset}.safetensors"


def weights_content(wildcards):
    """Digest of a user's weight file; where it is gone, of what was imported."""
    file = Path(DATASETS[wildcards.dataset]["weights"])
    if file.is_file():
        return digest(file)
    record = read_record(f"results/weights/{wildcards.dataset}.safetensors")
    return record["inputs"].get(str(file)) if record else ""


def validation_clips(wildcards):
    """The test split, where the recipe validates on it as the original does."""
    return decoded(wildcards.dataset, "test") if recipe(wildcards)["validate_on"] == "test" else []


def recipe(wildcards):
    return config["recipes"][DATASETS[wildcards.dataset]["recipe"]]


def bat_levels(wildcards):
    return bat_conditions(wildcards.defense, config["bat"]["levels"], config["bat"]["low_up_to"])


def corrupted_clips(wildcards):
    return [
        file
        for corruption, level in bat_levels(wildcards)
        for file in decoded(wildcards.dataset, "train", corruption, level, wildcards.seed)
    ]


def adversarial_options(wildcards):
    epsilon = int(wildcards.defense.removeprefix("at_eps"))
    return canonical({"epsilon": epsilon} | config["adversarial"])


def bat_options(wildcards):
    probability = config["bat"]["probability"]
    return canonical({"conditions": bat_levels(wildcards), "probability": probability})


# predict -----------------------------------------------------------------------------------


def corrupted_test_clips(wildcards):
    if wildcards.corruption == "none":
        return []
    return decoded(wildcards.dataset, "test", wildcards.corruption, wildcards.level, wildcards.seed)


def clean_predictions(wildcards):
    """The model's logits of clean clips: those of clips that no damage changed are taken over.

    An oracle is not evaluated on clean clips, so it computes them.
    """
    if wildcards.corruption == "none" or wildcards.defense.startswith("bat_oracle"):
        return []
    return "results/predictions/{dataset}/{defense}/seed{seed}/none/0.parquet"


# ood, checksum -----------------------------------------------------------------------------


def ood_options(wildcards):
    """The detector's own settings: another one's temperature is not its business."""
    shared = {name: config["ood"][name] for name in ("average", "kept")}
    return canonical(shared | config["ood"][wildcards.defense])


def corrupted_archive(wildcards):
    """The archive that is held against the clean one; clean clips are held against themselves."""
    if wildcards.corruption == "none":
        return "results/clips/{dataset}/{split}/{shard}.zip"
    return f"{CORRUPTED}.zip"


def checksum_files(wildcards):
    pattern = f"{CHECKSUMS}.csv"
    condition = {name: wildcards[name] for name in ("corruption", "level", "seed")}
    return shards(wildcards.dataset, "test", pattern, **condition)


# table -------------------------------------------------------------------------------------


def of_tables(pattern, **wildcards):
    """The files of all data sets and seeds of the tables."""
    settings = {"dataset": config["tables"]["datasets"], "seed": config["seeds"]} | wildcards
    return expand(pattern, **settings)


def table_conditions(wildcards):
    return conditions(TABLES[wildcards.table]["corruptions"], config["evaluate"])


def table_cells(wildcards):
    """Every cell of a table; oracles exist for the conditions that BAT trains on."""
    table, cells = TABLES[wildcards.table], []
    for corruption, level in table_conditions(wildcards):
        for defense in dict.fromkeys(column["defense"] for column in table["columns"]):
            if defense == "bat_oracle":
                if level not in config["bat"]["levels"].get(corruption, ()):
                    continue
                defense = f"bat_oracle/{corruption}/{level}"
            cells += of_tables(table["cells"], defense=defense, corruption=corruption, level=level)
    return cells


def printed_columns(wildcards):
    return [column["name"] for column in TABLES[wildcards.table]["columns"] if column["printed"]]


# claims ------------------------------------------------------------------------------------

CLAIMS = claims(config["evaluate"])


def claimed_predictions(wildcards):
    """Both sides of every paired claim."""
    sides = [
        side
        for claim in CLAIMS
        if claim["kind"] == "paired"
        for corruption, level in claim["conditions"]
        for side in (
            (claim["better"], *(CLEAN if claim["clean"] else (corruption, level))),
            (claim["worse"], corruption, level),
        )
    ]
    pattern = f"results/predictions/{CELL}.parquet"
    return [
        file
        for defense, corruption, level in dict.fromkeys(sides)
        for file in of_tables(pattern, defense=defense, corruption=corruption, level=level)
    ]


def claimed_conditions(kind):
    return [pair for claim in CLAIMS if claim["kind"] == kind for pair in claim["conditions"]]


def claimed_detection(wildcards):
    return [
        file
        for corruption, level in claimed_conditions("near_chance")
        for file in of_tables(OOD, defense="odin", corruption=corruption, level=level)
    ]


def claimed_files(wildcards):
    return [
        file
        for corruption, level in claimed_conditions("unchanged")
        for dataset in config["tables"]["datasets"]
        for file in shards(
            dataset,
            "test",
            f"{CHECKSUMS}.csv",
            corruption=corruption,
            level=level,
            seed=config["seeds"],
        )
    ]


# figure ------------------------------------------------------------------------------------


def curve_panels(wildcards):
    return CURVES[wildcards.figure](config["tables"]["datasets"])


def curve_cells(wildcards):
    """Cells of all curves of all panels."""
    cells = [
        file
        for panel in curve_panels(wildcards)
        for curve in panel["curves"]
        for corruption, level in conditions(NETWORK_AND_FILE, config["evaluate"])
        for file in expand(
            curve["cells"],
            dataset=panel["dataset"],
            defense=curve["defense"],
            seed=config["seeds"],
            corruption=corruption,
            level=level,
        )
    ]
    return list(dict.fromkeys(cells))


def curve_published(wildcards):
    curves = [curve for panel in curve_panels(wildcards) for curve in panel["curves"]]
    return sorted({curve["published"] for curve in curves if curve["published"]})


def figure_note(wildcards):
    """Whose numbers are drawn, and what the bands are."""
    seeds = len(config["seeds"])
    band = f"{100 * config['tables']['confidence']:g} % interval over clips, one seed"
    if seeds > 1:
        band = f"standard deviation over {seeds} seeds"
    return f"Bands: {band}. {embedded_note()}".strip()


def example_pairs(wildcards):
    return example_conditions(wildcards.figure, config["evaluate"])


def example_inputs(wildcards):
    """Files and predictions of the first data set and seed, condition by condition."""
    dataset, seed = config["tables"]["datasets"][0], config["seeds"][0]
    archives, predictions = [], []
    for corruption, level in example_pairs(wildcards):
        keys = {"corruption": corruption, "level": level, "seed": seed}
        clean = corruption == "none"
        pattern = "results/clips/{dataset}/{split}/{shard}.zip" if clean else f"{CORRUPTED}.zip"
        archives += shards(dataset, "test", pattern, **keys)
        predictions += expand(
            f"results/predictions/{CELL}.parquet", dataset=dataset, defense="none", **keys
        )
    manifest = f"results/manifests/{dataset}.csv"
    return {"manifest": manifest, "archives": archives, "predictions": predictions}


def example_draw(wildcards):
    """What the losses of a clip's packets are drawn by."""
    dataset, seed = config["tables"]["datasets"][0], config["seeds"][0]
    options = shlex.quote(canonical(config["packet_loss"]))
    return f"--dataset {dataset} --seed {seed} --packet-loss {options}"
