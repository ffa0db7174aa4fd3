"""Trackers of a configuration: names that refer to nothing, detectors without what they need."""

import pytest

from framefault.errors import UserError
from framefault.tasks.tracking.settings import is_of_clean_clips_only, is_trained
from papers import shipped

FAIRMOT = {"detector": "fairmot", "network": {"backbone": "dla34"}}
MOT = {"type": "mot", "path": "here", "tracker": "big", "weights": "fairmot_dla34.pth"}


def config(settings=None, **dataset):
    """The shipped configuration with one tracker and one data set more."""
    trackers = {"big": settings or FAIRMOT}
    return shipped(tracking={"trackers": trackers}, datasets={"mine": MOT | dataset})


def test_data_set_of_the_mot_challenge_gets_its_defaults():
    found = config()["datasets"]["mine"]
    assert len(found["sequences"]) == 6 and "PETS09-S2L1" in found["sequences"]
    assert found["rates"] == {} and found["boxes"] is None and found["container"] == "mp4"
    unpacked = config(path="there", source="mot15")["datasets"]["mine"]
    assert unpacked["path"] == "there"
    theirs = shipped("paper.yaml")["datasets"]["mot15"]
    assert theirs["path"] == "results/sources/mot15/all" and theirs["boxes"] == 12885


def test_tracker_gets_the_thresholds_of_fairmot():
    keys = ("confidence", "most", "min_area", "distance")
    now = config()["tracking"]["trackers"]["big"]
    assert [now[key] for key in keys] == [0.4, 500, 100, 0.4]
    first = shipped("paper.yaml")["tracking"]["trackers"]["fairmot_first"]
    assert [first[key] for key in keys] == [0.6, 128, 200, 0.7]


@pytest.mark.parametrize(
    ("tracker", "dataset", "said"),
    [
        (None, {"tracker": "none"}, "datasets.mine.tracker is 'none', but tracking.trackers has"),
        ({"detector": "fairmot"}, {}, "tracking.trackers.big lacks the key 'network'"),
        ({"detector": "onnx"}, {}, "tracking.trackers.big lacks the key 'file'"),
        ({"detector": "file"}, {}, "tracking.trackers.big lacks the key 'file'"),
        ({"detector": "file", "file": "det.txt"}, {}, "which has no {sequence}"),
        (
            {"detector": "file", "file": "{sequence}{p}.txt"},
            {},
            "names of files may hold {sequence}",
        ),
        ({"detector": "file", "file": "{sequence.txt"}, {}, "where braces do not match"),
        (FAIRMOT | {"input": [200, 96]}, {}, "input is [200, 96], but must be multiples of 32"),
        ({"detector": "onnx", "file": "a{1}.onnx"}, {}, "takes none"),
        (FAIRMOT | {"recipe": "long"}, {}, "recipe is 'long', but tracking.recipes has"),
        (FAIRMOT | {"recipe": "scratch"}, {}, "has no training sequences"),
        (
            {"detector": "fairmot", "network": {"backbone": "small"}},
            {},
            "needs the keys 'width' and 'identity'",
        ),
        (None, {"weights": None}, "datasets.mine.weights must name a file"),
        (None, {"weights": "there"}, "which is no .pth, .pt or .safetensors file"),
        (None, {"path": None}, "datasets.mine.path is None"),
    ],
)
def test_what_cannot_be_is_refused(tracker, dataset, said):
    with pytest.raises(UserError, match="Configuration") as error:
        config(tracker, **dataset)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tables": {"tracking": ["motion"]}}, "tables.tracking names 'motion'"),
        ({"seeds": {"corruption_of": {"none": [1]}}}, "seeds.corruption_of names 'none'"),
        ({"figures": {"figure9": ["crowd"]}}, "figures names 'figure9'"),
        ({"seeds": {"corruption_of": {"scenes": [1]}}}, "seeds.corruption_of names 'scenes'"),
        ({"datasets": {"crowd": {"objects": [8, 4]}}}, "the lower comes first"),
        ({"tracking": {"trackers": {"none": FAIRMOT}}}, "tracking.trackers has 'none'"),
        ({"tracking": {"trackers": {"resnet50": FAIRMOT}}}, "'resnet50' is in"),
        ({"datasets": {"shorts": {"detectors": ["faster_rcnn_small"]}}}, "learns the classes of"),
        ({"datasets": {"scenes": {"detectors": []}}}, "among models, but not as detectors"),
        ({"datasets": {"scenes": {"detections": {"vgg_deep": "a.json"}}}}, "'vgg_deep' is in"),
    ],
)
def test_names_that_refer_to_nothing_are_refused(changes, said):
    with pytest.raises(UserError) as error:
        shipped(**changes)
    assert said in str(error.value)


def test_only_a_network_with_a_recipe_is_trained():
    trackers = shipped("paper.yaml")["tracking"]["trackers"]
    assert [name for name in trackers if is_trained(trackers[name])] == ["fairmot_small"]


@pytest.mark.parametrize(
    ("file", "clean_only"),
    [("det/{sequence}.txt", True), ("{corruption}/{level}/{seed}/{sequence}.txt", False)],
)
def test_detections_by_file_are_of_the_conditions_that_their_names_tell(file, clean_only):
    assert is_of_clean_clips_only({"detector": "file", "file": file}) == clean_only
