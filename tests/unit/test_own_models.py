"""Models that a user brings: their registry, what they see, what they say, and what is refused."""

import re
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from snakemake.utils import update_config
from test_config import SHIPPED, changed, refusal
from torch import nn
from torchvision.models import get_model_weights, list_models, video

import check_model
from clips import as_pictures, decoded_clips
from framefault.errors import UserError
from framefault.files import file_digest
from framefault.tasks.recognition.classes import (
    merged,
    outputs_of,
    read_classes,
    read_facts,
    read_handed_in,
)
from framefault.tasks.recognition.given import Sees, count_outputs, open_network
from framefault.tasks.recognition.methods import networks
from framefault.tasks.recognition.predict import predict
from framefault.tasks.recognition.registry import COLUMNS, read_registry
from framefault.tasks.recognition.settings import own_files, published, view_of
from framefault.tasks.recognition.views import TrainingClips
from framefault.training.published import categories, published_file
from framefault.training.weights import last_layer
from framefault.video.cache import DecodedClips, write_shard
from framefault.workflow.config import validated
from framefault.workflow.job import Job, Named
from own_models import MeanColour, save_onnx, save_script, save_weights
from workflow_tools import ROOT

REGISTRY = read_registry(ROOT / "config/video_models.csv")
PLAIN = {"stride": 1, "range": 255, "mean": [0, 0, 0], "std": [1, 1, 1],
         "channels": "RGB", "layout": "NCTHW"}  # fmt: skip
SMALL = PLAIN | {"frames": 8, "size": 16}
CPU = torch.device("cpu")


# The registry -------------------------------------------------------------------------------
@pytest.mark.parametrize("name", REGISTRY)
def test_rows_have_the_preprocessing_that_torchvision_publishes_with_the_weights(name):
    row = REGISTRY[name]
    module, _, network = row["factory"].partition(":")
    weights = get_model_weights(network)[row["weights"]]
    sees, told = weights.transforms(), weights.meta["_docs"]
    assert (module, network in list_models(module=video)) == ("torchvision.models.video", True)
    resize = row["resize"] if isinstance(row["resize"], list) else [row["resize"]]
    assert resize == list(sees.resize_size)
    assert [row["size"]] * 2 == list(sees.crop_size)
    assert (row["range"], row["mean"], row["std"]) == (1, list(sees.mean), list(sees.std))
    assert row["frames"] == int(re.search(r"clip_len=(\d+)", told)[1])
    assert row["stride"] == 30 / float(re.search(r"frame_rate=([\d.]+)", told)[1])
    said = published(name, row)
    assert published_file(said)[0] == weights.url
    assert categories(said) == weights.meta["categories"]


def test_every_published_weight_has_a_row():
    known = {(each["factory"].partition(":")[2], each["weights"]) for each in REGISTRY.values()}
    assert known == {
        (name, weights.name)
        for name in list_models(module=video)
        for weights in get_model_weights(name)
    }


def test_pixels_are_prepared_as_torchvision_does():
    row = REGISTRY["r3d_18"]
    sees = Sees(**{key: row[key] for key in SMALL})
    clip = torch.randint(0, 256, (1, 16, 3, 112, 112), dtype=torch.uint8)
    transform = video.R3D_18_Weights.KINETICS400_V1.transforms(resize_size=(112, 112))
    found = sees(clip.transpose(1, 2).float())
    torch.testing.assert_close(found, transform(clip), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("a,m:f,w,16,2,128by171,112,1,0 0 0,1 1 1,RGB,NCTHW,", "line 2: .*HEIGHTxWIDTH"),
        ("a,m:f,w,many,2,128,112,1,0 0 0,1 1 1,RGB,NCTHW,", "line 2: .*'many'"),
        ("b,m:f,w,16,,,112,,,,,,\nb,m:f,w,16,,,112,,,,,,", "line 3: model must be a name of its"),
    ],
)
def test_registry_with_a_wrong_row_is_refused_with_its_line(tmp_path, line, sentence):
    file = tmp_path / "mine.csv"
    file.write_text(",".join(COLUMNS) + f"\n{line}\n")
    with pytest.raises(UserError, match=f"mine.csv, {sentence}"):
        read_registry(file)


