"""The GPU benchmark, at sizes that a CPU takes: what it writes, and what it says without a GPU."""

import json

import pytest
import torch

import bench_gpu


def test_every_part_is_measured_and_written(tmp_path, capsys):
    bench_gpu.main(["--tiny", "--scratch", str(tmp_path), "--results", str(tmp_path / "results")])
    found = json.loads((tmp_path / "results/bench_gpu.json").read_text())
    assert found["device"] == bench_gpu.devices.describe(bench_gpu.devices.pick_device())
    assert {"torch", "cudnn", "cuda"} <= found.keys()
    figures = {each["figure"]: each for each in found["figures"]}
    assert all(each["value"] >= 0 for each in figures.values())
    for name, part in (
        ("R3D training, synthetic data", "steps/s"), ("R3D prediction, float32", "clips/s"),
        ("FairMOT detection, mixed precision", "frames/s"), ("Faster R-CNN training", "pictures/s"),
        ("ResNet-50 prediction, float32", "pictures/s"),
        ("training 'none': 50 epochs, extrapolated", "hours"),
    ):  # fmt: skip
        assert figures[name]["unit"] == part and figures[name]["value"] > 0
    assert figures["R3D training, decoded clips"]["ratio"] > 0
    assert list(tmp_path.iterdir()) == [tmp_path / "results"]  # no clips are left
    text = (tmp_path / "results/bench_gpu.md").read_text()
    assert all(name in text for name in figures) and text in capsys.readouterr().out


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_one_sentence_says_so(tmp_path):
    with pytest.raises(SystemExit, match="There is no GPU that torch can use"):
        bench_gpu.main(["--results", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
