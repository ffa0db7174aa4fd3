# The checked configuration, how a run starts, and what rules of all stages share.
import atexit
import gc
import re
import shlex
from functools import cache
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import update_config

import run
from framefault.corruption.names import damage_of
from framefault.corruption.registry import corruptions
from framefault.errors import UserError
from framefault.files import file_digest
from framefault.protection.settings import Protections, protection_of
from framefault.shards import shard_names
from framefault.tasks.frames.registry import read_registry
from framefault.workflow import snakemake_private
from framefault.workflow.cluster import leave_jobs_behind
from framefault.workflow.config import LEVEL, TASKS, canonical, of_task, read_yaml, validated
from framefault.workflow.fingerprint import fingerprint, recall
from framefault.workflow.missing import in_lines, missing
from framefault.workflow.papers import CELL, CLEAN, papers
from framefault.workflow.progress import tell_plan
from framefault.workflow.provenance import read_record, record_path
from framefault.workflow.resume import (
    METADATA,
    is_unlocked,
    judge_by_content,
    make_the_rest,
    note_machine,
    unlock_after_kill,
)
from framefault.workflow.targets import explained

# Yours over the project's own settings. A module is given a configuration, and reads no other.
DEFAULTS = {}
for file in ("sources.yaml", "config.yaml"):
    update_config(DEFAULTS, load_configfile(PROJECT / "config" / file))
update_config(DEFAULTS, config)
try:
    for file in snakemake_private.config_files(workflow):
        if not file.endswith(".json"):
            read_yaml(file)
    config = validated(DEFAULTS)
    REGISTRY = read_registry(config["frames"]["registry"])
except UserError as error:
    raise WorkflowError(str(error))

# How a run starts ---------------------------------------------------------------------------
PREFIX = snakemake_private.prefix(workflow)
run.use_this_python()
snakemake_private.ignore_commands()
snakemake_private.remember_parameters()
if workflow.is_main_process and not IS_MODULE:
    gc.disable()  # all that a plan allocates stays: looking for garbage is a fifth of its time
try:
    if not IS_MODULE:
        snakemake_private.keep_metadata_in(METADATA)
    if workflow.is_main_process:
        judge_by_content(alone=is_unlocked() if IS_MODULE else unlock_after_kill())
    else:
        make_the_rest()
except OSError as error:
    raise WorkflowError(
        f"Cannot write into {Path.cwd()} ({error.strerror}), where even a plan keeps its notes;"
        " name a folder of yours with `-d`."
    )


onstart:
    if lacking := missing(workflow.dag):
        logger.error(f"Nothing was run, because this is missing:{in_lines(lacking)}")
        sys.exit(1)
    gc.freeze()  # the plan
    gc.enable()
    note_machine()
    snakemake_private.calm_scheduler(workflow)
    if workflow.local_exec:
        if len(workflow.dag) >= run.WORTH_WARMING:
            run.warm_up()
    elif not IS_MODULE:
        leave_jobs_behind(PROGRESS)
        snakemake_private.hear_of_cancelled_jobs()
    if PROGRESS:
        PROGRESS.expect(config)


ON_CLUSTER = snakemake_private.on_cluster(workflow)
if workflow.is_main_process:
    recall(snakemake_private.STATE / "fingerprints.json")
    atexit.register(tell_plan, workflow, Path.cwd() == PROJECT.resolve())


def starts_first(wildcards):
    """Priority of a job: what all trainings wait for comes before all else."""
    return 2 if wildcards.dataset in STARTS else 0


def cluster_group(name):
    """Short jobs that share a job of a cluster; profiles/slurm says how many."""
    return name if ON_CLUSTER else None


# Predictions that share a job take turns on its GPU; processor cores they use side by side.
resource_scopes:
    turn="local",


if ON_CLUSTER or config["compute"]["gpus"]:
    snakemake_private.limit_resource(workflow, "turn", 1)

# What rules share ---------------------------------------------------------------------------
LAUNCHER = shlex.quote(str(PROJECT / "scripts/run.py"))
COMMAND = (
    f"python {LAUNCHER}"
    " {params.stage} --settings {params.settings:q} --files {params.files:q}"
    " --code {params.code} --threads {threads} --log {log:q}"
)


