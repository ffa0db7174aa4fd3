# Results of paper A: ood, checksum, table, claims, figure.
import shlex

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

CLEAN = ("none", "0")
CLAIMS = claims(config["evaluate"])


def caption(text):
    """A caption that says so when its numbers come from generated videos."""
    return f"{text}. {embedded_note()}".strip()


def embedded_note():
    if any(DATASETS[name]["type"] == "generated" for name in config["tables"]["datasets"]):
        return "Data set: embedded, generated videos, not the paper's."
    return ""


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
