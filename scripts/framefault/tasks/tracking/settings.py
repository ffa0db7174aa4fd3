"""What the section `tracking` of the configuration means, and what can be wrong with it."""

from string import Formatter

DETECTOR = ("detector", "network", "input", "most", "file")
ASSOCIATION = ("confidence", "min_area", "max_aspect", "distance", "buffer")
NEEDED = {"fairmot": "network", "onnx": "file", "file": "file"}  # of each kind of detector
SMALL = ("width", "identity")
STRIDE = 32  # of the coarsest maps
IN_NAMES = ("sequence", "corruption", "level", "seed")  # of files with detections


def is_trained(tracker):
    """Whether a tracker's network is trained in the run; others need weights, or no network."""
    return tracker["detector"] == "fairmot" and tracker["recipe"] is not None


def is_of_clean_clips_only(tracker):
    """Whether detections by file are of clean clips: their name tells no condition."""
    return tracker["detector"] == "file" and "{corruption}" not in tracker["file"]


def inconsistencies(tracking, datasets):
    """What a schema cannot see: names that refer to nothing, detectors without what they need."""
    for name, tracker in tracking["trackers"].items():
        yield from tracker_problems(f"tracking.trackers.{name}", tracker, tracking["recipes"])
    for name, recipe in tracking["recipes"].items():
        if recipe["scales"][0] > recipe["scales"][1]:
            yield f"tracking.recipes.{name}.scales is {recipe['scales']}: the lower comes first"
    for name, dataset in datasets.items():
        if dataset["type"] == "crowd" and dataset["objects"][0] > dataset["objects"][1]:
            yield f"datasets.{name}.objects is {dataset['objects']}: the lower comes first"
        tracker = tracking["trackers"].get(dataset["tracker"])
        if tracker is None:
            known = ", ".join(map(repr, tracking["trackers"]))
            wrong = f"datasets.{name}.tracker is {dataset['tracker']!r}"
            yield f"{wrong}, but tracking.trackers has {known}"
            continue
        yield from weight_problems(name, dataset, tracker)


def tracker_problems(place, tracker, recipes):
    needed, recipe = NEEDED[tracker["detector"]], tracker["recipe"]
    if tracker[needed] is None:
        yield f"{place} lacks the key {needed!r}, which its detector needs"
    elif tracker["detector"] == "file":
        yield from pattern_problems(f"{place}.file", tracker["file"])
    if recipe is not None and recipe not in recipes:
        known = ", ".join(map(repr, recipes))
        yield f"{place}.recipe is {recipe!r}, but tracking.recipes has {known}"
    if tracker["detector"] == "fairmot" and any(side % STRIDE for side in tracker["input"] or ()):
        yield f"{place}.input is {tracker['input']}, but must be multiples of {STRIDE}"
    if tracker["detector"] != "fairmot" and recipe is not None:
        yield f"{place} has a recipe, but only a fairmot detector is trained"
    network = tracker["network"] or {}
    if network.get("backbone") == "small" and not set(SMALL) <= set(network):
        yield f"{place}.network needs the keys 'width' and 'identity' for the backbone 'small'"


def pattern_problems(place, pattern):
    try:
        named = {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}
    except ValueError as error:
        yield f"{place} is {pattern!r}, where braces do not match: {error}"
        return
    known = ", ".join(f"{{{name}}}" for name in IN_NAMES)
    if named - set(IN_NAMES):
        yield f"{place} is {pattern!r}, but names of files may hold {known} only"
    elif "sequence" not in named:
        yield f"{place} is {pattern!r}, which has no {{sequence}}: each has a file of its own"


def weight_problems(name, dataset, tracker):
    weights, place = dataset["weights"], f"datasets.{name}.weights"
    if weights is not None and not weights.endswith((".pth", ".pt", ".safetensors")):
        yield f"{place} is {weights!r}, which is no .pth, .pt or .safetensors file"
    if tracker["detector"] != "fairmot" and weights is not None:
        yield f"{place} is {weights!r}, but the detector of {dataset['tracker']} takes none"
    if tracker["detector"] == "fairmot" and not is_trained(tracker) and weights is None:
        yield f"{place} must name a file, because {dataset['tracker']} is not trained here"
    if is_trained(tracker) and dataset["type"] == "mot":
        yield (
            f"datasets.{name}.tracker is {dataset['tracker']!r}, which is trained in the run, but"
            f" {name} has no training sequences; choose one without `recipe`"
        )
    if dataset["weights_sha256"] and weights is None:
        yield f"datasets.{name}.weights_sha256 needs `weights` to name a file"