def stage(script, circumstances=lambda wildcards: {}, in_order=False, modules=(), **settings):
    """Parameters of a rule that runs a script with COMMAND.

    `settings` are all the configuration that decides the result; a function among them is asked
    with the wildcards. They and the code are what makes the job run again. Files, threads, and
    `circumstances`, a function that gives a dictionary, are not. The order of keys decides nothing
    either, unless they are `in_order`. `modules`, or what that function gives, are the names of the
    modules with the methods that the script uses: their code counts, and no other method's.
    """

    def run(wildcards):
        return [script, *(modules(wildcards) if callable(modules) else modules)]

    def decided(wildcards):
        found = {key: each(wildcards) if callable(each) else each for key, each in settings.items()}
        return canonical(found, in_order)

    # Without `threads` among its arguments, Snakemake asks for no resources where nothing is to do.
    def files(wildcards, input, output):
        return canonical(
            {
                "input": named(input),
                "output": named(output),
                "wildcards": dict(wildcards.items()),
                "circumstances": circumstances(wildcards),
                "prefix": PREFIX,
            }
        )

    def told(wildcards):
        return " ".join(run(wildcards))

    return {
        "stage": told if callable(modules) else told(None),
        "code": lambda wildcards: fingerprint(*run(wildcards)),
        "settings": decided,
        "files": files,
    }


def named(files):
    return {name: each if isinstance(each, str) else list(each) for name, each in files.items()}


def needs(gb, minutes, gpu=False, **more):
    """What a job asks for; memory and time grow with each attempt that a cluster ended.

    `gb` is a number, or a function of the wildcards.
    """
    found = {
        "mem_mb": lambda wildcards, attempt: (
            1000 * (gb(wildcards) if callable(gb) else gb) * attempt
        ),
        "runtime": lambda wildcards, attempt: minutes * attempt,
    }
    return found | ({"gpu": config["compute"]["gpus"]} if gpu else {}) | more


CORRUPTIONS = corruptions()
PROTECTIONS = Protections(config["protection"])
CONDITIONS = ["clean", *PROTECTIONS.clean_conditions, *CORRUPTIONS, *PROTECTIONS.conditions]
DATASETS = config["datasets"]
# Data sets with the pre-training from which all trainings of another one start.
STARTS = {each.get("weights") for each in DATASETS.values()} & set(DATASETS)
THREADS = config["compute"]["threads"]
# What all scores of clips read.
JUDGED = {"playable": config["playable"], "confidence": config["tables"]["confidence"]}
PAPERS = papers(config, REGISTRY)
if workflow.is_main_process:
    snakemake_private.explain_missing_rule(explained(config, REGISTRY, PAPERS.values()))
    for paper in PAPERS.values():
        for item, reason in paper.skipped.items():
            logger.warning(f"Not made: {item}, because {reason}.")


def alternatives(names):
    """A pattern that matches these names, or nothing at all."""
    return "|".join(names) or "(?!)"


wildcard_constraints:
    source="|".join(config["sources"]),
    part="[a-z][a-z0-9_]*",
    dataset="[A-Za-z0-9][A-Za-z0-9_-]*",
    split="train|test",
    shard=r"\d{5}-of-\d{5}",
    corruption=alternatives(map(re.escape, CONDITIONS)),
    encoding=alternatives(PROTECTIONS.encodings),
    level=LEVEL,
    training="[0-9]+",
    seed="[0-9]+",
    resize="[0-9]+(x[0-9]+)?",
    size="[0-9]+",


# Paths of stages ----------------------------------------------------------------------------
CONDITION = "{dataset}/{split}/{corruption}/{level}/seed{seed}"
CORRUPTED = f"results/corrupted/{CONDITION}/{{shard}}"
DECODED = f"results/decoded/{CONDITION}"
CLIPS = "results/clips/{dataset}/{split}/{shard}.zip"
ENCODED = "results/clips/{dataset}/{split}/{encoding}/{shard}.zip"  # to be sent
CLEAN_DECODED = "results/decoded/{dataset}/{split}/clean/0/seed0"
MODEL = "results/models/{dataset}/{model}/seed{training}"
WEIGHTS = f"{MODEL}/weights.safetensors"
PREDICTIONS = CELL.replace("cells", "predictions").replace(".json", ".parquet")
CLEAN_PREDICTIONS = "results/predictions/{dataset}/{model}/seed{training}/clean/0/seed0.parquet"


def pairs(known):
    """A pattern of data sets, each before a model of its own in a path."""
    return alternatives(f"{name}(?=/{re.escape(model)}/)" for name, model in known)


