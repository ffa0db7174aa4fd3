# Action recognition: clips, a network with and without defences, detectors of corruption, models
# of one's own.
import re

from framefault.corruption.rtp.codecs import CODECS
from framefault.data.folder import folder_digest
from framefault.tasks.recognition.bat import conditions as bat_conditions
from framefault.tasks.recognition.methods import detectors, networks
from framefault.tasks.recognition.settings import (
    SEES,
    is_published,
    kind_of,
    own_files,
    published as published_video,
    view_of,
)

RECOGNITION = of_task(DATASETS, "recognition")
OWN_MODELS = config["recognition"]["models"]
EVALUATED_OWN = [(name, model) for name, each in RECOGNITION.items() for model in each["models"]]
ORACLE = rf"bat_oracle/(?:{alternatives(CORRUPTIONS)})/{LEVEL}"


# Ground truth -------------------------------------------------------------------------------
def clips_to_list(wildcards):
    """Videos and split lists that a rule makes."""
    split = DATASETS[wildcards.dataset].get("split", {})
    lists = list(filter(made_by_a_rule, [split.get("path", "")]))
    return {"videos": made_data(wildcards), "lists": lists}


def split_settings(wildcards):
    dataset = DATASETS[wildcards.dataset]
    if dataset["type"] == "motion":
        return {"split": {"by": "pattern", "test": "_test_"}, "exclude": []}
    return {key: dataset[key] for key in ("split", "exclude")} | official_counts(dataset)


def official_counts(dataset):
    """How many clips the official split has, or nothing where that is not known."""
    if not dataset["source"]:
        return {}
    counts = dict(enumerate(config["sources"][dataset["source"]]["counts"], 1))
    return {"counts": counts.get(dataset["split"].get("number"), {})}


def codecs_taken(wildcards):
    """The codecs that a corruption of these settings can take, or null: they decide errors only."""
    levels = config["evaluate"], config["recognition"]["bat"]["levels"]
    sent = [name for name in CORRUPTIONS if PROTECTIONS.is_sent(name)]
    kept = DATASETS[wildcards.dataset]["container"] == "original"
    needed = kept and any(each[name] for each in levels for name in sent)
    return {"codecs": list(CODECS) if needed else None}


def videos_listed(wildcards):
    """Digest of the videos and lists of a data set."""
    return folder_listed(
        wildcards, lambda folder: folder_digest(folder, DATASETS[wildcards.dataset]["split"])
    )


# Decoded clips ------------------------------------------------------------------------------
def crop_size(wildcards):
    """Test clips are cached as the network sees them, training clips with room for crops."""
    if wildcards.split == "train":
        return {"short_side": config["decode"]["train_short_side"], "crop": None}
    size = config["recognition"]["network"]["size"]
    return {"short_side": size, "crop": size}


# Training -----------------------------------------------------------------------------------
def network(wildcards):
    """The network of all defences: its parameters, and what it sees."""
    return {key: each for key, each in config["recognition"]["network"].items() if key != "name"}


NETWORK = [networks()[config["recognition"]["network"]["name"]].module]


def recipe(wildcards):
    return config["recognition"]["recipes"][DATASETS[wildcards.dataset]["recipe"]]


def clips_to_learn(wildcards):
    """Clean training clips, what the recipe validates on, and the weights that are fine-tuned."""
    on_test = recipe(wildcards)["validate_on"] == "test"
    return {
        "clean": decoded(wildcards.dataset, "train"),
        "validation": decoded(wildcards.dataset, "test") if on_test else [],
        "start": start_weights(wildcards),
    }


def clips_to_learn_with_corrupted(wildcards):
    """All trainings learn from one damaged copy per condition: more would multiply the disk."""
    corrupted = [
        file
        for condition in bat_levels(wildcards)
        for file in decoded(wildcards.dataset, "train", *condition)
    ]
    return clips_to_learn(wildcards) | {"corrupted": corrupted}


def bat_levels(wildcards):
    bat = config["recognition"]["bat"]
    return bat_conditions(wildcards.model, bat["levels"], bat["low_up_to"])


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
        return file_digest(file)
    record = record_of(f"results/weights/{wildcards.dataset}.safetensors")
    return record["settings"]["content"] if record else ""


# Prediction and scores ----------------------------------------------------------------------
def clips_to_predict(wildcards):
    """The model and the clips of a condition.

    The logits of clips that no damage changed are taken over from those of clean clips. An oracle
    is not evaluated on clean clips, so it computes them.
    """
    clean = is_clean(wildcards.corruption)
    condition = wildcards.corruption, wildcards.level, wildcards.seed
    alone = clean or wildcards.model.startswith("bat_oracle")
    return {
        "weights": WEIGHTS,
        "clean": decoded_before(wildcards),
        "corrupted": [] if clean else decoded(wildcards.dataset, "test", *condition),
        "known": [] if alone else predictions_before(wildcards),
    }


def gaps_seen(wildcards):
    """What fills the gaps of damaged clips; clean ones have none."""
    return None if is_clean(wildcards.corruption) else config["decode"]["gaps"]


# Models of your own -------------------------------------------------------------------------
NETWORKS = [(name, model) for name, model in EVALUATED_OWN
            if kind_of(OWN_MODELS[model]) != "predictions"]  # fmt: skip
