import hashlib
import os
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from framefault.errors import UserError
from framefault.tasks.recognition.networks.r3d import R3D
from framefault.training.weights import (
    check_digest,
    fine_tune_from,
    load_strictly,
    load_weights,
    save_state,
    save_weights,
    state_digest,
)


def small(classes=3):
    return R3D(10, classes, width=0.0625)


def checkpoint(path, prefix="", **more):
    """A checkpoint as 3D-ResNets-PyTorch saves it."""
    state = {prefix + name: tensor for name, tensor in small(1039).state_dict().items()}
    torch.save({"epoch": 200, "arch": "resnet-18", "state_dict": state} | more, path)
    return state


def test_round_trip_keeps_every_bit_and_the_classes(tmp_path):
    model = small()
    save_weights(model, tmp_path / "w.safetensors", ["a", "b", "c"])
    state, classes = load_weights(tmp_path / "w.safetensors")
    assert classes == ["a", "b", "c"]
    assert state_digest(state) == state_digest(model.state_dict())


@pytest.mark.parametrize("prefix", ["", "module."])
def test_published_layout_loads_strictly(tmp_path, prefix):
    expected = checkpoint(tmp_path / "r3d.pth", prefix, optimizer={"state": {}, "lr": 0.1})
    state, classes = load_weights(tmp_path / "r3d.pth")
    model = small(1039)
    load_strictly(model, state, "r3d.pth")
    assert classes is None
    assert torch.equal(model.conv1.weight, expected[prefix + "conv1.weight"])


def test_last_layer_is_fresh_for_other_classes_and_kept_for_the_same(tmp_path):
    path = tmp_path / "w.safetensors"
    trained = small()
    save_weights(trained, path, ["a", "b", "c"])
    same, other, more = small(), small(), small(5)
    fresh = other.fc.weight.clone()
    fine_tune_from(same, path, ["a", "b", "c"])
    fine_tune_from(other, path, ["x", "y", "z"])
    fine_tune_from(more, path, ["p", "q", "r", "s", "t"])
    assert torch.equal(same.fc.weight, trained.fc.weight)
    assert torch.equal(other.fc.weight, fresh)
    for model in (same, other, more):
        assert torch.equal(model.conv1.weight, trained.conv1.weight)


def test_other_architecture_is_named(tmp_path):
    save_weights(R3D(18, 3, width=0.0625), tmp_path / "w.safetensors", ["a", "b", "c"])
    with pytest.raises(UserError) as error:
        fine_tune_from(small(), tmp_path / "w.safetensors", ["a", "b", "c"])
    assert "w.safetensors does not fit the model" in str(error.value)
    assert "layer1.1.bn1.bias is (4,) in the file and absent in the model" in str(error.value)


def test_other_shape_is_named(tmp_path):
    state = checkpoint(tmp_path / "r3d.pth")
    with pytest.raises(UserError, match=r": conv1\.weight is \(4, 3, .* and \(8, 3, "):
        load_strictly(R3D(10, 1039, width=0.125), state, "r3d.pth")
    del state["bn1.bias"]
    with pytest.raises(UserError, match=r"r3d\.pth.*: bn1\.bias is absent in the file and \(4,\)"):
        load_strictly(small(1039), state, "r3d.pth")


def test_digest_is_checked_where_one_is_given(tmp_path):
    path = tmp_path / "r3d.pth"
    path.write_bytes(b"weights")
    found = hashlib.sha256(b"weights").hexdigest()
    check_digest(path, found)
    check_digest(path, "")
    with pytest.raises(UserError, match=f"sha256 {found} where weights_sha256 says {'0' * 64}"):
        check_digest(path, "0" * 64)


class Hostile:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def plain_pickle(value, path):
    path.write_bytes(pickle.dumps(value))


@pytest.mark.parametrize("save", [torch.save, plain_pickle])
def test_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path, save):
    save({"state_dict": Hostile(tmp_path / "owned")}, tmp_path / "evil.pth")
    with pytest.raises(UserError, match=r"evil\.pth was refused"):
        load_weights(tmp_path / "evil.pth")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_truncated_checkpoint_is_named(tmp_path, kept):
    checkpoint(tmp_path / "cut.pth")
    data = (tmp_path / "cut.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(UserError, match=r"cut\.pth"):
        load_weights(tmp_path / "cut.pth")


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"PK\x03\x04 torn zip"])
def test_unreadable_checkpoint_is_named(tmp_path, content):
    (tmp_path / "bad.pth").write_bytes(content)
    with pytest.raises(UserError, match=r"bad\.pth"):
        load_weights(tmp_path / "bad.pth")


