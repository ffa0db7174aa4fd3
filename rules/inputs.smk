# What single stages ask: functions that are inputs, settings and groups of their rules.
from types import SimpleNamespace

from framefault.data.listing import sizes_digest
from framefault.workflow import shown


def archive(*keys):
    """The named facts of a rule's archive."""
    return {
        key: lambda wildcards, key=key: config["sources"][wildcards.source]["archives"][
            wildcards.part
        ][key]
        for key in keys
    }


def whereabouts(wildcards):
    """Where an archive is had and kept: neither another mirror nor another folder counts."""
    source = config["sources"][wildcards.source]
    known = {"urls": source["archives"][wildcards.part]["urls"], "homepage": source["homepage"]}
    return config["downloads"] | known


def encoding(wildcards):
    """How clips are encoded; the publisher's own bytes stay as they are, unless they are sent."""
    if "encoding" in wildcards.keys():
        sent = PROTECTIONS.encode_settings(config["encode"], wildcards.encoding)
        return {"container": "mp4"} | sent
    kept = DATASETS[wildcards.dataset]["container"]
    return {"container": kept} | (config["encode"] if kept == "mp4" else {})


def clips_to_decode(wildcards):
    """The clean clips, or the corrupted ones with their account and the clean frames."""
    condition = wildcards.corruption
    if is_clean(condition):
        return {"clips": archive_of(condition), "account": [], "clean": []}
    before = CLEAN_DECODED.replace("clean", PROTECTIONS.clean_of(condition))
    folder = f"{before}/{VIEW}" if "resize" in wildcards.keys() else before
    return {
        "clips": archive_of(condition),
        "account": f"{CORRUPTED}.csv",
        "clean": expand(
            f"{folder}/{{shard}}.{{kind}}", kind=["frames", "parquet"], allow_missing=True
        ),
    }


def protection_steps(wildcards):
    """What is done to a condition's clips after they are encoded: (Method, its parameters)."""
    name = protection_of(wildcards.corruption)
    return PROTECTIONS.steps(name, ("sending", "storing")) if name else []


def protected_by(wildcards):
    """The modules of a condition's corruption, and of what protects its clips, in that order."""
    if is_clean(wildcards.corruption):
        return []
    corruption = CORRUPTIONS[damage_of(wildcards.corruption)]
    return [corruption.module, *(method.module for method, _ in protection_steps(wildcards))]


def corruption_parameters(wildcards):
    return config.get(damage_of(wildcards.corruption), {})


def protection_parameters(wildcards):
    """Their parameters, in the order of the modules."""
    return [parameters for _, parameters in protection_steps(wildcards)]


VIEW = "{resize}_{size}"


def frame_size(wildcards):
    """The size in which frames are cached, as their task or a model of one's own sees them."""
    if "resize" in wildcards.keys():
        sides = [int(side) for side in wildcards.resize.split("x")]
        return {"short_side": sides if sides[1:] else sides[0], "crop": int(wildcards.size)}
    return room_of(wildcards)["frame_size"](wildcards)


def decode_gb(wildcards):
    return room_of(wildcards)["decode_gb"]


def cache(path):
    """Frames are kept, or deleted once no job needs them."""
    return path if config["compute"]["keep_decoded"] else temp(path)


def example_inputs(paper, figure):
    """Clips and predictions of its first data set, training and draw, condition by condition."""
    keys = {"dataset": paper.shown(figure)[0], "split": "test", "model": "none"}
    names = shard_names(DATASETS[keys["dataset"]]["shards"]["test"])
    clips, accounts, predictions = [], [], []
    for corruption, level in paper.example_conditions(figure):
        condition = keys | {"corruption": corruption, "level": level}
        training, seed = paper.runs(condition)[0]
        condition |= {"training": training, "seed": seed}
        clips += expand(archive_of(corruption), shard=names, **condition)
        accounts += (
            [] if is_clean(corruption) else expand(f"{CORRUPTED}.csv", shard=names, **condition)
        )
        predictions += expand(PREDICTIONS, **condition)
    manifest = f"results/manifests/{keys['dataset']}.csv"
    return {"manifest": manifest, "clips": clips, "accounts": accounts, "predictions": predictions}


def tracked(paper, figure):
    """The conditions of a figure of tracks, under the first draw of its first data set."""
    dataset, *_ = paper.shown(figure)
    for corruption, level in paper.tracked_conditions(figure):
        condition = {"dataset": dataset, "corruption": corruption, "level": level}
        condition |= paper.tracker_of(dataset)
        training, seed = paper.runs(condition)[0]
        yield condition | {"training": training, "seed": seed}


def moment_inputs(paper, figure):
    """Ground truth and frames, condition by condition."""
    dataset, *_ = paper.shown(figure)
    frames = [
        decoded(dataset, "test", each["corruption"], each["level"], each["seed"])
        for each in tracked(paper, figure)
    ]
    return {
        "manifest": f"results/manifests/{dataset}.csv",
        "tracks": TRACKS.format(dataset=dataset),
        "decoded": [file for files in frames for file in files],
    }


