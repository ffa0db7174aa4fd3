"""FairMOT's network: published names and shapes, deformable convolutions, from maps to boxes."""

import csv
import sys

import numpy as np
import pytest
import torch

from framefault.errors import UserError
from framefault.tasks.tracking.costs import counted
from framefault.tasks.tracking.dla import DeformableConv, bilinear
from framefault.tasks.tracking.fairmot import FairMOT
from framefault.tasks.tracking.heatmaps import STRIDE, decode
from framefault.tasks.tracking.letterbox import Letterbox
from framefault.tasks.tracking.networks import build
from framefault.training.weights import load_weights, save_weights, state_digest
from workflow_tools import SHARED

CPU = torch.device("cpu")
SMALL = {"backbone": "small", "width": 8, "identity": 16}
DLA = {"backbone": "dla34"}
PUBLISHED = SHARED.parent / "published" / "fairmot_state_dict.csv"
# Channels of wh and id of each file, and whether it counts the batches of its normalisation.
FILES = [
    ("all_dla34.pth", 2, 512, False), ("mot20_dla34.pth", 2, 128, True),
    ("fairmot_dla34.pth", 4, 128, True),
]  # fmt: skip


def shapes(state):
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def published_shapes():
    """Name -> shape of fairmot_dla34.pth."""
    if not PUBLISHED.is_file():
        pytest.skip("the list of published names is not there")
    with open(PUBLISHED, newline="", encoding="utf-8") as file:
        rows = {row["name"]: row["shape"] for row in csv.DictReader(file)}
    return {name: tuple(map(int, filter(None, shape.split("x")))) for name, shape in rows.items()}


def random_state(shapes, sizes, identity):
    """Tensors of published names, with heads of another version."""
    draw = torch.Generator().manual_seed(0)
    outputs = {"wh.2": sizes, "id.2": identity}
    state = {}
    for name, shape in shapes.items():
        changed = outputs.get(name.rpartition(".")[0])
        shape = (changed, *shape[1:]) if changed else shape
        state[name] = torch.rand(shape, generator=draw) if shape else torch.tensor(1)
    return state


@pytest.fixture(scope="module")
def dla34():
    pytest.importorskip("timm")
    torch.manual_seed(0)
    return build(DLA).eval()


def test_dla34_has_the_published_number_of_names_and_parameters(dla34):
    names = [name for name in dla34.state_dict() if not name.endswith("num_batches_tracked")]
    assert (len(names), len(dla34.state_dict())) == (349, 404)
    assert sum(each.numel() for each in dla34.parameters()) == 20_349_711
    parts = [name.partition(".")[0] for name in dla34.state_dict()]
    counts = {part: parts.count(part) for part in parts}
    assert counts == {"base": 236, "dla_up": 114, "ida_up": 38} | dict.fromkeys(
        ("hm", "wh", "id", "reg"), 4
    )


def test_dla34_has_the_published_names_and_shapes(dla34):
    assert shapes(dla34.state_dict()) == published_shapes()


@pytest.mark.parametrize(("file", "sizes", "identity", "counters"), FILES)
def test_published_files_load_strictly(dla34, tmp_path, file, sizes, identity, counters):
    """In torch's own format, of random tensors; old versions of torch wrote no counters."""
    state = random_state(shapes(dla34.state_dict()), sizes, identity)
    if not counters:
        state = {name: each for name, each in state.items() if each.dim()}
    saved = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save({"epoch": 30, "state_dict": saved, "optimizer": {"state": {}}}, tmp_path / file)
    model = build(DLA, load_weights(tmp_path / file)[0], tmp_path / file)
    assert (model.wh[2].out_channels, model.id[2].out_channels) == (sizes, identity)
    assert all(torch.equal(model.state_dict()[name], state[name]) for name in state)


def test_without_timm_dla34_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match="needs timm; install it with: pip install -r envs/models"):
        build(DLA)


@pytest.mark.parametrize("lacking", ["base.fc.weight", "ida_up.up_2.weight", "hm.2.bias"])
def test_files_that_lack_something_are_refused(dla34, lacking):
    state = dict(dla34.state_dict())
    del state[lacking]
    with pytest.raises(UserError, match=rf"w\.pth does not fit .* {lacking} is absent in the file"):
        build(DLA, state, "w.pth")