def test_checkpoint_without_tensors_is_named(tmp_path):
    torch.save({"state_dict": {"a": 1}}, tmp_path / "bad.pth")
    with pytest.raises(UserError, match=r"bad\.pth holds no state_dict"):
        load_weights(tmp_path / "bad.pth")


@pytest.mark.parametrize("number", [torch.nan, torch.inf])
def test_weights_that_are_not_finite_are_named(tmp_path, number):
    state = small().state_dict()
    state["fc.bias"][1] = number
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"fc\.bias of .*w\.pth are not finite; take another file"):
        load_weights(tmp_path / "w.pth")
    model = small()
    model.fc.bias.data[1] = number
    with pytest.raises(UserError, match=r"diverged: its weights fc\.bias are not finite; lower"):
        save_weights(model, tmp_path / "w.safetensors", ["a", "b", "c"])
    assert not (tmp_path / "w.safetensors").exists()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("state", "said"),
    [
        (lambda: {0: torch.ones(2)}, "has a tensor named 0"),
        (lambda: {"w": torch.eye(3).to_sparse()}, "holds w as a sparse"),
        (lambda: {"w": torch.eye(3).to_sparse_csr()}, "holds w as a sparse"),
        (lambda: {"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}, "holds w"),
        (lambda: {"w": torch.empty(3, device="meta")}, "holds w as a"),
    ],
)
def test_tensors_that_no_model_here_has_are_named(tmp_path, state, said):
    torch.save(state(), tmp_path / "odd.pth")
    with pytest.raises(UserError, match=rf"odd\.pth {said}"):
        load_weights(tmp_path / "odd.pth")


def test_tensors_that_share_memory_are_written(tmp_path):
    whole = torch.arange(6.0)
    state = {"first": whole, "same": whole, "part": whole[2:4]}
    torch.save(state, tmp_path / "tied.pth")
    save_state(load_weights(tmp_path / "tied.pth")[0], tmp_path / "w.safetensors", None)
    found, _ = load_weights(tmp_path / "w.safetensors")
    assert {name: each.tolist() for name, each in found.items()} == {
        name: each.tolist() for name, each in state.items()
    }


@pytest.mark.parametrize("facts", ["[]", "5", '"text"', "null", "{"])
def test_safetensors_whose_facts_are_no_object_are_damaged(tmp_path, facts):
    save_file({"w": torch.ones(2)}, tmp_path / "w.safetensors", {"framefault": facts})
    with pytest.raises(UserError, match=r"w\.safetensors is damaged"):
        load_weights(tmp_path / "w.safetensors")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("old", [False, True])
def test_whatever_is_damaged_in_a_checkpoint_is_one_sentence(tmp_path, old):
    path, draw = tmp_path / "w.pth", np.random.default_rng(0)
    state = {"w": torch.ones(2, 3), "b": torch.ones(3)}
    torch.save({"state_dict": state}, path, _use_new_zipfile_serialization=not old)
    data = np.frombuffer(path.read_bytes(), np.uint8)
    refused = 0
    for _ in range(400):
        damaged, places = data.copy(), draw.integers(0, len(data), draw.integers(1, 4))
        damaged[places] = draw.integers(0, 256, len(places))
        path.write_bytes(damaged.tobytes())
        try:
            load_weights(path)
        except UserError as error:
            assert "w.pth" in str(error) and "\n" not in str(error)
            refused += 1
    assert refused > 100


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"There is no weight file .*nowhere\.pth"):
        load_weights(tmp_path / "nowhere.pth")


@pytest.mark.parametrize("where", ["cut", "flip"])
def test_damaged_safetensors_are_noticed(tmp_path, where):
    path = tmp_path / "w.safetensors"
    save_weights(small(), path, ["a", "b", "c"])
    data = bytearray(path.read_bytes())
    if where == "cut":
        data = data[: len(data) // 2]
    else:
        data[-100] ^= 4
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"w\.safetensors is damaged"):
        load_weights(path)
