"""Weights that libraries publish: which files, had or not, and read without running their code."""

import json
import os
import socket
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model

from framefault.data import download
from framefault.errors import UserError
from framefault.tasks.frames.networks import build, load_registered
from framefault.training.published import fetch, fetched, library, published_file
from papers import REGISTRY

SQUEEZENET = REGISTRY["squeezenet1_1"]
FILE = "squeezenet1_1-b8a52dc0.pth"


@pytest.fixture
def no_network(monkeypatch):
    """All requests go to a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, nowhere)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "PAUSE", 0.001)


def random_weights(path, network):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.save(network.state_dict(), path)
    return path


def test_torchvisions_files_have_the_beginning_of_their_digest():
    rows = [row for row in REGISTRY.values() if row["source"] == "torchvision"]
    assert len(rows) >= 20
    for row in rows:
        url, file = published_file(row)
        assert url == f"https://download.pytorch.org/models/{file['file']}"
        assert file["sha256"] and file["sha256"] in file["file"]


def test_without_leave_nothing_is_downloaded_and_the_file_is_named(tmp_path, no_network):
    with pytest.raises(UserError) as error:
        fetch(SQUEEZENET, tmp_path, allow=False)
    assert str(error.value) == (
        f"There is no {tmp_path}/checkpoints/{FILE}; get that file from"
        f" https://download.pytorch.org/models/{FILE} and put it there, or set downloads.allow to"
        " true."
    )


def test_without_a_network_it_is_one_sentence(tmp_path, no_network):
    with pytest.raises(UserError, match=f"{FILE} could not be downloaded .*refused.*put it at"):
        fetch(SQUEEZENET, tmp_path, allow=True)


def test_another_file_of_that_name_is_not_taken(tmp_path):
    random_weights(tmp_path / "checkpoints" / FILE, build("squeezenet1_1", 1000))
    with pytest.raises(UserError, match="its sha256 is .* where b8a52dc0 is expected"):
        fetch(SQUEEZENET, tmp_path, allow=False)


def test_weights_that_went_away_after_they_were_fetched_are_named(tmp_path):
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"file": FILE, "bytes": 3}))
    with pytest.raises(UserError, match=f"checkpoints/{FILE} is not there any more"):
        fetched(facts, tmp_path)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / FILE).write_bytes(b"abc")
    assert fetched(facts, tmp_path) == tmp_path / "checkpoints" / FILE


@pytest.mark.parametrize("content", ["", "[]", '{"file": "x"}'])
def test_a_damaged_account_of_weights_is_named(tmp_path, content):
    (tmp_path / "facts.json").write_text(content)
    with pytest.raises(UserError, match="facts.json is damaged"):
        fetched(tmp_path / "facts.json", tmp_path)


@pytest.mark.parametrize("model", ["squeezenet1_1", "densenet121", "inceptionv3"])
def test_a_network_of_torchvision_takes_the_file_at_hand(tmp_path, no_network, model):
    url, file = published_file(REGISTRY[model])
    name = REGISTRY[model]["weights"].partition("/")[0]
    extra = {"transform_input": False, "init_weights": False} if name == "inception_v3" else {}
    theirs = get_model(name, weights=None, **extra)
    path = random_weights(tmp_path / "checkpoints" / file["file"], theirs)
    loaded, x = load_registered(REGISTRY[model], path), torch.rand(1, 3, 96, 96)
    with torch.no_grad():
        assert torch.equal(loaded(x), theirs.eval()(x))


def test_a_network_of_timm_takes_the_file_at_hand(tmp_path, no_network):
    timm = pytest.importorskip("timm")
    row = REGISTRY["dpn68"]
    url, file = published_file(row)
    assert url.startswith("https://huggingface.co/timm/dpn68.mx_in1k/")
    path = tmp_path / "checkpoints" / file["file"]
    path.parent.mkdir()
    torch.manual_seed(0)
    theirs = timm.create_model("dpn68.mx_in1k", pretrained=False)
    save_file(theirs.state_dict(), path)
    loaded, x = load_registered(row, path), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(loaded(x), theirs.eval()(x))


def test_every_file_of_timm_has_an_address():
    pytest.importorskip("timm")
    rows = [row for row in REGISTRY.values() if row["source"] == "timm"]
    files = [published_file(row) for row in rows]
    assert all(url.startswith("https://") for url, _ in files)
    assert len({file["file"] for _, file in files}) == len(rows)


def test_networks_of_timm_can_be_fine_tuned():
    pytest.importorskip("timm")
    assert build("inception_v4", 24).last_linear.out_features == 24
    with pytest.raises(UserError, match="There is no network 'nothing'"):
        build("nothing", 24)


@pytest.mark.parametrize("model", ["bninception", "nasnetamobile"])
def test_a_network_of_pretrainedmodels_takes_the_file_at_hand(tmp_path, no_network, model):
    networks = pytest.importorskip("pretrainedmodels")
    url, file = published_file(REGISTRY[model])
    theirs = getattr(networks, model)(num_classes=1000, pretrained=None)
    path = random_weights(tmp_path / "checkpoints" / file["file"], theirs)
    loaded, x = load_registered(REGISTRY[model], path), torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        assert torch.equal(loaded(x), theirs.eval()(x))


class Code:
    def __reduce__(self):
        return os.mkdir, ("run-by-a-weight-file",)


def test_no_code_in_a_weight_file_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "checkpoints" / FILE
    path.parent.mkdir()
    torch.save({"features.0.weight": Code()}, path)
    with pytest.raises(UserError, match="does not hold the weights of squeezenet1_1"):
        load_registered(SQUEEZENET, path)
    assert not Path("run-by-a-weight-file").exists()


def test_a_file_of_another_network_is_one_sentence(tmp_path):
    path = random_weights(tmp_path / "checkpoints" / FILE, build("small_vgg", 3, 8, 1))
    with pytest.raises(UserError, match="does not hold the weights of squeezenet1_1"):
        load_registered(SQUEEZENET, path)


def test_what_a_package_lacks_is_named_not_the_package(tmp_path, monkeypatch):
    (tmp_path / "networks_of_old.py").write_text("import a_forgotten_requirement\n")
    monkeypatch.syspath_prepend(tmp_path)
    message = (
        "The network of polynet comes with the Python package networks_of_old, which cannot be"
        " imported \\(No module named 'a_forgotten_requirement'\\)"
    )
    with pytest.raises(UserError, match=message):
        library("networks_of_old", "polynet")
    with pytest.raises(UserError, match="package a_third, which is not installed"):
        library("a_third", "polynet")
