# Multi-object tracking: sequences of pictures, detectors, FairMOT's association.
import glob

from framefault.data.folder import sequences_digest
from framefault.tasks.tracking.settings import ASSOCIATION, DETECTOR, is_trained

TRACKING = of_task(DATASETS, "tracking")
TRACKERS = config["tracking"]["trackers"]
TRACKS = "results/manifests/{dataset}.tracks"  # a CSV file; its record is the manifest's


# Ground truth -------------------------------------------------------------------------------
def parts(wildcards):
    """The folder of each split; the challenge has ground truth of its training sequences only."""
    generated = DATASETS[wildcards.dataset]["type"] == "crowd"
    return {"train": "train", "test": "test"} if generated else {"test": "train"}


def chosen_sequences(wildcards):
    """The sequences to take, or null for all."""
    dataset = DATASETS[wildcards.dataset]
    return None if dataset["type"] == "crowd" else dataset["sequences"]


def sequences_listed(wildcards):
    """Digest of the sequences of a data set and of their ground truth."""
    chosen = parts(wildcards), chosen_sequences(wildcards)
    return folder_listed(wildcards, lambda folder: sequences_digest(folder, *chosen))


# Training -----------------------------------------------------------------------------------
def tracker(wildcards):
    return TRACKERS[wildcards.model]


def sequences_to_learn(wildcards):
    own = DATASETS[wildcards.dataset]["weights"]
    return {
        "clean": decoded(wildcards.dataset, "train"),
        "tracks": TRACKS,
        "start": "results/weights/{dataset}.safetensors" if own else [],
    }


# Prediction and scores ----------------------------------------------------------------------
def sequences_to_predict(wildcards):
    """The detector's weights and the clips of a condition.

    Tracks of clips that no damage changed are taken over from those of clean clips.
    """
    clean = is_clean(wildcards.corruption)
    alone = clean or tracker(wildcards)["detector"] == "file"
    return {
        "manifest": "results/manifests/{dataset}.csv",
        "weights": tracker_weights(wildcards),
        "clean": decoded_before(wildcards),
        "corrupted": [] if clean else decoded(wildcards.dataset, "test", **condition(wildcards)),
        "known": [] if alone else predictions_before(wildcards),
    }


def tracker_weights(wildcards):
    if tracker(wildcards)["detector"] != "fairmot":
        return []
    trained = is_trained(tracker(wildcards))
    return WEIGHTS if trained else "results/weights/{dataset}.safetensors"


def settings_of_tracker(*keys):
    """The named settings of a rule's tracker, as one."""
    return lambda wildcards: {key: tracker(wildcards)[key] for key in keys}


def condition(wildcards):
    """The condition of clips, by the names that files of detections may tell."""
    return {key: wildcards[key] for key in ("corruption", "level", "seed")}


def detector_content(wildcards):
    """Digest of a user's detector, or of the detections of this condition."""
    kind, file = tracker(wildcards)["detector"], tracker(wildcards)["file"]
    files = [file] if kind == "onnx" else []
    if kind == "file":
        pattern = glob.escape(file).format(sequence="*", **condition(wildcards))
        files = sorted(glob.glob(pattern)) or [pattern]
    return watched(files, PREDICTIONS.format(**dict(wildcards.items())), "content")


ROOMS["tracking"] = {
    "datasets": TRACKING,
    "manifest": "results/manifests/{dataset}.csv",
    "ground_truth": {
        "inputs": lambda wildcards: {"pictures": made_data(wildcards)},
        "outputs": {"tracks": TRACKS},
        "settings": {
            "folder": data_folder,
            "listed": sequences_listed,
            "parts": parts,
            "rates": lambda wildcards: DATASETS[wildcards.dataset].get("rates", {}),
            "sequences": chosen_sequences,
            **dataset_settings("boxes"),
        },
    },
    # Detectors and ground truth are of full pictures.
    "frame_size": lambda wildcards: {"short_side": None, "crop": None},
    "decode_gb": 16,
    "train": {
        "fairmot": {
            "models": alternatives(
                re.escape(name) for name in TRACKERS if is_trained(TRACKERS[name])
            ),
            "inputs": sequences_to_learn,
            "settings": {},
        },
    },
    "training": {
        "network": lambda wildcards: tracker(wildcards)["network"],
        "input": lambda wildcards: tracker(wildcards)["input"],
        "recipe": lambda wildcards: config["tracking"]["recipes"][tracker(wildcards)["recipe"]],
    },
    "training_minutes": 240,
    "predict": {
        "models": alternatives(map(re.escape, TRACKERS)),
        "inputs": sequences_to_predict,
        "settings": {
            "detector": settings_of_tracker(*DETECTOR),
            "tracker": settings_of_tracker(*ASSOCIATION),
            "content": detector_content,
        },
        "group": lambda wildcards: cluster_group("predict_tracking"),
        "minutes": 30,
    },
    "score": {
        "tracking": {
            "models": alternatives(map(re.escape, TRACKERS)),
            "inputs": lambda wildcards: {"predictions": PREDICTIONS, "tracks": TRACKS},
            "settings": JUDGED | {key: config["tracking"][key] for key in ("numbering", "iou")},
        },
    },
}