@pytest.mark.parametrize("sizes", [3, 5])
def test_heads_of_unknown_meaning_are_refused(sizes):
    state = dict(build(SMALL).state_dict())
    state["wh.2.weight"], state["wh.2.bias"] = torch.zeros(sizes, 16, 1, 1), torch.zeros(sizes)
    with pytest.raises(UserError, match="does not fit .* wh.2.weight"):
        build(SMALL, state, "w.pth")


def test_layers_that_published_weights_hold_without_use_change_nothing(dla34):
    x = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before = dla34(x)
        for module in (dla34.base.level3.project, dla34.base.level4.project, dla34.base.fc):
            for parameter in module.parameters():
                parameter += 1
        after = dla34(x)
    assert all(torch.equal(before[head], after[head]) for head in before)


@pytest.mark.parametrize("backbone", ["small", "dla34"])
def test_maps_have_a_quarter_of_the_size(backbone, request):
    network = request.getfixturevalue("dla34") if backbone == "dla34" else build(SMALL).eval()
    with torch.inference_mode():
        maps = network(torch.rand(2, 3, 64, 96))
    assert {head: each.shape for head, each in maps.items()} == {
        "hm": (2, 1, 16, 24), "wh": (2, 4, 16, 24), "reg": (2, 2, 16, 24),
        "id": (2, 128 if backbone == "dla34" else 16, 16, 24),
    }  # fmt: skip


def sampled(plane, y, x):
    """Bilinear sample of a plane that is zero outside."""
    total, (height, width) = 0.0, plane.shape
    for row in (int(np.floor(y)), int(np.floor(y)) + 1):
        for column in (int(np.floor(x)), int(np.floor(x)) + 1):
            if 0 <= row < height and 0 <= column < width:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * plane[row, column]
    return total


def test_deformable_convolution_is_dcnv2s():
    """Tap k of nine reads at (row + channel 2k, column + channel 2k + 1), times sigmoid of 18 + k.

    That is the order of DCNv2's CUDA code, by which published weights were trained.
    """
    torch.manual_seed(0)
    layer, x = DeformableConv(2, 3), torch.randn(1, 2, 5, 6)
    torch.nn.init.normal_(layer.conv_offset_mask.weight, std=0.3)
    torch.nn.init.normal_(layer.bias)
    with torch.inference_mode():
        found = layer(x)[0].numpy()
        moves = layer.conv_offset_mask(x)[0].numpy().astype(float)
        weight, bias = layer.weight.numpy(), layer.bias.numpy()
    expected = np.zeros((3, 5, 6)) + bias[:, None, None]
    for row in range(5):
        for column in range(6):
            for tap in range(9):
                y = row + tap // 3 - 1 + moves[2 * tap, row, column]
                x_ = column + tap % 3 - 1 + moves[2 * tap + 1, row, column]
                mask = 1 / (1 + np.exp(-moves[18 + tap, row, column]))
                values = [sampled(plane, y, x_) for plane in x[0].numpy()]
                expected[:, row, column] += mask * weight[:, :, tap // 3, tap % 3] @ values
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("factor", [2, 4])
def test_upsampling_starts_as_interpolation(factor):
    x = torch.rand(1, 3, 5, 6)
    with torch.inference_mode():
        found = bilinear(3, factor)(x)
    expected = torch.nn.functional.interpolate(x, scale_factor=factor, mode="bilinear")
    inner = (..., slice(factor, -factor), slice(factor, -factor))
    assert found.shape == expected.shape
    assert torch.allclose(found[inner], expected[inner], atol=1e-6)


def test_operations_grow_with_the_picture_and_need_no_data():
    operations, parameters = counted(SMALL, (192, 128))
    assert counted(SMALL, (384, 128)) == (2 * operations, parameters)
    assert parameters == sum(each.numel() for each in build(SMALL).parameters())


def test_operations_of_dla34_hold_its_deformable_convolutions():
    pytest.importorskip("timm")
    operations, parameters = counted(DLA, (1088, 608))
    assert parameters == 20_349_711
    assert operations == pytest.approx(0.18, rel=0.01)


# From maps to boxes -----------------------------------------------------------------------
def maps_of(peaks, sizes=4, shape=(8, 12), features=6):
    """Maps with a peak for each (row, column, logit) and far below zero elsewhere."""
    draw = torch.Generator().manual_seed(0)
    heat = torch.full((1, 1, *shape), -9.0)
    for row, column, logit in peaks:
        heat[0, 0, row, column] = logit
    others = {"wh": sizes, "reg": 2, "id": features}
    return {"hm": heat} | {
        name: torch.rand(1, channels, *shape, generator=draw) for name, channels in others.items()
    }


@pytest.mark.parametrize("sizes", [2, 4])
def test_boxes_are_centre_offset_and_sides_times_the_stride(sizes):
    maps = maps_of([(2, 5, 1.0), (6, 9, 3.0)], sizes)
    ((boxes, scores, features),) = decode(maps, most=2)
    assert scores.tolist() == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-1))])
    for box, feature, (row, column) in zip(boxes, features, [(6, 9), (2, 5)], strict=True):
        wh, (dx, dy) = maps["wh"][0, :, row, column], maps["reg"][0, :, row, column]
        x, y = column + dx, row + dy
        left, top, right, bottom = wh if sizes == 4 else (wh[0] / 2, wh[1] / 2, *(wh / 2))
        expected = STRIDE * torch.stack([x - left, y - top, x + right, y + bottom])
        assert torch.allclose(box, expected, atol=1e-5)
        identity = maps["id"][0, :, row, column]
        assert torch.allclose(feature, identity / identity.norm(), atol=1e-6)


