# Image classification across time: pm-k sets, frames, classifiers of single pictures.
import re

from framefault.tasks.frames.registry import PUBLISHED
from framefault.tasks.frames.settings import Classifiers, input_size, preprocessing, recipe_of

FRAMES = of_task(DATASETS, "frames")
EVALUATED = {name: each for name, each in FRAMES.items() if "models" in each}
SCENES = [name for name, each in FRAMES.items() if each["type"] == "scenes"]
BUILT = [name for name, each in EVALUATED.items() if each.get("build")]
REVIEWED = [*(name for name in SCENES if name in EVALUATED), *BUILT]
HANDED_IN = [(name, model) for name, each in EVALUATED.items() for model in each["predictions"]]
CLASSIFIERS = config["frames"]["models"]
MODELS = Classifiers(config, REGISTRY)
REVIEW = config["frames"]["review"]


# Ground truth -------------------------------------------------------------------------------
def layout(wildcards):
    dataset = DATASETS[wildcards.dataset]
    return dataset.get("layout", dataset["type"])


def metadata(wildcards):
    """The folder of a data set's metadata; `misc`, which names its classes, lies beside it."""
    if wildcards.dataset in REVIEWED:
        return f"results/reviewed/{wildcards.dataset}/metadata"
    return DATASETS[wildcards.dataset].get("metadata") or f"{data_folder(wildcards)}/metadata"


def made_metadata(wildcards):
    """The folder with the metadata, where a rule makes or unpacks it."""
    if wildcards.dataset in REVIEWED:
        return "results/reviewed/{dataset}"
    return made_data(wildcards) if made_by_a_rule(metadata(wildcards)) else []


def videos_to_draw_from(wildcards):
    """Where candidates come from, as of `candidates.videos_of`."""
    build = DATASETS[wildcards.dataset].get("build")
    if not build:
        return {"kind": "scenes", "layout": layout(wildcards)}
    if layout(wildcards) == "vid":
        return {"kind": "imagenet_vid", "part": build["part"]}
    return {"kind": "youtube_bb", "tables": build["tables"]}


def lists_drawn_from(wildcards):
    """Digests of the lists of a user's videos."""
    build, folder = DATASETS[wildcards.dataset].get("build"), data_folder(wildcards)
    if not build:
        return "made by a rule"
    files = build.get("tables") or [f"{folder}/ImageSets/VID/{build['part']}.txt"]
    return watched(files, f"results/manifests/{wildcards.dataset}.candidates.json", "listed")


def classes_reviewed(wildcards):
    """Where the classes of reviewed sets come from, as of `metadata.class_map`."""
    build = DATASETS[wildcards.dataset].get("build")
    return build["classes"] if build else {"kind": "scenes"}


def classes_content(wildcards):
    """Digests of the files that say which classes there are."""
    classes = classes_reviewed(wildcards)
    words = [f"{classes['wordnet']}/data.noun"] if "wordnet" in classes else []
    files = [*words, *(classes[key] for key in ("map", "ilsvrc") if key in classes)]
    return watched(files, f"results/reviewed/{wildcards.dataset}", "content")


def answers_content(wildcards):
    file = DATASETS[wildcards.dataset]["answers"]
    made = f"results/manifests/{wildcards.dataset}.answers.csv"
    return watched([file] if file else [], made, "content")


def pair_review(wildcards):
    """The review of frame pairs; YTBB-Robust only."""
    if layout(wildcards) == "vid":
        return None
    beside = f"{metadata(wildcards)}/pmk_labels.json"
    return DATASETS[wildcards.dataset].get("pmk_labels", beside)


def metadata_content(wildcards):
    """Digest of a user's metadata and review of pairs; where they are gone, of what was read."""
    folder, review = metadata(wildcards), pair_review(wildcards)
    places = [folder, f"{Path(folder).parent}/misc", *([review] if review else [])]
    own = [Path(place) for place in places if not made_by_a_rule(place)]
    if not own:
        return "made"
    files = {file for place in own for file in (place, *place.glob("*.*")) if file.is_file()}
    if files:
        return [file_digest(file)[:16] for file in sorted(files)]
    record = record_of(f"results/manifests/{wildcards.dataset}.json")
    return record["settings"]["content"] if record else "absent"


def frames_folder(wildcards):
    return DATASETS[wildcards.dataset].get("frames") or data_folder(wildcards)


def stream_folder(wildcards):
    """The videos whose frame types and rates are read."""
    if wildcards.dataset in SCENES:
        return data_folder(wildcards)
    return DATASETS[wildcards.dataset]["videos"]


def made_streams(wildcards):
    return list(filter(made_by_a_rule, [stream_folder(wildcards)]))


def streams(wildcards):
    """Frame types and rates, where the videos are there to tell them."""
    return "results/manifests/{dataset}.streams.csv" if stream_folder(wildcards) else []


# Training -----------------------------------------------------------------------------------
LEARNED = CLEAN_DECODED.replace("{split}", "train")


def classifier(*keys):
    """The named settings of a rule's model."""
    return {key: lambda wildcards, key=key: CLASSIFIERS[wildcards.model][key] for key in keys}


def pictures_to_learn(wildcards):
    """Pictures made in this run, the targets they are relabelled for, and the weights to go on from."""
    model = CLASSIFIERS[wildcards.model]
    start, targets = model["start"], model["targets"]
    return {
        "pictures": {
            "stills": "results/raw/{dataset}",
            "scenes": [f"{LEARNED}/pictures.npy", f"{LEARNED}/pictures.json"],
            "pictures": [],
        }[DATASETS[wildcards.dataset]["type"]],
        "targets": f"results/manifests/{targets}.json" if targets else [],
        "start": weights_of(start) if start in CLASSIFIERS else [],
        "published": published_weights(starting_row(wildcards)),
    }


