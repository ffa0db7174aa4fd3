"""Classifiers of a configuration: names that refer to nothing, and what each model is."""

from copy import deepcopy

import pytest

from framefault.errors import UserError
from framefault.tasks.frames.registry import MEAN, STD
from framefault.tasks.frames.settings import (
    Classifiers,
    has_frames,
    inconsistencies,
    input_size,
    preprocessing,
)
from papers import REGISTRY, paper, shipped

DATASET = {"type": "scenes", "models": ["a"], "narrow": [], "representatives": {}}
FILE = {"file": "p.json"}
MODEL = {
    "kind": "ilsvrc", "network": {}, "dataset": "stills", "recipe": "r", "changes": {},
    "noise": None, "linf": None, "start": None, "targets": None,
}  # fmt: skip


def settings(model=None, dataset=None, **changes):
    """A configuration of one model on one data set, with changes."""
    return {
        "detection": {"models": {}},
        "datasets": {
            "d": DATASET | {"predictions": {}} | (dataset or {}), "stills": {"type": "stills"},
        },
        "frames": {
            "models": {"a": MODEL | (model or {})},
            "recipes": {"r": {"size": 32, "schedule": "cosine", "validate_on": None}},
        } | changes,
    }  # fmt: skip


def problems(config):
    return list(inconsistencies(config["frames"], config["datasets"], REGISTRY))


def test_nothing_is_wrong_with_a_model_that_can_be_trained():
    assert problems(settings()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": {"models": ["a", "b"]}}, "datasets.d names the model 'b'"),
        ({"dataset": {"narrow": ["b"]}}, "datasets.d names the model 'b'"),
        ({"dataset": {"representatives": {"robust": "b"}}}, "datasets.d names the model 'b'"),
        ({"dataset": {"models": ["resnet50_detection"]}}, "datasets.d.models has no model whose"),
        ({"recipes": {}}, "frames.models.a.recipe is 'r', which frames.recipes lacks"),
        ({"model": {"start": "a"}}, "frames.models.a.start leads back to 'a'"),
        ({"model": {"start": "nothing"}}, "which is no model"),
        ({"model": {"dataset": "d2"}}, "frames.models.a.dataset is 'd2', which has no pictures"),
        ({"model": {"targets": "stills"}}, "frames.models.a.targets is 'stills', which is no data"),
        ({"model": {"noise": {"x": 1}, "linf": {"x": 1}}}, "frames.models.a has both noise"),
        ({"model": {"changes": {"schedule": "plateau"}}}, "plateau, which needs validate_on"),
    ],
)
def test_what_refers_to_nothing_or_cannot_be_trained_is_one_sentence(changes, message):
    (problem,) = problems(settings(**changes))
    assert message in problem


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tables": {"roles": {"vid": "x"}}}, "tables.roles.vid is 'x'"),
        ({"tables": {"roles": {"vid": "stills"}}}, "tables.roles.vid is 'stills'"),
        ({"frames": {"models": {"vgg_small": {"changes": {"speed": 1}}}}}, "unknown key 'speed'"),
    ],
)
def test_the_configuration_is_refused_with_these_sentences(changes, message):
    with pytest.raises(UserError, match=message):
        shipped(**changes)


def test_changes_of_a_recipe_are_read_as_numbers():
    """YAML 1.1 reads 1e-5 as text."""
    models = shipped("paper.yaml")["frames"]["models"]
    assert models["alexnet_finetuned"]["changes"] == {"learning_rate": 1e-5}
    with pytest.raises(UserError, match=r"changes.learning_rate is -1, but must be greater than 0"):
        shipped(frames={"models": {"vgg_small": {"changes": {"learning_rate": -1}}}})


def test_predictions_are_a_file_or_a_file_with_a_kind():
    datasets = {
        "scenes": {"predictions": {"x": "x.json", "y": {"file": "y.json", "kind": "robust"}}}
    }
    found = shipped(datasets=datasets)["datasets"]["scenes"]["predictions"]
    assert found == {"x": {"file": "x.json"}, "y": {"file": "y.json", "kind": "robust"}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "robust"}, "predictions.mine lacks the key 'file'"),
        ({"file": "x", "kind": "best"}, "mine.kind is 'best', but must be one of ilsvrc, augment"),
        (5, "predictions.mine is 5, but must be of type string, object"),
    ],
)
def test_wrong_predictions_are_one_sentence(wrong, message):
    with pytest.raises(UserError, match=message):
        shipped(datasets={"scenes": {"predictions": {"mine": wrong}}})


def test_models_of_a_data_set_without_frames_must_be_handed_in():
    dataset = {"type": "vid", "predictions": {"mine": FILE}, "models": ["mine", "resnet50"]}
    (problem,) = problems(settings(dataset=dataset))
    assert "datasets.d has the models resnet50 to predict, which need frames" in problem
    assert problems(settings(dataset=dataset | {"frames": "f"})) == []