SCORES = [each for each in EVALUATED_OWN if each not in NETWORKS]
PUBLISHED_VIDEO = {
    model: published_video(model, OWN_MODELS[model])
    for _, model in NETWORKS
    if is_published(OWN_MODELS[model])
}
FACTS = "results/models/{dataset}/{model}/network.json"


def own_model(*keys):
    """The named settings of a rule's model."""
    return lambda wildcards: {key: OWN_MODELS[wildcards.model][key] for key in keys}


def video_weights(wildcards):
    """The account of weights that torchvision publishes for a model, once fetched."""
    is_fetched = wildcards.model in PUBLISHED_VIDEO
    return "results/weights/published/{model}.json" if is_fetched else []


def own_content(wildcards):
    """Digests of the files of a model; where its network is gone, of what was checked."""
    files = own_files(OWN_MODELS[wildcards.model])
    if files and not Path(files[0]).is_file():
        files = files[:1]
    return watched(files, FACTS.format(**dict(wildcards.items())), "content")


def own_place(wildcards):
    """Where the files of a model lie: another place changes no result."""
    model = OWN_MODELS[wildcards.model]
    file = model[{"factory": "weights"}.get(kind_of(model), kind_of(model))]
    return downloads(wildcards) | {"file": file, "classes": model["classes"]}


def clips_in_view(wildcards):
    """The clips of a condition in the size that a model of one's own sees."""
    dataset, clean = wildcards.dataset, is_clean(wildcards.corruption)
    view = view_of(OWN_MODELS[wildcards.model], config["recognition"]["network"])
    condition = wildcards.corruption, wildcards.level, wildcards.seed
    return {
        "clean": decoded_before(wildcards, view),
        "corrupted": [] if clean else decoded(dataset, "test", *condition, view=view),
        "known": [] if clean else predictions_before(wildcards),
    }


def scores_file(wildcards):
    """The user's file of predictions for a condition."""
    condition = {key: wildcards[key] for key in ("corruption", "level", "seed")}
    return OWN_MODELS[wildcards.model]["predictions"].format(**condition)


def scores_content(wildcards):
    made = PREDICTIONS.format(**dict(wildcards.items()))
    return watched([scores_file(wildcards)], made, "content")


UNDEFENDED = PREDICTIONS.replace("{model}", "none")


def detector(name):
    """How a detector is scored: on the undefended model's logits of clean and corrupted clips."""
    shared = {key: config["recognition"]["ood"][key] for key in ("average", "kept")}
    return {
        "script": "score_ood",
        "models": name,
        "modules": [detectors()[name].module],
        "inputs": lambda wildcards: {
            "predictions": UNDEFENDED,
            "clean": predictions_before(wildcards).replace("{model}", "none"),
        },
        "settings": JUDGED
        | dataset_settings("same_source")
        | {"detector": shared | config["recognition"]["ood"][name]},
    }


DEFENCES = f"none|at_eps[0-9]+|bat|bat_low|bat_high|{ORACLE}"
ROOMS["recognition"] = {
    "datasets": RECOGNITION,
    "manifest": "results/manifests/{dataset}.csv",
    "ground_truth": {
        "inputs": clips_to_list,
        "settings": {"folder": data_folder, "listed": videos_listed, "rules": split_settings},
        "circumstances": codecs_taken,
    },
    "frame_size": crop_size,
    "decode_gb": 1 + THREADS["decode"],
    "train": {
        "none": {"models": "none", "inputs": clips_to_learn, "settings": {}},
        "at": {
            "models": "at_eps[0-9]+",
            "inputs": clips_to_learn,
            "settings": {
                "epsilon": lambda wildcards: int(wildcards.model.removeprefix("at_eps")),
                "adversarial": config["recognition"]["adversarial"],
            },
        },
        "bat": {
            "models": f"bat|bat_low|bat_high|{ORACLE}",
            "inputs": clips_to_learn_with_corrupted,
            "settings": {
                "conditions": bat_levels,
                "probability": config["recognition"]["bat"]["probability"],
                "gaps": config["decode"]["gaps"],
            },
        },
    },
    "training": {"network": network, "recipe": recipe, "modules": NETWORK},
    "training_minutes": 240,
    "predict": {
        "models": DEFENCES,
        "inputs": clips_to_predict,
        "settings": {"network": network, "gaps": gaps_seen, "modules": NETWORK},
        "group": lambda wildcards: cluster_group("predict_recognition"),
        "minutes": 10,
    },
    "score": {
        "recognition": {
            "models": alternatives([DEFENCES, *map(re.escape, OWN_MODELS)]),
            "inputs": lambda wildcards: {"predictions": PREDICTIONS},
            "settings": JUDGED,
        },
        **{name: detector(name) for name in detectors()},
        "checksum": {
            "models": "checksum",
            "inputs": lambda wildcards: {"files": PREDICTIONS, "predictions": UNDEFENDED},
            "settings": JUDGED,
        },
        "cost": {
            "models": "cost",
            "inputs": lambda wildcards: {
                "accounts": accounts(wildcards, wildcards.corruption),
                "plain": accounts(wildcards, PROTECTIONS.plain_of(wildcards.corruption)),
            },
            "settings": {"confidence": config["tables"]["confidence"]},
        },
    },
}