def weights_of(model):
    """The weights of a model that is trained here."""
    dataset = CLASSIFIERS[model]["dataset"]
    return WEIGHTS.format(dataset=dataset, model=model, training=0)


def starting_row(wildcards):
    """The registry's row of a published model to go on from."""
    start = CLASSIFIERS[wildcards.model]["start"]
    return None if start is None or start in CLASSIFIERS else published(REGISTRY[start])


def published(row):
    """What says which weights those of a row of the registry are."""
    return {key: row[key] for key in ("model", "source", "weights")}


def published_weights(row):
    """The account of weights that a library publishes for a row of the registry, once fetched."""
    fetched = row is not None and row["source"] in PUBLISHED
    return f"results/weights/published/{row['model']}.json" if fetched else []


def downloads(wildcards):
    """Where downloads lie: another folder changes no result."""
    return {"folder": config["downloads"]["folder"]}


def seen(wildcards):
    """How a model sees pictures."""
    return preprocessing(wildcards.model, config["frames"], REGISTRY)


def own_pictures(wildcards):
    """Where the user's own pictures lie."""
    dataset = DATASETS[wildcards.dataset]
    return {key: dataset[key] for key in ("folder", "list") if key in dataset}


def of_family(family):
    """Names of the models that are trained in one way, as a pattern."""
    kinds = {
        name: "noise" if model["noise"] else "linf" if model["linf"] else "plain"
        for name, model in CLASSIFIERS.items()
    }
    return alternatives(re.escape(name) for name in kinds if kinds[name] == family)


# Prediction and scores ----------------------------------------------------------------------
def frames_to_predict(wildcards):
    resize, size = input_size(wildcards.model, config["frames"], REGISTRY)
    cache = CLEAN_DECODED.format(dataset=wildcards.dataset, split="test")
    own = wildcards.model in CLASSIFIERS
    return {
        "frames": f"{cache}/{resize}_{size}.npy",
        "manifest": "results/manifests/{dataset}.json",
        "weights": weights_of(wildcards.model) if own else [],
        "published": published_weights(registered(wildcards)),
    }


def own_network(wildcards):
    return CLASSIFIERS.get(wildcards.model, {}).get("network")


def registered(wildcards):
    """What says which published weights a model has that is neither trained here nor handed in."""
    row = None if wildcards.model in CLASSIFIERS else REGISTRY.get(wildcards.model)
    return row and published(row)


def prediction_group(wildcards):
    """Models that are not trained here need not wait for those that are."""
    trained = "_trained" if wildcards.model in CLASSIFIERS else ""
    return cluster_group(f"predict_frames{trained}")


def handed_in(wildcards):
    return DATASETS[wildcards.dataset]["predictions"][wildcards.model]["file"]


def handed_in_content(wildcards):
    return file_content(handed_in(wildcards))


def all_answers(wildcards):
    models = MODELS.evaluated(wildcards.dataset)
    only = {"training": 0, "corruption": "clean", "level": "0", "seed": 0}
    return expand(CELL, model=models, **only, allow_missing=True)


SETS = "results/manifests/{dataset}.json"
SCORED = config["frames"]["score"] | {"confidence": config["tables"]["confidence"]}
# Detectors are predicted and scored by the room of detection.
BOXES_OF = {*config["detection"]["models"]}.union(
    *(each["detections"] for each in EVALUATED.values())
)
NO_CLASSIFIERS = alternatives(map(re.escape, ["sets", "static", *sorted(BOXES_OF)]))
NAME = f"(?!(?:{NO_CLASSIFIERS})/)[A-Za-z0-9][A-Za-z0-9_.-]*"
ROOMS["frames"] = {
    "datasets": EVALUATED,
    "manifest": SETS,
    "ground_truth": {
        "inputs": lambda wildcards: {"release": made_metadata(wildcards)},
        "settings": {
            "metadata": metadata,
            "layout": layout,
            "pmk_labels": pair_review,
            "rejected": lambda wildcards: DATASETS[wildcards.dataset].get("rejected", True),
            "content": metadata_content,
            "expect": lambda wildcards: DATASETS[wildcards.dataset].get("expect", {}),
        },
    },
    "train": {
        family: {
            "models": of_family(family),
            "inputs": pictures_to_learn,
            "settings": {} if family == "plain" else classifier(family),
        }
        for family in ("plain", "noise", "linf")
    },
    "training": {
        "start": starting_row,
        "source": own_pictures,
        "preprocessing": seen,
        "circumstances": downloads,
    }
    | classifier("network")
    | {"recipe": lambda wildcards: recipe_of(wildcards.model, config["frames"])},
    "training_minutes": 1440,
    "predict": {
        "models": NAME,
        "inputs": frames_to_predict,
        "settings": {
            "network": own_network,
            "registered": registered,
            "preprocessing": seen,
            "circumstances": downloads,
        },
        "group": prediction_group,
        "minutes": 20,
    },
    "score": {
        "frames": {
            "models": NAME,
            "inputs": lambda wildcards: {
                "predictions": PREDICTIONS,
                "manifest": SETS,
                "streams": streams(wildcards),
            },
            "settings": {"rules": SCORED},
        },
        "sets": {
            "models": "sets",
            "inputs": lambda wildcards: {"manifest": SETS},
            "settings": {},
        },
        "static": {
            "models": "static",
            "inputs": lambda wildcards: {"manifest": SETS, "cells": all_answers(wildcards)},
            "settings": {"rules": SCORED},
        },
    },
}