@pytest.mark.parametrize(
    ("kind", "there", "expected"),
    [
        ("vid", "val/video", True), ("vid", "frames/val", False), ("ytbb", "ytbb_videos/x", True),
        ("ytbb", "abc_12", True), ("ytbb", "metadata", False), ("vid", None, True),
    ],
)  # fmt: skip
def test_frames_are_looked_for_where_the_releases_have_them(tmp_path, kind, there, expected):
    """Of a folder that is not there nothing is known, so that a run can be planned elsewhere."""
    if there:
        (tmp_path / "release" / there).mkdir(parents=True)
    assert has_frames({"type": kind, "path": str(tmp_path / "release")}) == expected
    assert not has_frames({"type": kind, "metadata": str(tmp_path)})


def test_a_model_sees_pictures_as_the_published_one_it_starts_from():
    models = shipped("paper.yaml")["frames"]
    assert preprocessing("inceptionv4_finetuned", models, REGISTRY)["mean"] == [127.5] * 3
    assert preprocessing("resnet50_30_finetuned", models, REGISTRY)["mean"] == MEAN
    assert preprocessing("bninception", models, REGISTRY)["channels"] == "BGR"
    assert preprocessing("resnet50_augment_shot_noise", models, REGISTRY)["std"] == STD


def classifiers(**dataset):
    config = settings(dataset=dataset)
    config["frames"]["models"]["b"] = deepcopy(MODEL) | {"start": "a", "kind": "finetuned"}
    return Classifiers(config, REGISTRY)


def test_models_that_cannot_be_had_are_not_evaluated():
    models = classifiers(models=["resnet50_detection", "a", "resnet50"], narrow=["b"])
    assert models.all("d") == ["resnet50_detection", "a", "resnet50", "b"]
    assert models.evaluated("d") == ["a", "resnet50"]
    handed_in = classifiers(models=["resnet50_detection"], predictions={"resnet50_detection": FILE})
    assert handed_in.evaluated("d") == ["resnet50_detection"]


def test_a_representative_is_one_of_the_models_that_can_be_had():
    chosen = {"finetuned": "b", "ilsvrc": "a", "detection": "resnet50_detection"}
    models = classifiers(models=["a", "resnet50_detection"], representatives=chosen)
    assert models.representatives("d") == {"ilsvrc": "a"}


def test_the_best_model_is_the_deeper_fine_tuned_one_or_the_first_there_is():
    chosen = {"finetuned_deep": "resnet50_detection"}
    models = ["resnet50_detection", "b", "a"]
    assert classifiers(models=models, representatives=chosen).best("d") == "b"
    assert classifiers(models=models, representatives={"finetuned_deep": "a"}).best("d") == "a"


def test_kind_and_origin_of_a_model():
    predictions = {"mine": FILE, "b": FILE, "tuned": FILE | {"kind": "finetuned"}}
    models = classifiers(models=["a", "resnet50", "mine"], predictions=predictions)
    assert [models.kind("d", m) for m in ("a", "resnet50", "mine", "b")] == ["ilsvrc"] * 4
    assert models.kind("d", "tuned") == "finetuned"
    assert classifiers().kind("d", "b") == "finetuned"
    assert [models.origin("d", m) for m in ("a", "mine", "b")] == [
        "trained here", "handed in", "handed in",
    ]  # fmt: skip
    assert models.origin("d", "resnet50") == "torchvision resnet50/IMAGENET1K_V1"
    assert models.origin("d", "resnet50_detection") == "a detector, not released"


def test_recipe_of_a_model_has_its_own_changes():
    models = classifiers()
    models.settings["models"]["b"]["changes"] = {"size": 64}
    assert models.recipe("b")["size"] == 64 and models.recipe("b")["start"] == "a"
    assert models.recipe("a")["size"] == 32 and models.recipe("a")["start"] == ""
    assert models.recipe("resnet50") is None
    assert input_size("b", models.settings, REGISTRY) == (73, 64)
    assert input_size("nasnetalarge", models.settings, REGISTRY) == (378, 331)
    assert input_size("mine", models.settings, REGISTRY) == (256, 224)


def test_counterparts_are_where_models_start_or_untreated_networks():
    ours, theirs = (paper("paper_b", *more).models for more in ((), ("paper.yaml",)))
    treated = ["resnet_small_linf", "resnet_small_gaussian_noise", "resnet_deep_finetuned",
               "resnet_small_finetuned", "resnet_small"]  # fmt: skip
    assert ours.counterparts("scenes", treated) == {
        "resnet_small_linf": "resnet_small", "resnet_small_gaussian_noise": "resnet_small",
        "resnet_deep_finetuned": "resnet_deep", "resnet_small_finetuned": "resnet_small",
    }  # fmt: skip
    assert theirs.counterparts("vid", ["resnet152_finetuned", "alexnet_finetuned", "resnet50"]) == {
        "resnet152_finetuned": "resnet152", "alexnet_finetuned": "alexnet",
    }  # fmt: skip
