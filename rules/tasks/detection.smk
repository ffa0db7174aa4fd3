# Detection across time: detectors on the frames of pm-k sets, and the objects in them.
from framefault.tasks.detection.settings import detectors_of

DETECTORS = config["detection"]["models"]
DETECTED = {name: each for name, each in EVALUATED.items() if detectors_of(each)}
BOXES_GIVEN = [(name, model) for name, each in DETECTED.items() for model in each["detections"]]
BOXES = "results/manifests/{dataset}.boxes.parquet"


def detector_settings(*keys):
    """The named settings of a rule's detector."""
    return {key: lambda wildcards, key=key: DETECTORS[wildcards.model][key] for key in keys}


def objects_to_list(wildcards):
    """The sets of pm-k, and the videos whose objects are known where they are made."""
    made = wildcards.dataset in SCENES
    return {"manifest": SETS, "videos": "results/raw/{dataset}" if made else []}


def pictures_with_boxes(wildcards):
    """Pictures made in this run or a user's, and the weights to go on from."""
    own = DETECTORS[wildcards.model]["pictures"]
    start = DETECTORS[wildcards.model]["start"]
    return {
        "pictures": [] if own else [f"{LEARNED}/pictures.npy", f"{LEARNED}/pictures.json"],
        "targets": SETS if own else [],
        "published": published_weights(REGISTRY[start]) if start else [],
    }


def backbone(wildcards):
    """The registry's row of the published model whose backbone is gone on from, or None."""
    start = DETECTORS[wildcards.model]["start"]
    return published(REGISTRY[start]) if start else None


def frames_with_objects(wildcards):
    return {
        "manifest": SETS,
        "release": made_data(wildcards),
        "weights": WEIGHTS,
    }


def boxes_given(wildcards):
    return DATASETS[wildcards.dataset]["detections"][wildcards.model]


def boxes_given_content(wildcards):
    return file_content(boxes_given(wildcards))


ROOMS["detection"] = {
    "datasets": DETECTED,
    "manifest": BOXES,
    "ground_truth": {
        "inputs": objects_to_list,
        "settings": dataset_settings("annotations"),
    },
    "train": {
        "plain": {
            "models": alternatives(map(re.escape, DETECTORS)),
            "inputs": pictures_with_boxes,
            "settings": {},
        },
    },
    "training": detector_settings("network")
    | {
        "source": lambda wildcards: DETECTORS[wildcards.model]["pictures"],
        "start": backbone,
        "recipe": lambda wildcards: config["detection"]["recipes"][
            DETECTORS[wildcards.model]["recipe"]
        ],
        "circumstances": downloads,
    },
    "training_minutes": 1440,
    "predict": {
        "models": alternatives(map(re.escape, DETECTORS)),
        "inputs": frames_with_objects,
        "settings": detector_settings("network") | {"folder": frames_folder},
        "group": lambda wildcards: cluster_group("predict_frames_trained"),
        "minutes": 60,
    },
    "score": {
        "detection": {
            "models": alternatives(map(re.escape, sorted(BOXES_OF))),
            "inputs": lambda wildcards: {
                "predictions": PREDICTIONS,
                "manifest": SETS,
                "boxes": BOXES,
            },
            "settings": {"rules": SCORED},
        },
    },
}