def test_open_fields_of_a_row_have_the_defaults(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(",".join(COLUMNS) + "\nown,torchvision.models:x,w.pth,16,,,112,,,,,,\n")
    config = changed("recognition.registry", str(file))
    config["datasets"]["motion"]["models"] = ["own"]
    model = validated(config)["recognition"]["models"]["own"]
    assert {key: model[key] for key in SMALL} == PLAIN | {"frames": 16, "size": 112}
    assert view_of(model, {"size": 112}) == "" != view_of(model, {"size": 48})


def test_entry_overrides_its_row():
    entry = {"row": "mc3_18", "weights": "own.pth", "size": 64}
    config = validated(changed("recognition.models", {"own": entry}))
    model = config["recognition"]["models"]["own"]
    assert (model["weights"], model["size"]) == ("own.pth", 64)
    assert model["resize"] == [128, 171] == REGISTRY["mc3_18"]["resize"]
    assert view_of(model, config["recognition"]["network"]) == "128x171_64"


FILE = {"file": "net.onnx"} | {"frames": 8, "size": 16}
FACTORY = {"factory": "torchvision.models.video:r3d_18", "weights": "KINETICS400_V1"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"frames": 8}, ["bad lacks what it is", "'factory', 'file', 'predictions'"]),
        ({"row": "r4d"}, ["names the row 'r4d', which recognition.registry lacks"]),
        (FILE | FACTORY, ["bad has factory and file; give one of"]),
        (FACTORY | {"size": 16}, ["bad lacks the key 'frames'"]),
        (FILE | {"file": "net.h5"}, ["'net.h5', which is neither an .onnx file"]),
        (FILE | {"resize": [20, 12]}, ["resize is [20, 12], but must be at least size, 16"]),
        (FILE | {"factory": "no_such_package:f", "file": None, "weights": "w.pth"},
         ["there is no Python package 'no_such_package'"]),
        (FILE | {"factory": "json:loads", "file": None}, ["bad lacks the key 'weights'"]),
        (FILE | {"factory": "json:loads", "file": None, "weights": "V1"},
         ["'V1', which is no .pth", "only torchvision's weights have names"]),
        ({"factory": "json.loads"}, ["bad.factory is 'json.loads', but must be a name"]),
        ({"predictions": "a/{level}/{clip}.csv"}, ["may hold {corruption}, {level}, {seed} only"]),
        ({"predictions": "{corruption}/{level:d}.csv"}, ["may hold {corruption}, {level}, {seed}"]),
        ({"predictions": "{corruption!r}/{level}.csv"}, ["may hold {corruption}, {level}, {seed}"]),
        ({"predictions": "{corruption}.csv"}, ["needs both {corruption} and {level}"]),
        ({"predictions": "{level}.csv"}, ["needs both {corruption} and {level}"]),
        ({"predictions": "a.json"}, ["neither a .csv nor a .parquet file"]),
        (FILE | {"layout": "NHWC"}, ["bad.layout is 'NHWC', but must be one of NCTHW"]),
        (FILE | {"std": [1, 0, 1]}, ["bad.std.1 is 0, but must be greater than 0"]),
    ],
)  # fmt: skip
def test_entry_that_means_nothing_is_refused_before_anything_runs(entry, words):
    message = refusal("recognition.models.bad", entry)
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (
            "datasets.motion.models",
            ["mine"],
            "names 'mine', which is neither in recognition",
        ),
        ("recognition.models.none", FILE, "has 'none', a name that models of the workflow have"),
        ("recognition.models.energy", FILE, "has 'energy', a name that models of the workflow"),
        ("recognition.models.clips", FILE, "has 'clips', which tables or figures show already"),
        ("recognition.models.level", FILE, "has 'level', which tables or figures show already"),
        ("recognition.models.Accuracy", FILE, "has 'Accuracy', which tables or figures show"),
        ("recognition.registry", "no.csv", "names no.csv, which does not exist"),
        ("recognition.network.name", "r4d", "name is 'r4d', but there are 'r3d'"),
        ("recognition.network.depth", 20, "network.depth is 20, but must be one of 10, 18"),
        ("recognition.ood.energie", {"temperature": 1}, "has unknown key 'energie'"),
        ("recognition.ood.odin", {"temperature": 0}, "temperature is 0, but must be greater"),
    ],
)
def test_name_that_refers_to_nothing_is_refused(key, value, words):
    assert words in refusal(key, value)