def tracks_inputs(paper, figure):
    """Ground truth and tracks, condition by condition."""
    return {
        "tracks": TRACKS.format(dataset=paper.shown(figure)[0]),
        "predictions": [PREDICTIONS.format(**each) for each in tracked(paper, figure)],
    }


def best_frames(dataset):
    """The frames of a data set as its best model sees them."""
    resize, size = input_size(MODELS.best(dataset), config["frames"], REGISTRY)
    return f"{CLEAN_DECODED}/{resize}_{size}.npy".format(dataset=dataset, split="test")


def changes_inputs(paper, figure):
    """What the best model of a data set sees and says."""
    (dataset,) = paper.shown(figure)
    condition = {"model": MODELS.best(dataset), "training": 0}
    condition |= {"corruption": "clean", "level": 0, "seed": 0}
    return {
        "manifest": SETS.format(dataset=dataset),
        "frames": best_frames(dataset),
        "predictions": PREDICTIONS.format(dataset=dataset, **condition),
    }


def detections_inputs(paper, figure):
    """A data set's objects, and the boxes that its first detector finds."""
    (dataset,) = paper.shown(figure)
    model = paper.detections_settings(figure)["model"]
    condition = {"dataset": dataset, "model": model, "training": 0}
    condition |= {"corruption": "clean", "level": 0, "seed": 0}
    return {
        "manifest": SETS.format(dataset=dataset),
        "boxes": BOXES.format(dataset=dataset),
        "predictions": PREDICTIONS.format(**condition),
    }


def fallen_inputs(paper, figure):
    """The same, and the frames themselves."""
    (dataset,) = paper.shown(figure)
    release = {"release": made_data(SimpleNamespace(dataset=dataset))}
    return detections_inputs(paper, figure) | release


def rejected_inputs(paper, figure):
    """What review said of a data set, and its frames."""
    (dataset,) = paper.shown(figure)
    return {"manifest": SETS.format(dataset=dataset), "frames": best_frames(dataset)}


def apart_inputs(paper, figure):
    """Frames of each data set."""
    datasets = paper.shown(figure)
    manifests = expand(SETS, dataset=datasets)
    return {"manifests": manifests, "frames": list(map(best_frames, datasets))}


def distances_inputs(paper, figure):
    """The sets of each data set, and the answers of the models whose mistakes are shown."""
    return {
        "manifests": expand(SETS, dataset=paper.shown(figure)),
        "cells": paper.cells(
            {"dataset": panel["dataset"], "model": model}
            for panel in paper.distances_settings(figure)["panels"]
            for model in panel["models"].values()
        ),
    }


# What figures of frames are cut out of; they are drawn from the cut-out alone, or with these below.
EXCERPT_INPUTS = {
    "overview": example_inputs,
    "bits": example_inputs,
    "levels": example_inputs,
    "pairs": example_inputs,
    "tracks": moment_inputs,
    "changes": changes_inputs,
    "rejected": rejected_inputs,
    "detections": fallen_inputs,
    "distances": apart_inputs,
}
FIGURE_INPUTS = {
    "curves": lambda paper, figure: {"cells": paper.cells(paper.curve_points(figure))},
    "front": lambda paper, figure: {"cells": paper.front_cells(figure)},
    "scatter": lambda paper, figure: {"cells": paper.scatter_cells(figure)},
    "bars": lambda paper, figure: {"cells": paper.cells(paper.model_selections(figure))},
    "tracks": tracks_inputs,
    "detections": detections_inputs,
    "distances": distances_inputs,
}


def figure_inputs(paper, name):
    """What a figure is drawn from."""
    kind = paper.figures[name]["kind"]
    excerpt = {"excerpt": f"results/excerpts/{name}.zip"} if kind in EXCERPT_INPUTS else {}
    return excerpt | FIGURE_INPUTS.get(kind, lambda paper, figure: {})(paper, paper.figures[name])


def clips_to_export(wildcards):
    """All clips of a condition, how they were damaged, and how decoding went."""
    condition = wildcards.corruption
    names = shard_names(DATASETS[wildcards.dataset]["shards"][wildcards.split])
    found = {"clips": archive_of(condition), "decoded": f"{DECODED}/{{shard}}.parquet"}
    found |= {} if is_clean(condition) else {"damage": f"{CORRUPTED}.csv"}
    return {"damage": []} | {
        name: expand(pattern, shard=names, allow_missing=True) for name, pattern in found.items()
    }


def cells_of(paper):
    """The files of all scores that a paper's tables, figures and claims show."""
    tables = [paper.table_cells(table) for table in paper.tables.values()]
    figures = [figure_inputs(paper, name).get("cells", []) for name in paper.figures]
    asked = paper.claim_inputs()
    claims = [asked["cells"], asked["answers"], asked["sequences"]]
    return list(dict.fromkeys(cell for cells in tables + figures + claims for cell in cells))


def tasks_shown(wildcards):
    """The task of each data set whose scores are shown."""
    shown = {cell.split("/")[2] for paper in PAPERS.values() for cell in cells_of(paper)}
    return {name: TASKS[DATASETS[name]["type"]] for name in shown}


