"""The campaign of damaged files: what it covers, how it goes on, and that it tells what fails."""

import json
import signal
import subprocess
import sys
import time

import pytest

import fuzz
from framefault.corruption.registry import corruptions

pytestmark = pytest.mark.slow

FEW = ["--encoders", "libx264", "mpeg4", "mjpeg", "libvpx", "--containers", "mp4", "avi", "webm"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The results of 200 cases."""
    results = tmp_path_factory.mktemp("fuzz")
    assert not fuzz.main(["--count", "200", "--results", str(results), *FEW])
    return results


def rows(results):
    return [json.loads(line) for line in (results / "fuzz/cases.jsonl").read_text().splitlines()]


def begun(finished, folder):
    """A campaign on the same clips, of which no case is done."""
    (folder / "fuzz").mkdir(parents=True)
    (folder / "fuzz/clips").symlink_to(finished / "fuzz/clips")
    return folder


def test_all_damage_is_met_in_both_parts(finished):
    done = rows(finished)
    assert [row["seed"] for row in done] == list(range(200))
    ways = {*corruptions(), *fuzz.BY_HAND}
    assert {(r["part"], r["corruption"]) for r in done} == {
        (part, way) for part in ("decode", "encode") for way in ways
    }
    assert {"ok", "not opened", "not listed"} <= {row["status"] for row in done}
    assert len({row["pixels"] for row in done if "pixels" in row}) > 20


def test_counts_are_those_of_the_cases(finished):
    head, _, *lines = (finished / "fuzz.md").read_text().splitlines()
    assert head.startswith("200 cases, 0 failed.")
    numbers = [cell for line in lines[2:] for cell in line.split("|") if cell.strip().isdigit()]
    assert sum(map(int, numbers)) == 200


def test_a_killed_campaign_goes_on_and_ends_the_same(finished, tmp_path):
    results = begun(finished, tmp_path)
    arguments = ["--count", "60", "--results", str(results)]
    command = [sys.executable, fuzz.__file__, *arguments]
    running = subprocess.Popen(command, env={"PYTHONPATH": ":".join(sys.path)})
    state = results / "fuzz/cases.jsonl"
    while running.poll() is None and not (state.exists() and state.read_bytes().count(b"\n") > 5):
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    with state.open("a") as file:
        file.write('{"seed": 6, "par')  # as a full disk or a kill leaves it
    assert not fuzz.main(arguments)
    assert rows(results) == rows(finished)[:60]


def test_one_part_alone_is_done_once_and_counted_with_what_was_done_before(finished, tmp_path):
    results = begun(finished, tmp_path)
    arguments = ["--results", str(results), "--count"]
    assert not fuzz.main([*arguments, "20"])
    assert not fuzz.main([*arguments, "60", "--part", "decode"])
    assert [row["seed"] for row in rows(results)] == [*range(20), *range(20, 60, 2)]
    assert (results / "fuzz.md").read_text().startswith("40 cases, 0 failed.")
    assert not fuzz.main([*arguments, "60"])
    assert sorted(rows(results), key=lambda row: row["seed"]) == rows(finished)[:60]


def test_a_traceback_is_told_with_its_seed(finished, tmp_path, monkeypatch, capsys):
    def wrong(frames, *others):
        raise ZeroDivisionError("a defect of the workflow")

    monkeypatch.setattr(fuzz, "of_damaged", wrong)
    results = begun(finished, tmp_path)
    assert fuzz.main(["--count", "2", "--results", str(results)])
    text = (results / "fuzz.md").read_text()
    assert "make fuzz SEED=0" in text and "ZeroDivisionError: a defect" in text
    capsys.readouterr()
    assert fuzz.main(["--seed", "0", "--results", str(results)])
    assert "ZeroDivisionError: a defect" in capsys.readouterr().out
    monkeypatch.undo()
    assert not fuzz.main(["--seed", "0", "--results", str(results)])


def test_other_pixels_the_second_time_are_told(finished, tmp_path, monkeypatch):
    decoded = fuzz.decode_pictures

    def unsteady(data, size, **todo):
        frames, account = decoded(data, size, **todo)
        frames.stored[:] = time.perf_counter_ns() % 251
        return frames, account

    monkeypatch.setattr(fuzz, "decode_pictures", unsteady)
    results = begun(finished, tmp_path)
    fuzz.main(["--count", "200", "--results", str(results)])
    assert {"decode"} == {r["part"] for r in rows(results) if r["status"] == "other pixels"}


def test_every_codec_that_can_be_sent_has_an_encoder():
    canonical = {fuzz.codec_of(f"{name}.mp4") for name in fuzz.encoders()}
    assert fuzz.CODECS.keys() <= canonical
    assert {"mp4", "avi", "matroska", "webm", "mpegts"} <= set(fuzz.containers())
    assert not {"hls", "alsa", "wav"} & set(fuzz.containers())