@pytest.mark.parametrize(("seeds", "is_refused"), [([0], False), ([0, 1], True)])
def test_predictions_have_a_file_for_each_draw_of_the_damage(seeds, is_refused):
    config = changed("recognition.models.mine", {"predictions": "{corruption}/{level}.csv"})
    config["datasets"]["motion"]["models"] = ["mine"]
    config["seeds"]["corruption"] = seeds
    if is_refused:
        with pytest.raises(UserError, match=r"damaged in 2 draws; name a file .* with \{seed\}"):
            validated(config)
    else:
        validated(config)


def test_code_of_a_factory_is_a_file_or_a_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package").mkdir()
    for file in ("module.py", "package/__init__.py", "package/part.py"):
        (tmp_path / file).write_text("")
    model = {"file": None, "weights": "own.pth", "classes": "c.txt"}
    for module, file in (
        ("module", "module.py"),
        ("package", "package/__init__.py"),
        ("package.part", "package/part.py"),
    ):
        found = own_files(model | {"factory": f"{module}:build"})
        assert found == ["own.pth", file, "c.txt"]


def test_every_configuration_of_the_page_is_valid(tmp_path, monkeypatch):
    (tmp_path / "my_network.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    page = (ROOT / "docs/your_own.md").read_text(encoding="utf-8")
    blocks = [
        yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S)
    ]
    mine, *others = [each for each in blocks if "title" not in each]
    assert len(others) == 5
    for other in others:
        config = deepcopy(SHIPPED)
        update_config(config, mine)
        update_config(config, other)
        if "network" not in other["recognition"]:  # which needs the page's folder
            models = validated(config)["recognition"]["models"]
            assert set(other["datasets"]["mine"]["models"]) <= set(models)


def test_parameters_of_another_network_are_left_out():
    network = {"name": "torchvision", "depth": 18, "width": 1, "frames": 16, "size": 112}
    found = validated(changed("recognition.network", network))["recognition"]["network"]
    assert found == {"name": "torchvision", "model": "r3d_18", "frames": 16, "size": 112}


# What networks see and say ------------------------------------------------------------------
def test_layout_channels_and_scale_are_those_that_are_asked_for():
    clips = torch.arange(2 * 3 * 8 * 16 * 16.0).reshape(2, 3, 8, 16, 16) % 256
    changes = {"range": 1, "mean": [0.1, 0.2, 0.3], "std": [1, 2, 4], "channels": "BGR"}
    found = Sees(**SMALL | changes | {"layout": "NTHWC"})(clips)
    assert found.shape == (2, 8, 16, 16, 3)
    expected = (clips[1, 2, 5, 3, 4] / 255 - 0.1) / 1, (clips[1, 0, 5, 3, 4] / 255 - 0.3) / 4
    torch.testing.assert_close(found[1, 5, 3, 4, [0, 2]], torch.stack(expected))
    assert torch.equal(Sees(**SMALL)(clips), clips)


@pytest.mark.parametrize(("frames", "size", "share"), [(8, 48, 1), (16, 112, 1), (32, 224, 1 / 8)])
def test_batches_of_large_clips_are_smaller(frames, size, share):
    assert Sees(**PLAIN, frames=frames, size=size).share == share


class Seen(nn.Module):
    """As logits the brightness of each frame that a network sees."""

    def forward(self, clips):
        return clips.mean((1, 3, 4))


def test_segments_are_every_so_many_frames_and_follow_each_other(tmp_path):
    account = decoded_clips(tmp_path, count=1, frames=20).accounts[0]
    pixels = 10 * np.arange(20)[:, None, None, None] * np.ones((1, 16, 16, 3))
    pairs = [(as_pictures(pixels.astype(np.uint8)), account)]
    write_shard(tmp_path / "a.frames", tmp_path / "a.parquet", pairs)
    clips = DecodedClips([tmp_path / "a.frames"])
    (rows,) = predict(Seen(), clips, 3, 16, CPU, None, Sees(**SMALL), 2)
    numbers = [(row / 10).round().tolist() for row in rows]
    assert numbers == [[0, 2, 4], [6, 8, 10], [12, 14, 16], [18, 18, 18]]


NETWORKS = {
    "weights": lambda path: save_weights(path, MeanColour(2)),
    "onnx": lambda path: save_onnx(path, 2, 8, 16, layout="NCTHW"),
    "onnx of one clip": lambda path: save_onnx(path, 2, 8, 16, count=1, layout="NCTHW"),
    "script": lambda path: save_script(path, MeanColour(2), 2, 3, 8, 16, 16),
}
BUILD = {"factory": "own_models:MeanColour", "arguments": {"classes": 2}}
NONE = {"factory": None, "arguments": {}}


