"""What is not there and no job makes: told before anything runs, all at once, with what to do."""

import glob
import json
from importlib.util import find_spec
from pathlib import Path

from framefault.errors import UserError

# What stages read from outside of results/: {stage: {setting: what it is}}. A setting, or what is
# among circumstances, is a path, a list of paths, or null; one below another is written with a dot.
# Detections are in files whose names tell the condition: {corruption}, {level}, {seed}, and
# {sequence}, of which one will do.
PICTURES = {
    "source.folder": "the folder of training pictures",
    "source.list": "the list of training pictures",
}
MODEL = {
    "file": "the network or the weights of the model {model}",
    "classes": "the list of classes of the model {model}",
}
OUTSIDE = {
    "manifest_recognition": {
        "folder": "the folder of videos",
        "rules.split.path": "the folder of split lists",
    },
    "manifest_tracking": {"folder": "the folder of sequences"},
    "manifest_frames": {
        "metadata": "the metadata of the sets",
        "pmk_labels": "the review of pairs",
    },
    "manifest_streams": {"folder": "the folder of the anchors' videos"},
    "manifest_candidates": {
        "folder": "the folder of the data as shipped",
        "source.tables": "a table of YouTube-BB",
    },
    "manifest_reviewed": {
        "classes.map": "the list of classes",
        "classes.wordnet": "the folder of WordNet",
        "classes.ilsvrc": "the list of ILSVRC's classes",
    },
    "manifest_detection": {"annotations": "the folder of annotations"},
    "encode": {"folder": "the folder that it was listed from"},
    "decode_frames": {"folder": "the folder of frames"},
    "train_frames_plain": PICTURES,
    "train_frames_noise": PICTURES,
    "train_frames_linf": PICTURES,
    "train_detection_plain": {"source.folder": "the folder of ImageNet-VID"},
    "predict_detection": {"folder": "the folder of frames"},
    "check_model": MODEL,
    "predict_model": MODEL,
    "import_scores": {"file": "the file of predictions of the model {model}"},
    "audit": {"folder": "the folder to audit"},
    "predict_tracking": {"detector.file": "the detector, or what it found"},
    "excerpt_detections": {"excerpt.folder": "the folder of frames"},
    "import_weights": {"weights": "the weight file"},
    "import_predictions": {"predictions": "the file of predictions"},
    "import_detections": {"predictions": "the file of detections"},
    "import_answers": {"answers": "the exported answers of the review"},
}
BY_LIST = {"rules.split.test": "a split list", "rules.split.train": "a split list"}
NOBODY = (
    "Nobody has reviewed the candidates of {dataset} yet: open the page with `make review"
    " DATASET={dataset} CONFIG=... FRAMES=...`, export the answers, and name their file as"
    " `answers` of the data set."
)
PACKAGES = ("timm", "pretrainedmodels")  # sources of published weights


def missing(dag):
    """Sentences on what is missing of all that the jobs to run will read, each once."""
    found = {}
    for job in filter(dag.needrun, dag.jobs):
        if not {"stage", "settings", "files"} <= set(job.rule.params.keys()):
            continue  # of another workflow, which uses framefault as a module
        stage = job.params.stage.split()[0]
        if stage in OUTSIDE or stage in ("fetch", "fetch_weights"):
            facts = json.loads(job.params.settings), json.loads(job.params.files)
            found = dict(absent(stage, *facts)) | found
    return list(found.values())


def in_lines(sentences):
    return "".join(f"\n  {sentence}" for sentence in sentences)


def absent(stage, settings, files):
    """(what is missing, a sentence) of a job; `files` as rules/common.smk hands them to stages."""
    if stage == "fetch":
        return archive(settings, **files["circumstances"])
    if stage == "fetch_weights":
        return weights(settings["registered"], **files["circumstances"])
    told = files.get("circumstances", {}) | settings
    if files.get("input", {}).get("published"):
        told["file"] = None  # a name, whose file `fetch_weights` sees to
    return outside(stage, told, files["wildcards"])


def outside(stage, settings, wildcards):
    """Of files and folders of the user."""
    wanted, dataset = dict(OUTSIDE[stage]), wildcards.get("dataset")
    if stage == "manifest_recognition" and settings["rules"]["split"]["by"] == "list":
        wanted |= BY_LIST
    if stage == "import_answers" and settings["answers"] is None:
        yield dataset, NOBODY.format(dataset=dataset)
    for key, what in wanted.items():
        for path in paths_at(settings, key):
            file = path.format(sequence="*", **wildcards) if "{" in path else glob.escape(path)
            if not path.startswith("results/") and not glob.glob(file):
                whose = f"{what} of data set {dataset}" if dataset else what
                if "{" in what:
                    whose = what.format(**wildcards)
                advice = "put it there or correct the configuration"
                yield path, f"There is no {file if '{' in path else path}, {whose}; {advice}."


def paths_at(settings, key):
    """The path or paths that a setting names."""
    for part in key.split("."):
        settings = settings.get(part) if isinstance(settings, dict) else None
    return [settings] if isinstance(settings, str) else settings or []


def archive(file, urls, homepage, folder, allow):
    """Of an archive that may not be downloaded, as of `download.obtain`."""
    path = Path(folder, file["file"])
    if not path.is_file() and not allow:
        yield (
            str(path),
            (
                f"There is no {path}; get that file from {homepage} and put it there,"
                " or set downloads.allow to true."
            ),
        )


def weights(row, folder, allow):
    """Of published weights, and of the package that knows them."""
    from framefault.training.published import published_file  # most runs need none of it

    if row["source"] in PACKAGES and not find_spec(row["source"]):
        allow = False  # what follows says so
    if not allow:
        try:
            url, file = published_file(row)
        except UserError as error:
            yield row["source"], str(error)
        else:
            yield from archive(file, [url], url, Path(folder, "checkpoints"), allow)