def test_a_neighbour_of_a_higher_cell_is_no_peak():
    maps = maps_of([(4, 4, 2.0), (4, 5, 1.9), (4, 7, 1.0)])
    ((_, scores, _),) = decode(maps, most=2)
    assert torch.allclose(scores, torch.tensor([2.0, 1.0]).sigmoid())


def test_equal_peaks_come_in_reading_order_and_the_least_are_cut():
    cells = [(6, 2), (1, 8), (1, 3), (3, 10)]
    maps = maps_of([(*cell, 2.0) for cell in cells])
    maps["reg"] *= 0
    maps["wh"] *= 0
    ((boxes, _, _),) = decode(maps, most=3)
    places = [(round(y) // STRIDE, round(x) // STRIDE) for x, y, _, _ in boxes.tolist()]
    assert places == sorted(cells)[:3]


def test_boxes_may_leave_the_picture():
    maps = maps_of([(0, 0, 2.0)])
    maps["wh"] += 3
    ((boxes, _, _),) = decode(maps, most=1)
    assert (boxes[0, :2] < 0).all()


# Letterbox --------------------------------------------------------------------------------
FULL = (1088, 608)


@pytest.mark.parametrize(
    ("frame", "scaled", "corner"),
    [
        ((1920, 1080), (1081, 608), (3, 0)),
        ((640, 480), (811, 608), (138, 0)),
        ((768, 576), (811, 608), (138, 0)),
        ((1242, 375), (1088, 329), (0, 139)),
        ((1088, 608), (1088, 608), (0, 0)),
    ],
)
def test_letterbox_places_frames_as_fairmot_does(frame, scaled, corner):
    """Corners are those of its own function, `round(d - 0.1)`."""
    pixels = torch.zeros(1, frame[1], frame[0], 3, dtype=torch.uint8)
    placed = Letterbox(frame, FULL).place(pixels)
    assert placed.shape == (1, 3, 608, 1088)
    rows, columns = (placed[0, 0] == 0).nonzero(as_tuple=True)
    found = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert found == (*corner, corner[0] + scaled[0], corner[1] + scaled[1])
    assert set(placed.unique().tolist()) <= {0.0, 128.0}


@pytest.mark.parametrize("size", [(1920, 1080), (640, 480), (200, 90), (1088, 608)])
def test_letterbox_scales_as_opencv_by_area(size):
    cv2 = pytest.importorskip("cv2")
    frame = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    box = Letterbox(size, FULL)
    scaled = [round(side * box.scale) for side in size]
    expected = cv2.resize(frame, scaled, interpolation=cv2.INTER_AREA)
    left, top = (
        round((ours - theirs) / 2 - 0.1) for ours, theirs in zip(FULL, scaled, strict=True)
    )
    placed = box.place(torch.from_numpy(frame)[None])[0].permute(1, 2, 0).numpy()
    found = placed[top : top + scaled[1], left : left + scaled[0]]
    # Where edges of pixels meet in a larger picture, OpenCV rounds to the wrong one now and then.
    differing = np.abs(found - expected.astype(float)) > 1
    assert differing.mean() < 0.03


def test_without_a_size_frames_keep_theirs_and_are_padded():
    frames = np.random.default_rng(0).integers(0, 256, (2, 108, 192, 3), np.uint8)
    box = Letterbox((192, 108))
    placed = box.place(torch.from_numpy(frames))
    assert placed.shape == (2, 3, 128, 192)
    assert np.array_equal(placed[:, :, 10:118].permute(0, 2, 3, 1).numpy(), frames)
    assert box.to_input(np.zeros((1, 4))).tolist() == [[0, 10, 0, 10]]


@pytest.mark.parametrize("size", [None, FULL, (320, 320)])
@pytest.mark.parametrize("frame", [(192, 108), (640, 480), (1242, 374)])
def test_boxes_go_to_the_input_and_back(frame, size):
    box = Letterbox(frame, size)
    boxes = np.random.default_rng(0).uniform(-50, 700, (20, 4))
    assert np.allclose(box.to_frame(box.to_input(boxes)), boxes)


# Detector ---------------------------------------------------------------------------------
@pytest.fixture
def detector(tmp_path):
    torch.manual_seed(0)
    save_weights(build(SMALL), tmp_path / "w.safetensors", None)

    def make(size=None, most=20):
        settings = {"network": SMALL, "input": size, "most": most}
        return FairMOT(tmp_path / "w.safetensors", settings, CPU)

    return make


def noise(count=5):
    return np.random.default_rng(1).integers(0, 256, (count, 50, 70, 3), np.uint8)


def test_the_detector_gives_sorted_detections_of_every_frame(detector):
    found = list(detector().detect(noise()))
    assert len(found) == 5
    for each in found:
        assert 0 < len(each.scores) <= 20
        assert each.boxes.shape == (len(each.scores), 4)
        assert (np.diff(each.scores) <= 0).all()
        assert np.allclose(np.linalg.norm(each.features, axis=1), 1, atol=1e-5)
        assert {array.dtype for array in (each.boxes, each.scores, each.features)} == {
            np.dtype(np.float32)
        }


def test_a_frame_is_seen_alike_whatever_is_around_it(detector):
    frames, alike = noise(), detector()
    alike.batch_size = 3
    together = [list(detector().detect(frames))[3], list(alike.detect(frames[2:5]))[1]]
    (alone,) = detector().detect(frames[3:4])
    assert alone.boxes.tobytes() == together[0].boxes.tobytes()
    assert alone.scores.tobytes() == together[0].scores.tobytes()
    assert np.allclose(alone.boxes, together[1].boxes, atol=1e-3)


@pytest.mark.parametrize("head", ["hm", "id"])
def test_maps_that_are_not_finite_are_refused(detector, head):
    broken = detector()
    getattr(broken.network, head)[-1].bias.data.fill_(torch.nan)
    with pytest.raises(UserError, match=r"computes is not finite; .* a lower learning_rate"):
        list(broken.detect(noise(1)))


def test_no_frame_gives_no_detections(detector):
    assert list(detector().detect(noise()[:0])) == []


def test_boxes_are_in_pixels_of_the_frame(detector):
    """A frame twice as large is scaled to the same input: its boxes are twice as large."""
    frames = noise()[:1]
    twice = frames.repeat(2, 1).repeat(2, 2)
    found, larger = (next(detector((96, 64)).detect(each)) for each in (frames, twice))
    assert np.allclose(larger.scores, found.scores, atol=0.02)
    same = np.isclose(larger.boxes, 2 * found.boxes, atol=1).all(axis=1)
    assert same.mean() > 0.5


def test_weights_of_another_network_are_one_sentence(detector, tmp_path):
    settings = {"network": SMALL | {"width": 12}, "input": None, "most": 20}
    with pytest.raises(UserError, match="w.safetensors does not fit"):
        FairMOT(tmp_path / "w.safetensors", settings, CPU)
    before = state_digest(load_weights(tmp_path / "w.safetensors")[0])
    assert state_digest(detector().network.state_dict()) == before