@pytest.mark.parametrize("kind", NETWORKS)
def test_network_gives_the_logits_that_it_has(tmp_path, kind):
    path = tmp_path / f"net.{'onnx' if 'onnx' in kind else 'pt'}"
    torch.manual_seed(0)
    NETWORKS[kind](path)
    network = open_network(BUILD if kind == "weights" else NONE, path)
    assert count_outputs(network, Sees(**SMALL), "mine") == 2
    clips = torch.rand(5, 3, 8, 16, 16)
    found = network(clips)
    if "onnx" in kind:
        weights = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
        expected = torch.from_numpy(clips.sum((2, 3, 4)).numpy() @ weights)
    else:
        torch.manual_seed(0)
        expected = MeanColour(2)(clips)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


# Classes ------------------------------------------------------------------------------------
def test_classes_are_lines_or_a_table(tmp_path):
    (tmp_path / "c.txt").write_text("run\nwalk\n")
    (tmp_path / "c.csv").write_text("class,label\njog,run\ncook,\nrun,run\nstroll,walk\n")
    assert read_classes(tmp_path / "c.txt") == ["run", "walk"]
    (tmp_path / "c.txt").write_text("run\nwalk\n", encoding="utf-8-sig")  # as Windows saves it
    assert read_classes(tmp_path / "c.txt") == ["run", "walk"]
    names = read_classes(tmp_path / "c.csv")
    assert names == ["run", None, "run", "walk"]
    classes, outputs = outputs_of(names, ["run", "walk"], 4, "mine")
    assert (classes, outputs) == (["run", "walk"], [[0, 2], [3]])
    rows = [np.array([1, 9, 3, 2], np.float32), np.array([5, 9, 3, 2], np.float32)]
    assert [row.tolist() for row in merged(rows, outputs)] == [[3, 2], [5, 2]]
    assert merged([], outputs) == []


def test_a_class_that_the_data_set_does_not_have_stays():
    assert outputs_of(["fly", "run"], ["run"], 2, "mine") == (["fly", "run"], [[0], [1]])


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("label\nrun\n", "c.csv", "c.csv must have the columns class and label"),
        (None, "c.txt", "Cannot read .*c.txt, the classes of a network"),
        ("", "c.csv", "Cannot read .*c.csv, the classes of a network"),
    ],
)
def test_classes_that_cannot_be_read_are_refused(tmp_path, text, name, sentence):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_classes(tmp_path / name)


# The check of a network ---------------------------------------------------------------------
def check(folder, model, sees=SMALL, file=None, classes=None, content=()):
    """The check of a network for a data set with the classes run and walk."""
    (folder / "manifest.csv").write_text("id,label\nrun/a,run\nwalk/b,walk\n")
    job = Job(
        Named(manifest=folder / "manifest.csv", published=[]),
        Named(facts=folder / "network.json"), Named(dataset="mine", model="bad"),
        Named(model=model, sees=sees, published=None, content=list(content)),
        Named(folder="data", file=str(folder / file), classes=classes and str(folder / classes)),
        1, "",
    )  # fmt: skip
    check_model.main.__wrapped__(job)
    return read_facts(folder / "network.json")


def test_check_tells_classes_outputs_and_the_file(tmp_path):
    save_onnx(tmp_path / "net.onnx", 3, 8, 16, layout="NCTHW")
    (tmp_path / "c.txt").write_text("walk\nrun\nfly\n")
    facts = check(tmp_path, NONE, file="net.onnx", classes="c.txt")
    assert facts == {
        "classes": ["walk", "run", "fly"],
        "outputs": [[0], [1], [2]],
        "sha256": file_digest(tmp_path / "net.onnx"),
    }


def test_check_differs_after_an_edit_of_code_that_leaves_the_weights(tmp_path):
    save_onnx(tmp_path / "net.onnx", 2, 8, 16, layout="NCTHW")
    found = []
    for digest in ("before", "after"):
        check(tmp_path, NONE, file="net.onnx", content=["weights", digest])
        found.append((tmp_path / "network.json").read_text())
    assert found[0] != found[1]


def factory(name, **arguments):
    return {"factory": name, "arguments": arguments}


