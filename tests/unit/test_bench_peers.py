"""Other decoders of the benchmark: left out where they cannot be had, and fair where they can."""

import numpy as np
import pytest

import bench_peers
from framefault.data.motion import make_clip
from framefault.video.decode import decode_clip
from framefault.video.encode import encode_frames


def test_a_peer_that_is_not_there_or_fails_is_left_out_in_one_line(capsys, monkeypatch):
    monkeypatch.setitem(bench_peers.PEERS, "nowhere_installed", None)
    monkeypatch.setitem(bench_peers.PEERS, "math", lambda data, size: 1 / 0)
    monkeypatch.setitem(bench_peers.PEERS, "json", lambda data, size: np.zeros((2, 4, 4, 3)))
    said = []
    for name in ("nowhere_installed", "math", "json"):
        assert not bench_peers.usable(name, b"", (4, 4), 3)
        said += capsys.readouterr().out.splitlines()
    assert [line.partition(" is left out: ")[2][:20] for line in said] == [
        "it is not installed ", "division by zero", "it gives frames of s",
    ]  # fmt: skip


@pytest.mark.parametrize("name", bench_peers.PEERS)
def test_a_peer_gives_frames_like_ours(name):
    pytest.importorskip(name)
    data = encode_frames(make_clip("peer", "pan_left", "coffee", 160, 120, 6, 0), 30, {"crf": "18"})
    if not bench_peers.usable(name, data, (80, 60), 6):
        pytest.skip("it cannot be used here")
    ours, _ = decode_clip(data, (80, 60), expected_frames=6)
    theirs = bench_peers.PEERS[name](data, (80, 60))
    assert np.abs(ours.astype(float) - theirs).mean() < 6