def dataset_settings(*keys):
    """The named settings of a rule's data set: what it reads and nothing else."""
    return {key: lambda wildcards, key=key: DATASETS[wildcards.dataset].get(key) for key in keys}


def record_of(path):
    """The record of the job that made a file below results/, or None."""
    return read_record(PREFIX + path)


def watched(files, made, key):
    """Digests of a user's files; where they are gone, of what `made` was made from, by its record."""
    if files and not any(Path(file).is_file() for file in files):
        record = record_of(made)
        return record["settings"][key] if record else ["absent"]
    return [file_digest(file)[:16] if Path(file).is_file() else "absent" for file in files]


def folder_listed(wildcards, digest, listing="results/manifests/{dataset}.csv"):
    """Digest of what a user's folder holds; where it is gone, of what it held when listed."""
    folder = data_folder(wildcards)
    if made_by_a_rule(folder):
        return "made by a rule"
    if Path(folder).is_dir():
        return digest(folder)
    record = record_of(listing.format(dataset=wildcards.dataset))
    return record["settings"]["listed"] if record else "absent"


def file_content(file):
    """Digest of a user's file, if it is there."""
    return file_digest(Path(file)) if Path(file).is_file() else "absent"


def made_by_a_rule(path):
    return path.startswith(("results/raw/", "results/sources/", "results/reviewed/"))


def data_folder(wildcards):
    """Where a data set's videos, pictures and metadata lie."""
    return DATASETS[wildcards.dataset].get("path", f"results/raw/{wildcards.dataset}")


def made_data(wildcards):
    """The folder that a rule makes or unpacks; a user's own need not exist to plan."""
    folder = data_folder(wildcards)
    if (
        folder.startswith("results/sources/")
        and TASKS[DATASETS[wildcards.dataset]["type"]] == "frames"
    ):
        return str(Path(folder).parent)
    return list(filter(made_by_a_rule, [folder]))


# Decoded clips ------------------------------------------------------------------------------
@cache
def decoded(dataset, split, corruption="clean", level="0", seed="0", view=""):
    """Cached frames of one condition, and their accounts; `view` is another size of theirs."""
    folder = f"{DECODED}/{view}".rstrip("/")
    return expand(
        [f"{folder}/{{shard}}.frames", f"{folder}/{{shard}}.parquet"],
        dataset=dataset,
        split=split,
        corruption=corruption,
        level=level,
        seed=seed,
        shard=shard_names(DATASETS[dataset]["shards"][split]),
    )


def shards_of(pattern):
    """An input function: the files of all test shards of a condition."""
    return lambda wildcards: expand(
        pattern,
        split="test",
        shard=shard_names(DATASETS[wildcards.dataset]["shards"]["test"]),
        allow_missing=True,
    )


def is_clean(condition):
    """Whether clips of a condition are damaged by nothing."""
    return damage_of(condition) == "clean"


def archive_of(condition):
    """The pattern of the archives with a condition's clips."""
    if not is_clean(condition):
        return f"{CORRUPTED}.zip"
    encoding = protection_of(condition)
    return ENCODED.replace("{encoding}", encoding) if encoding else CLIPS


def archives_before(wildcards):
    """The test clips that a condition's are compared with, shard by shard."""
    return shards_of(archive_of(PROTECTIONS.clean_of(wildcards.corruption)))(wildcards)


def accounts(wildcards, condition):
    """What was done to the test clips of a condition, shard by shard."""
    return shards_of(f"{CORRUPTED}.csv".replace("{corruption}", condition))(wildcards)


def decoded_before(wildcards, view=""):
    """Cached frames of the test clips that a condition's are compared with, and their accounts."""
    clean = PROTECTIONS.clean_of(wildcards.corruption)
    return decoded(wildcards.dataset, "test", clean, view=view)


def predictions_before(wildcards):
    """What a model says of the clips that a condition's are compared with."""
    clean = PROTECTIONS.clean_of(wildcards.corruption)
    return CLEAN_PREDICTIONS.replace("clean", clean)


def archives(wildcards):
    """The test clips of a condition, shard by shard."""
    return shards_of(archive_of(wildcards.corruption))(wildcards)


# Rooms --------------------------------------------------------------------------------------
# A task says, stage by stage, what its rules read: rules/tasks/<task>.smk fills this in, and the
# rules of each stage are made for every task alike.
ROOMS = {}


def room_of(wildcards):
    """What the task of a rule's data set says."""
    return ROOMS[TASKS[DATASETS[wildcards.dataset]["type"]]]