REFUSED = {
    "a factory that is not there": (
        factory("own_models:no_such"), {}, "own.pth",
        "The factory own_models:no_such cannot be imported: .*no_such",
    ),
    "arguments that it does not take": (
        factory("own_models:MeanColour", wide=2), {}, "own.pth",
        r"own_models:MeanColour\(wide=2\) fails: .*unexpected keyword argument 'wide'",
    ),
    "a factory of something else": (
        factory("own_models:save_weights", path="/dev/null", network=nn.ReLU()), {}, "own.pth",
        "own_models:save_weights gives no torch.nn.Module, but None",
    ),
    "weights of another network": (
        factory("own_models:MeanColour", classes=3), {}, "own.pth",
        r"own.pth does not fit the model .*: fc.weight is \(2, 3\) in the file and \(3, 3\)",
    ),
    "weights that are not there": (
        BUILD, {}, "no.pth", "There is no weight file .*no.pth; put it there",
    ),
    "a network of other classes": (
        NONE, {"layout": "NTCHW"}, "three.onnx",
        "bad gives 3 logits per clip, but there are 2 classes; say in `classes`",
    ),
    "another number of frames": (
        NONE, {"frames": 4, "layout": "NTCHW"}, "three.onnx",
        r"bad fails on clips NTCHW of \(2, 4, 3, 16, 16\): .*Expected: 8.*; correct frames, size",
    ),
    "another layout": (NONE, {}, "three.onnx", r"bad fails on clips NCTHW of .*; correct frames"),
    "no ONNX": (NONE, {}, "text.onnx", "text.onnx is no ONNX file that can be read"),
    "no TorchScript": (NONE, {}, "own.pt", "own.pt is no TorchScript file that can be read; save"),
    "logits that are no numbers": (
        NONE, {"layout": "NTCHW", "mean": [-1e9, -1e9, -1e9]}, "infinite.onnx",
        "bad gives logits of black clips that are no finite numbers",
    ),
    "a network that is not there": (
        NONE, {}, "no.onnx", "There is no network .*no.onnx; put it there",
    ),
    "an output per frame": (
        factory("torch.nn:Identity"), {}, "nothing.pth",
        r"bad gives \(2, 3, 8, 16, 16\) for clips NCTHW of \(2, 3, 8, 16, 16\), but must give",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("model", "sees", "file", "sentence"), REFUSED.values(), ids=REFUSED)
def test_network_that_cannot_be_used_is_refused_in_a_sentence(
    tmp_path, model, sees, file, sentence
):
    save_weights(tmp_path / "own.pth", MeanColour(2))
    save_weights(tmp_path / "own.pt", MeanColour(2))
    save_weights(tmp_path / "nothing.pth", nn.Identity())
    save_onnx(tmp_path / "three.onnx", 3, 8, 16)
    save_onnx(tmp_path / "infinite.onnx", 2, 8, 16, gain=1e38)
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(UserError, match=sentence) as error:
        check(tmp_path, model, SMALL | sees, file)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "network.json").exists()


def test_data_set_with_a_class_that_a_network_lacks_is_refused(tmp_path):
    save_onnx(tmp_path / "net.onnx", 2, 8, 16, layout="NCTHW")
    (tmp_path / "c.txt").write_text("run\njump\n")
    with pytest.raises(UserError, match="bad lacks 1 of 2 classes of the data set, such as 'walk'"):
        check(tmp_path, NONE, file="net.onnx", classes="c.txt")


# Predictions --------------------------------------------------------------------------------
CLIPS = ["class0/clip0", "class1/clip1", "class0/clip2"]