@cache
def models_scored():
    """(dataset, model, training, corruption, level, seed) of all scores of action recognition."""
    of_model = re.compile(
        rf"results/cells/({alternatives(RECOGNITION)})/"
        rf"({ROOMS['recognition']['score']['recognition']['models']})/seed(\d+)/(.+)/(.+)/seed(\d+).json"
    )
    cells = [cell for paper in PAPERS.values() for cell in cells_of(paper)]
    return sorted({found.groups() for found in map(of_model.fullmatch, cells) if found})


def models_told(wildcards):
    """The models scored under a clip's condition, or all that know no condition, with their files."""
    condition = wildcards.corruption, wildcards.level, wildcards.seed
    dataset = wildcards.dataset
    scored = [each[1:3] for each in models_scored() if each[0] == dataset and each[3:] == condition]
    others = [each[1:3] for each in models_scored() if each[0] == dataset and "/" not in each[1]]
    found = []
    for model, training in dict.fromkeys(scored or others):
        keys = {"dataset": dataset, "model": model, "training": training}
        path = PREDICTIONS.format(
            **keys, corruption=condition[0], level=condition[1], seed=condition[2]
        )
        known = predictions_before(wildcards).format(**keys)
        known = None if model.startswith("bat_oracle") else known
        found.append({"model": model, "training": training, "predictions": path, "known": known})
    return found


def corruption_told(wildcards):
    """What a condition is called, and in what its damage is counted."""
    protection = protection_of(wildcards.corruption)
    words = f", protected by {protection}" if protection else ""
    if is_clean(wildcards.corruption):
        return {"title": f"Clean{words}", "unit": ""}
    method = CORRUPTIONS[damage_of(wildcards.corruption)]
    return {"title": f"{method.title}{words}", "unit": method.about["unit"]}


def clip_told(wildcards):
    """All that the story of a clip is told from."""
    dataset, names = wildcards.dataset, shard_names(DATASETS[wildcards.dataset]["shards"]["test"])
    condition = {key: wildcards[key] for key in ("dataset", "corruption", "level", "seed")}
    clean = is_clean(wildcards.corruption)
    before = archive_of(PROTECTIONS.clean_of(wildcards.corruption))
    models = models_told(wildcards)
    files = [model[key] for model in models for key in ("predictions", "known") if model[key]]
    return {
        "manifest": f"results/manifests/{dataset}.csv",
        "clips": expand(before, dataset=dataset, split="test", shard=names),
        "corrupted": (
            [] if clean else expand(f"{CORRUPTED}.zip", split="test", shard=names, **condition)
        ),
        "clean": decoded_before(wildcards),
        "decoded": [] if clean else decoded(split="test", **condition),
        "predictions": list(dict.fromkeys(files)),
    }


def files_listed(wildcards):
    """Digest of the names and sizes of a folder's files."""
    return folder_listed(wildcards, sizes_digest, "results/audit/{dataset}.csv")


# The report ---------------------------------------------------------------------------------
def exemplary(dataset):
    """(corruption, level, first shard under the first draw) of a data set's conditions shown."""
    shard, found = shard_names(DATASETS[dataset]["shards"]["test"])[0], []
    for each in shown.conditions(PAPERS.values()):
        if each["dataset"] == dataset:
            condition = each["corruption"], each["level"]
            seed = Path(each["predictions"][0]).stem.removeprefix("seed")
            keys = {"dataset": dataset, "split": "test", "shard": shard, "seed": seed}
            base = CORRUPTED.format(corruption=condition[0], level=condition[1], **keys)
            clean = CLIPS.format(**keys).removesuffix(".zip")
            found.append((*condition, clean if condition == CLEAN else base))
    return found


def clips_shown(wildcards):
    """The clips from which the page takes its examples, the clean ones first, and their accounts."""
    bases = [base for *_, base in exemplary(wildcards.dataset)]
    return {
        "manifest": f"results/manifests/{wildcards.dataset}.csv",
        "clips": [f"{base}.zip" for base in bases],
        "accounts": [f"{base}.csv" for base in bases[1:]],
    }


def files_shown(wildcards):
    """All files that the page shows, or links to."""
    papers = [paper.report() for paper in PAPERS.values()]
    clips = shown.conditions(PAPERS.values())
    datasets = list(dict.fromkeys(each["dataset"] for each in clips))
    found = {
        f"{part}s": [
            f"results/{folder}/{name}.{kind}"
            for paper in papers
            for name in paper[f"{part}s"]
            for kind in kinds
        ]
        for part, folder, kinds in (
            ("table", "tables", ("csv", "md", "tex")),
            ("figure", "figures", ("png", "pdf", "csv")),
            ("comparison", "comparison", ("csv",)),
            ("claim", "comparison", ("csv", "md")),
        )
    }
    return found | {
        "predictions": [file for each in clips for file in each["predictions"]],
        "excerpts": expand("results/excerpts/clips/{dataset}.json", dataset=datasets),
    }