def handed_in(folder, table, name="scores.csv"):
    """What is read of a file of predictions for three clips, the last of them without a frame."""
    clips = decoded_clips(folder, count=3)
    clips.accounts[2]["frames"] = 0
    save = table.to_parquet if name.endswith(".parquet") else table.to_csv
    save(folder / name, index=False)
    return read_handed_in(folder / name, clips)


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet"])
def test_rows_of_one_clip_are_its_segments_in_any_order_of_clips(tmp_path, name):
    rows = [[CLIPS[1], 1.5, 2, 0], [CLIPS[0], 3, 4, 0], [CLIPS[1], 5, 6, 0]]
    table = pd.DataFrame(rows, columns=["clip", "class1", "class0", "other"])
    classes, logits = handed_in(tmp_path, table, name)
    assert classes == ["class1", "class0", "other"]
    assert [np.array(each).tolist() for each in logits] == [
        [[3, 4, 0]], [[1.5, 2, 0], [5, 6, 0]], [],
    ]  # fmt: skip
    assert {row.dtype for rows in logits for row in rows} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("rows", "columns", "sentence"),
    [
        ([[CLIPS[0], 1, 2]], ["clip", "class0", "class1"],
         "lacks 1 of 2 clips that can be decoded, such as class1/clip1"),
        ([[CLIPS[0], 1], [CLIPS[1], 1]], ["clip", "class0"], "lacks the column 'class1'"),
        ([[CLIPS[0], 1, 1]], ["video", "class0", "class1"], "lacks the column 'clip'"),
        ([[CLIPS[0], 1, "x"], [CLIPS[1], 1, 1]], ["clip", "class0", "class1"],
         "a score of class0/clip0 is no finite number"),
        ([[CLIPS[0], 1, 1], [CLIPS[1], 1, np.inf]], ["clip", "class0", "class1"],
         "a score of class1/clip1 is no finite number"),
        ([[CLIPS[0], 1, 1], [CLIPS[1], 1, 1e300]], ["clip", "class0", "class1"],
         "a score of class1/clip1 is no finite number"),
        ([[0, CLIPS[0], 1, 1], [1, CLIPS[1], 1, 1]], ["", "clip", "class0", "class1"],
         "has a column without a name, 'Unnamed: 0'"),
    ],
)  # fmt: skip
def test_predictions_that_do_not_fit_are_refused(tmp_path, rows, columns, sentence):
    with pytest.raises(UserError, match=f"scores.csv:? {sentence}"):
        handed_in(tmp_path, pd.DataFrame(rows, columns=columns))


def test_rows_with_more_fields_than_columns_are_refused(tmp_path):
    (tmp_path / "scores.csv").write_text(f"clip,class0,class1\n{CLIPS[0]},1,2,\n{CLIPS[1]},1,2,\n")
    with pytest.raises(UserError, match="scores.csv has rows with more fields than columns"):
        read_handed_in(tmp_path / "scores.csv", decoded_clips(tmp_path, count=2))


def test_rows_of_parquet_may_be_numbered_in_any_way(tmp_path):
    table = pd.DataFrame([[CLIPS[0], 1, np.nan]], [7], ["clip", "class0", "class1"])
    table.to_parquet(tmp_path / "scores.parquet")
    with pytest.raises(UserError, match="a score of class0/clip0 is no finite number"):
        read_handed_in(tmp_path / "scores.parquet", decoded_clips(tmp_path, count=1))


@pytest.mark.parametrize("name", ["no.csv", "text.parquet", "empty.csv"])
def test_predictions_that_cannot_be_read_are_refused(tmp_path, name):
    (tmp_path / "text.parquet").write_text("clip,class0\n")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(UserError, match=f"Cannot read the predictions .*{name}"):
        read_handed_in(tmp_path / name, decoded_clips(tmp_path, count=1))


# Networks of torchvision that are trained here ----------------------------------------------
def test_torchvision_has_its_own_names_of_weights_and_sees_pixels_of_about_unit_size():
    from framefault.tasks.recognition.networks.torchvision import SCALE, build

    torch.manual_seed(0)
    ours = build(5, "mc3_18").eval()
    theirs = video.mc3_18(num_classes=5).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    clips = 100 * torch.randn(1, 3, 4, 16, 16)
    torch.testing.assert_close(ours(clips), theirs(clips / SCALE))


@pytest.mark.parametrize("model", networks()["torchvision"].about["parameters"]["model"]["enum"])
def test_networks_of_torchvision_are_laid_out_as_all_that_are_trained_and_fine_tuned(
    tmp_path, model
):
    build = networks()["torchvision"].load(model=model)
    with torch.device("meta"):
        network = build(4).to(memory_format=TrainingClips.memory_format).eval()
        assert network(torch.zeros(1, 3, 8, 32, 32)).shape == (1, 4)
        first = next(iter(network.state_dict()))
        names = last_layer(build(400).state_dict())
    assert names[0].endswith("weight") and names[1].endswith("bias") and first not in names
    shapes = [tuple(network.state_dict()[name].shape) for name in names]
    assert (shapes[0][0], shapes[1]) == (4, (4,))


def test_weights_that_torchvision_does_not_publish_are_named():
    row = {"model": "odd", "source": "torchvision", "weights": "r3d_18/KINETICS_V9"}
    with pytest.raises(UserError, match="torchvision publishes no weights KINETICS_V9 of r3d_18"):
        published_file(row)
