"""Packet loss on real streams, against FFmpeg's own RTP receiver.

FFmpeg's receiver reads the datagrams from a Python object (sdp_flags=custom_io). It would write
its receiver reports back into that object and hang after about 280 kB, so the streams are small
and it runs in a process of its own with a time limit.
"""

import base64
import io
import json
import subprocess
import sys
from fractions import Fraction
from functools import lru_cache
from itertools import compress, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from framefault import seeds
from framefault.corruption.packet_loss import corrupt as drop_packets
from framefault.corruption.registry import corruptions
from framefault.corruption.rtp.codecs import CODECS
from framefault.corruption.rtp.datagrams import missing
from framefault.corruption.rtp.receiving import receive
from framefault.corruption.rtp.sending import packetise
from framefault.video.decode import decode_clip

FRAMES, HEIGHT, WIDTH = 32, 120, 160
X265 = {"crf": "25", "bf": "2", "g": "8", "x265-params": "log-level=none:frame-threads=1:pools=1"}
VPX = {"b": "300k", "g": "8", "lag-in-frames": "8", "cpu-used": "8", "threads": "1"}
SVT = {"crf": "35", "preset": "12", "g": "8", "svtav1-params": "lp=1"}  # with frames not shown
CLIPS = {
    "h264-mp4": ("libx264", "mp4", {"crf": "30", "bf": "2", "g": "8", "threads": "1"}),
    "h264-mkv": ("libx264", "matroska", {"crf": "30", "bf": "2", "g": "8", "threads": "1"}),
    "h264-avi": ("libx264", "avi", {"crf": "30", "bf": "2", "g": "8", "threads": "1"}),
    "h264-mov": ("libx264", "mov", {"crf": "30", "bf": "0", "g": "8", "threads": "1"}),
    "h264-slices": ("libx264", "mp4", {"crf": "25", "bf": "2", "g": "8", "slices": "3"}),
    "mpeg4-avi": ("mpeg4", "avi", {"bf": "2", "g": "8", "b": "600k"}),
    "mpeg4-mp4": ("mpeg4", "mp4", {"bf": "2", "g": "8", "b": "600k"}),
    "mpeg4-mkv": ("mpeg4", "matroska", {"bf": "2", "g": "8", "b": "600k"}),
    "hevc-mp4": ("libx265", "mp4", X265),
    "hevc-mov": ("libx265", "mov", X265),
    "hevc-mkv": ("libx265", "matroska", X265),
    "vp8-webm": ("libvpx", "webm", VPX),
    "vp8-mkv": ("libvpx", "matroska", VPX),
    "vp9-mp4": ("libvpx-vp9", "mp4", VPX),
    "vp9-webm": ("libvpx-vp9", "webm", VPX),
    "av1-mp4": ("libsvtav1", "mp4", SVT),
    "av1-webm": ("libsvtav1", "webm", SVT),
}
NEW = ["hevc-mp4", "vp8-webm", "vp9-mp4", "vp9-webm", "av1-mp4", "av1-webm"]
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL = sorted(DATA.glob("weizmann/*/*.avi"))[::40] + sorted(DATA.glob("ucf101_clips/*.avi"))[:4]


def pictures():
    """Noise seen through a moving window: every frame has motion and detail to code."""
    rng = np.random.default_rng(7)
    scene = rng.integers(0, 256, (HEIGHT + FRAMES, WIDTH + 2 * FRAMES, 3), dtype=np.uint8)
    scene = np.kron(scene[::8, ::8], np.ones((8, 8, 1), np.uint8))
    for t in range(FRAMES):
        view = scene[t : t + HEIGHT, 2 * t : 2 * t + WIDTH] // 2
        yield view + rng.integers(0, 24, view.shape, dtype=np.uint8)


def encode(codec, container, options):
    file = io.BytesIO()
    with av.open(file, "w", format=container, container_options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=25, width=WIDTH, height=HEIGHT, options=options)
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for picture in pictures():
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())
    return file.getvalue()


@lru_cache
def clip(name):
    if name == "mpeg4-packed":
        return packed(encode("mpeg4", "avi", {"bf": "1", "g": "8", "b": "600k"}))
    return encode(*CLIPS[name])


def packed(data):
    """The AVI file as DivX packs it: a B-frame travels with the frame before it in the file,
    and a frame "not coded" fills its place."""
    vop = b"\0\0\1\xb6"
    not_coded = vop + bytes([0b01_0_1_0000, 0b0_1_0_01111])
    file, pictures = io.BytesIO(), []
    with av.open(io.BytesIO(data)) as source:
        video = source.streams.video[0]
        for picture in (bytes(packet) for packet in source.demux(video) if packet.size):
            if picture[picture.index(vop) + 4] >> 6 == 2:
                pictures[-1] += picture
                picture = not_coded
            pictures.append(picture)
        first = pictures[0]
        at = min(i for i in (first.find(b"\0\0\1\xb3"), first.find(vop)) if i >= 0)
        pictures[0] = first[:at] + b"\0\0\1\xb2DivX503b1393p\0" + first[at:]
        with av.open(file, "w", format="avi", container_options={"fflags": "+bitexact"}) as out:
            stream = out.add_stream_from_template(video)
            stream.codec_context.codec_tag = "DX50"
            for index, picture in enumerate(pictures):
                packet = av.Packet(picture)
                packet.stream, packet.time_base = stream, Fraction(1, 25)
                packet.pts = packet.dts = index
                out.mux_one(packet)
    return file.getvalue()


def with_hidden(name):
    """The clip with some pictures that are decoded and not shown, as encoders send references.

    VP8 sends each as a frame of its own, at the time of the next; VP9 in a superframe with it.
    """
    file = io.BytesIO()
    with av.open(io.BytesIO(clip(name))) as source:
        video = source.streams.video[0]
        packets = [packet for packet in source.demux(video) if packet.size]
        with av.open(file, "w", format="webm", container_options={"fflags": "+bitexact"}) as out:
            stream = out.add_stream_from_template(video, opaque=True)
            for packet, follower in pairwise([*packets, None]):
                hidden, data = follower and packet.is_keyframe, bytearray(packet)
                if hidden:
                    data[0] &= ~(0x10 if name.startswith("vp8") else 0x02)
                written = av.Packet(bytes(data))
                written.stream, written.time_base = stream, packet.time_base
                written.pts = written.dts = (follower if hidden else packet).pts
                written.is_keyframe = packet.is_keyframe
                out.mux_one(written)
    return file.getvalue()


def decode(data, container=None):
    with av.open(io.BytesIO(data), format=container, metadata_errors="ignore") as file:
        video = file.streams.video[0]
        video.thread_type = "NONE"
        video.codec_context.thread_count = 1
        return [frame.to_ndarray(format="yuv420p").tobytes() for frame in file.decode(video)]


def drop(data, p, *key, **options):
    return drop_packets(data, p, seeds.rng("packet", *key), **options)


def received(sent, p, *key):
    """The datagrams that `drop_packets` has left for this key."""
    lost = seeds.rng("packet", *key).random(len(sent.datagrams)) < p
    return list(compress(sent.datagrams, ~lost))


def joined(datagrams, codec):
    """The elementary stream in the datagrams."""
    return b"".join(piece for piece, _ in CODECS[codec].depacketise(datagrams))


class Loses:
    """A generator whose draw loses exactly the datagrams named."""

    def __init__(self, lost):
        self.lost = lost

    def random(self, size):
        draw = np.ones(size)
        draw[self.lost] = 0
        return draw


@pytest.mark.parametrize("name", [*CLIPS, "mpeg4-packed"])
def test_without_loss_every_frame_is_kept(name):
    stored, sent, lost, *_ = drop(clip(name), 0, name)
    assert sent > FRAMES / 2 and lost == 0
    frames = decode(stored)
    assert len(frames) == FRAMES
    assert frames == decode(clip(name))


@pytest.mark.parametrize(("name", "packets"), [("vp8-webm", FRAMES), ("vp9-webm", FRAMES - 4)])
def test_pictures_that_are_not_shown_are_sent(name, packets):
    data = with_hidden(name)
    assert len(stamps(data)) == packets and len(decode(data)) == FRAMES - 4
    stored, _, _, changed, delay, *_ = drop(data, 0, name)
    assert not changed
    assert decode(stored) == decode(data)
    assert np.allclose(np.array(stamps(stored)) - delay, stamps(data), atol=1e-4)
    sent = packetise(data, 300)
    compare(sent, [received(sent, 0.01, name, i) for i in range(100)])


def test_av1_clip_has_pictures_that_are_not_shown():
    """Otherwise the tests on it say nothing about them: a picture is shown by a header alone."""
    with av.open(io.BytesIO(clip("av1-mp4"))) as file:
        units = [bytes(packet) for packet in file.demux() if packet.size]
    shown = [unit for unit in units if unit[0] >> 3 == 3]
    assert len(shown) > FRAMES / 4


def test_packed_clip_is_packed():
    """Otherwise the test above says nothing about packed B-frames."""
    with av.open(io.BytesIO(clip("mpeg4-packed"))) as file:
        vops = [bytes(packet).count(b"\0\0\1\xb6") for packet in file.demux() if packet.size]
    assert vops.count(2) > 5


@pytest.mark.skipif(not REAL, reason="no real clips on this machine")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_without_loss_real_clips_are_kept(path):
    data = path.read_bytes()
    frames = decode(drop(data, 0, path.stem)[0])
    assert frames and frames == decode(data)


@pytest.mark.parametrize(
    "name, container",
    [
        ("h264-mp4", "mov,mp4"),
        ("h264-mov", "mov,mp4"),
        ("mpeg4-avi", "avi"),
        ("h264-mkv", "matroska"),
        ("hevc-mp4", "mov,mp4"),
        ("hevc-mov", "mov,mp4"),
        ("hevc-mkv", "matroska"),
        ("vp8-webm", "matroska"),
        ("vp9-mp4", "mov,mp4"),
        ("vp9-webm", "matroska"),
        ("av1-mp4", "mov,mp4"),
        ("av1-webm", "matroska"),
    ],
)
def test_container_and_frame_rate_stay(name, container):
    stored = drop(clip(name), 0.01, name).data
    assert (b"ftypqt  " in stored) == name.endswith("mov")
    assert (b"webm" in stored[:64]) == name.endswith("webm")
    with av.open(io.BytesIO(stored)) as file:
        assert file.format.name.startswith(container)
        assert file.streams.video[0].base_rate == 25


def stamps(data):
    """Times of a file's packets in seconds: when they are shown, or in AVI, decoded."""
    with av.open(io.BytesIO(data)) as file:
        kind = "dts" if file.format.name == "avi" else "pts"
        packets = [packet for packet in file.demux(video=0) if packet.size]
        return [float(getattr(packet, kind) * packet.time_base) for packet in packets]


@pytest.mark.parametrize("name", CLIPS)
def test_pictures_keep_their_times(name):
    source = stamps(clip(name))
    gaps = 0
    for i in range(8):
        received = drop(clip(name), 0.02 if name[:3] in ("vp8", "av1") else 0.15, name, i, mtu=500)
        if not received.data:
            continue
        times = np.array(stamps(received.data))
        assert times[0] >= 0
        # A picture may come in parts, of which each but the first is a moment later.
        numbers = [int(np.argmin(abs(time - received.delay - source))) for time in times]
        assert np.allclose(times - received.delay, np.array(source)[numbers], atol=1e-3)
        assert numbers == sorted(numbers)
        gaps += len(set(numbers)) < numbers[-1] - numbers[0] + 1
    assert gaps > 0


@pytest.mark.parametrize(
    "name", ["h264-mp4", "h264-mov", "mpeg4-mp4", "hevc-mp4", "vp9-mp4", "av1-mp4"]
)
def test_stored_file_has_no_edit_list(name):
    assert b"elst" in clip("h264-mp4")  # as files with B-frames have it
    for p in (0, 0.1):
        assert b"elst" not in drop(clip(name), p, name).data


def test_variable_frame_rate_is_kept():
    file = io.BytesIO()
    shown = [0, 1, 2, 6, 7, 20, 21, 22, 23, 30]
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=25, width=WIDTH, height=HEIGHT)
        stream.options = {"threads": "1", "g": "5"}
        for pts, picture in zip(shown, pictures(), strict=False):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    received = drop(file.getvalue(), 0, "a")
    times = sorted(time - received.delay for time in stamps(received.data))
    assert np.allclose(times, np.array(shown) / 25)


def edited(data, frames):
    """The MP4 file with an edit list that leaves out its first frames."""
    at = data.index(b"elst") + 16
    time = int.from_bytes(data[at : at + 4], "big") + 512 * frames
    return data[:at] + time.to_bytes(4, "big") + data[at + 4 :]


@pytest.mark.parametrize("name", ["h264-mp4", "h264-mov", "h264-slices", "mpeg4-avi", *NEW])
def test_file_that_lost_nothing_is_not_called_changed(name):
    received = drop(clip(name), 0, "a")
    assert (received.damaged, received.changed) == (0, False)
    assert decode(received.data) == decode(clip(name))


@pytest.mark.parametrize("name", ["edited", "mpeg4-packed"])
def test_file_that_does_not_decode_as_its_source_is_called_changed(name):
    received = drop(edited(clip("h264-mp4"), 3) if name == "edited" else clip(name), 0, "a")
    assert (received.damaged, received.changed) == (0, True)


def test_edit_list_shows_in_what_is_received():
    """Otherwise the test above says nothing about edit lists."""
    data = edited(clip("h264-mp4"), 3)
    assert len(decode(data)) == FRAMES - 3
    assert len(decode(drop(data, 0, "a").data)) == FRAMES


@pytest.mark.parametrize(
    "name", ["h264-mp4", "h264-avi", "h264-mkv", "mpeg4-avi", "mpeg4-mp4", *NEW]
)
def test_keyframes_stay_keyframes(name):
    def keyframes(data):
        with av.open(io.BytesIO(data)) as file:
            return [packet.is_keyframe for packet in file.demux() if packet.size]

    stored = keyframes(drop(clip(name), 0, name)[0])
    assert stored == keyframes(clip(name))
    assert 1 < sum(stored) < FRAMES


def test_decoder_tag_stays():
    with av.open(io.BytesIO(drop(clip("mpeg4-packed"), 0, "a")[0])) as file:
        assert file.streams.video[0].codec_context.codec_tag == "DX50"


@pytest.mark.parametrize("name", ["h264-mp4", "h264-mkv", "hevc-mp4", "hevc-mkv"])
def test_units_are_stored_by_length(name):
    """FFmpeg forgives start codes in MP4 and Matroska; other readers do not."""
    with av.open(io.BytesIO(drop(clip(name), 0, name)[0])) as file:
        units = [bytes(packet) for packet in file.demux() if packet.size]
    for unit in units:
        at = 0
        while at < len(unit):
            size = int.from_bytes(unit[at : at + 4], "big")
            assert size > 1
            at += 4 + size
        assert at == len(unit)


@pytest.mark.parametrize(
    ("name", "container"),
    [
        ("h264-mp4", "mpegts"),
        ("hevc-mp4", "mpegts"),
        ("vp8-webm", "avi"),
        ("vp8-webm", "ivf"),
        ("vp9-webm", "ivf"),
        ("av1-webm", "ivf"),
        ("av1-webm", "obu"),
    ],
)
def test_other_containers_become_matroska(name, container):
    codec, _, options = CLIPS[name]
    other = encode(codec, container, options)
    stored = drop(other, 0, "a")[0]
    with av.open(io.BytesIO(stored)) as file:
        assert file.format.name.startswith("matroska")
    assert decode(stored) == decode(other)


@pytest.mark.parametrize("tag", ["hvc1", "hev1"])
def test_name_of_h265_in_mp4_stays(tag):
    data = clip("hevc-mp4")
    if tag == "hvc1":
        data = data.replace(b"hev1", b"hvc1")
    for p in (0, 0.2):
        received = drop(data, p, "a")
        assert tag.encode() in received.data
        assert received.changed == (received.damaged > 0) == (p > 0)


@pytest.mark.parametrize("name", ["h264-mp4", "mpeg4-avi", *NEW])
@pytest.mark.parametrize("mtu", [200, 500])
def test_datagrams_fit_and_are_numbered(name, mtu):
    datagrams = packetise(clip(name), mtu).datagrams
    assert max(map(len, datagrams)) == mtu
    assert [int.from_bytes(d[2:4], "big") for d in datagrams] == list(range(len(datagrams)))


RECEIVER = """
import base64, json, sys
import av

class Socket:
    def __init__(self, sdp, datagrams):
        # FFmpeg reads the description up to an end of file and then goes on reading.
        self.answers = iter([sdp.encode(), b"", *map(base64.b64decode, datagrams)])

    def read(self, size):
        answer = next(self.answers, b"")
        assert len(answer) <= size
        return answer

answers = []
for sdp, datagrams in json.load(sys.stdin):
    options = {"sdp_flags": "custom_io", "reorder_queue_size": "0", "max_delay": "0"}
    with av.open(Socket(sdp, datagrams), format="sdp", options=options) as file:
        packets = [packet for packet in file.demux() if packet.size]
        extradata = file.streams.video[0].codec_context.extradata
        times = [p.pts and float(p.pts * p.time_base) for p in packets]
        found = [[bytes(p).hex(), p.is_keyframe, time] for p, time in zip(packets, times)]
        answers.append([(extradata or b"").hex(), found])
json.dump(answers, sys.stdout)
"""


def parameter_sets(header):
    return [unit.rstrip(b"\0") for unit in header.split(b"\0\0\1")[1:]]


def description(sent):
    """The session description an RTSP server offers for the stream."""
    name = {"hevc": "H265", "mpeg4": "MP4V-ES"}.get(sent.codec, sent.codec.upper())
    units = [base64.b64encode(unit).decode() for unit in parameter_sets(sent.header)]
    told = {
        "h264": f"packetization-mode=1; sprop-parameter-sets={','.join(units)}",
        "mpeg4": f"profile-level-id=1; config={sent.header.hex()}",
        "hevc": "; ".join(map("sprop-{}={}".format, ("vps", "sps", "pps"), units)),
    }
    return (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=clip\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=video 5004 RTP/AVP 96\r\na=rtpmap:96 {name}/90000\r\n"
        f"a=fmtp:96 {told.get(sent.codec, '')}\r\n"
    )


def received_by_ffmpeg(sent, losses):
    """What FFmpeg's RTP demuxer makes of each list of datagrams: header, packets and times."""
    for datagrams in losses:
        assert sum(map(len, datagrams)) < 150_000, "FFmpeg's custom_io hangs on long streams"
    request = [
        (description(sent), [base64.b64encode(d).decode() for d in datagrams])
        for datagrams in losses
    ]
    answer = subprocess.run(
        [sys.executable, "-c", RECEIVER],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    for header, packets in json.loads(answer.stdout):
        units = [(bytes.fromhex(data), key) for data, key, _ in packets]
        yield bytes.fromhex(header), units, [time for *_, time in packets]


ONE_OF_EACH = ["h264-mp4", "mpeg4-avi", "hevc-mp4", "vp8-webm", "vp9-webm", "av1-mp4"]
MORE = ["h264-avi", "h264-slices", "mpeg4-mp4", "vp9-mp4", "av1-webm"]


@pytest.mark.parametrize(
    ("name", "streams"), [*((name, 500) for name in ONE_OF_EACH), *((name, 40) for name in MORE)]
)
def test_receives_what_ffmpeg_receives(name, streams):
    sent = packetise(clip(name), 300)
    # VP8 and AV1 wait for the next keyframe after a loss.
    levels = (0, 0.003, 0.01, 0.03, 0.1) if name in NEW else (0, 0.01, 0.1, 0.3, 0.6)
    kept = compare(sent, [received(sent, levels[i % 5], name, i) for i in range(streams)])
    assert streams * FRAMES / 4 < kept < streams * FRAMES


def compare(sent, losses):
    """Assert that FFmpeg and we receive the same; the number of coded pictures in all."""
    answers = list(received_by_ffmpeg(sent, losses))
    assert len(answers) == len(losses)
    lossless, kept = joined(sent.datagrams, sent.codec), 0
    for datagrams, (header, packets, times) in zip(losses, answers, strict=True):
        elementary = joined(datagrams, sent.codec)
        assert (elementary == lossless) == (datagrams == sent.datagrams)
        if sent.codec in ("h264", "hevc", "mpeg4"):
            # FFmpeg rewrites the start codes, of which there are two lengths.
            assert parameter_sets(header) == parameter_sets(sent.header)
        assert b"".join(unit for unit, _ in packets) == elementary
        units, ours = receive(sent, datagrams)
        if sent.codec == "vp9":  # of which FFmpeg's receiver takes no frame for a keyframe
            units = [(unit, False) for unit, _ in units]
        assert packets == units
        # FFmpeg counts from the first datagram received, and guesses at the first unit's time.
        shift = np.array(times[1:], float) - np.array(ours[1:], float)
        if sent.codec == "av1":  # of which FFmpeg gives keyframes after a loss an earlier time
            shift = shift[[not key for _, key in packets[1:]]]
        assert len(shift) < 2 or np.ptp(shift) < 1e-4
        kept += len(units)
    return kept


def test_av1_keyframe_after_a_unit_without_its_end():
    sent = packetise(clip("av1-mp4"), 700)
    keys = [at for at, datagram in enumerate(sent.datagrams) if datagram[12] & 0x08]
    losses = [
        sent.datagrams[: key - lost] + sent.datagrams[key:]
        for key in keys[1:]
        for lost in range(1, 7)
    ]
    compare(sent, losses)
    units = [unit for datagrams in losses for unit, key in receive(sent, datagrams)[0] if key]
    assert any(unit.count(b"\x12\0\x0a") and not unit.startswith(b"\x12\0\x0a") for unit in units)


KINDS = {"h264-mp4": [1, 5, 24, 24, 24, 28, 29], "hevc-mp4": [32, 48, 48, 48, 49, 50, 63]}


def other_payload(name, payload, rng):
    """A payload that FFmpeg's muxer does not make: any kind, a length that may not fit, cut."""
    kind, rare, temporal = int(rng.choice(KINDS[name])), rng.random() < 0.1, int(rng.integers(8))
    header = [0x60 | kind] if name == "h264-mp4" else [kind << 1 | rare, temporal]
    length = int(rng.integers(400) if rng.random() < 0.7 else rng.integers(2**16))
    other = bytes(header) + length.to_bytes(2, "big") + payload[len(header) + 2 :]
    return other[: int(rng.integers(1, 6))] if rng.random() < 0.2 else other


@pytest.mark.parametrize("name", KINDS)
def test_other_payloads_are_read_as_by_ffmpeg(name):
    sent, losses = packetise(clip(name), 300), []
    for i in range(100):
        rng = seeds.rng("payloads", i)
        changed = [rng.random() < 0.2 for _ in sent.datagrams]
        losses.append(
            [
                each[:12] + other_payload(name, each[12:], rng) if change else each
                for each, change in zip(sent.datagrams, changed, strict=True)
            ]
        )
    compare(sent, losses)


def test_depacketises_every_kind_of_payload():
    def depacketised(*payloads):
        return joined([bytes(12) + payload for payload in payloads], "h264")

    start = b"\0\0\0\1"
    assert depacketised(b"\x65abc") == start + b"\x65abc"
    assert depacketised(b"\x78\0\2\x67a\0\3\x68bc") == start + b"\x67a" + start + b"\x68bc"
    assert depacketised(b"\x78\0\2\x67a\0\x09\x68bc") == b""
    assert depacketised(b"\x7c\x85ab", b"\x7c\x05cd", b"\x7c\x45ef") == start + b"\x65abcdef"
    assert depacketised(b"\x7c\x05cd", b"\x7c\x45ef") == b"cdef"
    assert depacketised(b"\xfc\x85ab") == start + b"\xe5ab"
    assert depacketised(b"", b"\x7c\x85", b"\x79ab", b"\x7f") == b""
    assert joined([bytes(12) + b"\x7cab", bytes(12) + b"c"], "mpeg4") == b"\x7cabc"


def by_hand(payload, number=1, time=0, marker=True):
    """A datagram as FFmpeg's muxer writes it."""
    header = bytes([0x80, 96 | marker << 7]) + number.to_bytes(2, "big") + time.to_bytes(4, "big")
    return header + b"\0\0\0\1" + payload


def test_missing_datagrams_are_counted_beyond_the_end_of_their_numbers():
    numbers = [(6, 5), (9, 5), (0, 65535), (2, 65534)]
    assert [missing(by_hand(b"", now), last) for now, last in numbers] == [0, 3, 0, 3]


def test_av1_units_are_put_together_as_its_payload_format_says():
    def depacketised(*payloads):
        last = len(payloads)
        datagrams = [by_hand(each, n, 7, n == last) for n, each in enumerate(payloads, 1)]
        return CODECS["av1"].depacketise(datagrams)

    # One OBU, with an extension of its header, then two, of which the sizes are told or not.
    assert depacketised(b"\x18\x34\x20abc") == [(b"\x12\0\x36\x20\x03abc", 7)]
    for two in (b"\x28\x02\x30a\x30bc", b"\x08\x02\x30a\x03\x30bc"):
        assert depacketised(two) == [(b"\x12\0\x32\x01a\x32\x02bc", 7)]
    # Fragments, whose size is known at the end: 27 and 100 bytes, and one more or none.
    start, end = b"\x58\x30" + b"a" * 27, b"\x90" + b"b" * 100
    assert depacketised(start, end) == [(b"\x12\0\x32\x7f" + start[2:] + end[1:], 7)]
    assert depacketised(start, end + b"b") == [
        (b"\x12\0\x32\x80\x01" + start[2:] + end[1:] + b"b", 7)
    ]


@pytest.mark.parametrize(("arrived", "kept"), [(13, True), (12, False)])
def test_a_vp8_frame_that_lost_a_datagram_is_kept_if_its_first_partition_came(arrived, kept):
    """It is told to have 13 bytes, behind three of the frame's own header."""

    def depacketised(*frames):
        return CODECS["vp8"].depacketise(
            # Of a later partition, which FFmpeg's muxer does not number, where none starts.
            by_hand(bytes([0x90 if starts else 0x81, 0x80]) + picture.to_bytes(2, "big") + data,
                    number, picture, ends)
            for number, picture, starts, ends, data in frames
        )  # fmt: skip

    key, later = b"\x10\0\0key", b"\x11\0\0later"
    begun = b"\xb1\x01\0" + b"a" * arrived
    found = depacketised(
        (1, 7, True, True, key), (2, 8, True, False, begun), (4, 8, False, True, b"rest"),
        (5, 9, True, True, later),
    )  # fmt: skip
    assert found == [(key, 7), (begun, 8), (later, 9)][: 3 if kept else 1]
    assert depacketised((1, 1, True, True, later)) == []  # no keyframe came before


def test_vp9_frames_begin_and_end_where_their_descriptors_say():
    """Its other flags, here of a frame that no other layer needs, say nothing of that."""
    datagrams = [by_hand(b"\x09ab", 1, 7, False), by_hand(b"\x05cd", 2, 7, True)]
    assert CODECS["vp9"].depacketise(datagrams) == [(b"abcd", 7)]


@pytest.mark.parametrize(
    "name",
    ["h264-mp4", "h264-avi", "h264-slices", "mpeg4-avi", "mpeg4-mp4", "hevc-mp4", "hevc-mkv"],
)
def test_stored_file_decodes_as_the_elementary_stream(name):
    sent = packetise(clip(name), 500)
    raw = "m4v" if sent.codec == "mpeg4" else sent.codec
    undamaged = decode(clip(name))
    damaged = 0
    for i in range(6):
        p = (0.01, 0.05, 0.2)[i % 3]
        stored, n, lost, *_ = drop(clip(name), p, name, i, mtu=500)
        left = received(sent, p, name, i)
        assert (n, lost) == (len(sent.datagrams), len(sent.datagrams) - len(left))
        elementary = joined(left, sent.codec)
        units, _ = receive(sent, left)
        keys = [index for index, (_, key) in enumerate(units) if key]
        if not keys:
            assert stored == b""
            continue
        kept = b"".join(unit for unit, _ in units[keys[0] :])
        assert elementary.endswith(kept)
        frames = decode(stored)
        assert frames == decode(sent.header + kept, raw)
        damaged += frames != undamaged
    assert damaged >= 3


@pytest.mark.parametrize("name", ["vp8-webm", "vp9-mp4", "vp9-webm", "av1-mp4", "av1-webm"])
def test_frames_are_stored_as_received(name):
    sent = packetise(clip(name), 500)
    shorter = 0
    for i in range(12):
        stored = drop(clip(name), 0.01, name, i, mtu=500, keyframe_gate=False).data
        units, _ = receive(sent, received(sent, 0.01, name, i))
        if not units:
            assert stored == b""
            continue
        with av.open(io.BytesIO(stored)) as file:
            packets = [bytes(packet) for packet in file.demux() if packet.size]
        if sent.codec == "av1":  # files have no temporal delimiters
            units = [(unit.replace(b"\x12\0", b"", 1), key) for unit, key in units]
        assert packets == [unit for unit, _ in units]
        shorter += len(stored) < len(drop(clip(name), 0, name).data)
    assert shorter > 3


@pytest.mark.parametrize("name", [*NEW, "vp8-hidden", "vp9-hidden"])
def test_what_arrives_is_decoded(name):
    data = with_hidden(name.replace("hidden", "webm")) if "hidden" in name else clip(name)
    undamaged, _ = decode_clip(data, (WIDTH, HEIGHT), expected_frames=FRAMES)
    whole = damaged = 0
    for i in range(60):
        p, gate = (0.001, 0.02, 0.1)[i % 3], i % 2 == 0
        stored = drop(data, p, name, i, mtu=500, keyframe_gate=gate).data
        if stored:
            frames, account = decode_clip(stored, (WIDTH, HEIGHT), expected_frames=FRAMES)
            assert account["opened"] and account["frames"] == len(frames) <= len(undamaged)
            same = np.array_equal(frames, undamaged)
            whole, damaged = whole + same, damaged + (not same)
    assert whole > 3 and damaged > 20


def test_datagrams_fill_an_ethernet_frame():
    """1500 bytes less the headers of IP and UDP."""
    for name in ("packet_loss", "burst_loss"):
        assert corruptions()[name].defaults["mtu"] == 1500 - 20 - 8
    assert max(map(len, packetise(clip("mpeg4-avi")).datagrams)) == 1472


def test_lost_datagrams_are_the_draw():
    data = clip("h264-mp4")
    for p in (0, 0.02, 0.5, 1):
        _, sent, lost, *_ = drop(data, p, "a", p)
        draw = seeds.rng("packet", "a", p).random(sent)
        assert sent == len(packetise(data).datagrams)
        assert lost == (draw < p).sum()


def test_one_number_is_drawn_a_datagram():
    rng, twin = seeds.rng("a"), seeds.rng("a")
    _, sent, *_ = drop_packets(clip("h264-mp4"), 0.1, rng)
    twin.random(sent)
    assert rng.random() == twin.random()


@pytest.mark.parametrize(
    "name", ["h264-mp4", "h264-mkv", "h264-avi", "mpeg4-avi", "mpeg4-packed", *NEW]
)
def test_only_the_generator_decides(name):
    data = clip(name)
    first = drop(data, 0.1, "clip", 1)
    assert first[2] > 0
    assert drop(data, 0.1, "clip", 1) == first
    assert drop(data, 0.1, "clip", 2)[0] != first[0]


def test_clips_of_one_seed_lose_different_packets():
    sent = packetise(clip("mpeg4-avi"))
    left = [{d[2:4] for d in received(sent, 0.1, clip_id, 0)} for clip_id in ("walk_1", "walk_2")]
    stored = [drop(clip("mpeg4-avi"), 0.1, clip_id, 0)[0] for clip_id in ("walk_1", "walk_2")]
    assert left[0] != left[1]
    assert stored[0] != stored[1]


def first_keyframe(data, mtu):
    """Index of the datagram in which the first keyframe starts."""
    sent = packetise(data, mtu)
    starts = {"h264": b"\0\0\0\1\x65", "mpeg4": b"\0\0\1\xb6", "hevc": b"\0\0\0\1\x28", "vp9": b""}
    for index, datagram in enumerate(sent.datagrams):
        if starts[sent.codec] in joined([datagram], sent.codec):
            return index
    raise AssertionError("no keyframe was sent")


@pytest.mark.parametrize("name", ["h264-mp4", "mpeg4-avi", "hevc-mp4", "vp9-webm"])
def test_keyframe_gate(name):
    data = clip(name)
    undamaged = decode(data)
    options = {"draw": Loses([first_keyframe(data, 500)]), "mtu": 500}
    gated, sent, lost, *_ = drop_packets(data, 0.5, **options)
    assert lost == 1
    frames = decode(gated)
    assert 0 < len(frames) < len(undamaged)
    assert frames == undamaged[-len(frames) :]
    with av.open(io.BytesIO(gated)) as file:
        assert next(file.demux()).is_keyframe
    open_gate, *_ = drop_packets(data, 0.5, **options, keyframe_gate=False)
    assert len(open_gate) > len(gated)
    # With its only keyframe damaged at the start, a clip leaves nothing behind the gate.
    codec, container, encoding = CLIPS[name]
    single = encode(codec, container, {**encoding, "g": "250"})
    assert drop_packets(single, 0.5, **options)[0] == b""
    assert drop_packets(single, 0.5, **options, keyframe_gate=False)[0] != b""


@pytest.mark.parametrize("name", ["h264-mp4", "mpeg4-avi", *NEW])
@pytest.mark.parametrize("keyframe_gate", [True, False])
def test_all_lost_stores_nothing(name, keyframe_gate):
    stored, sent, lost, *_ = drop(clip(name), 1, name, keyframe_gate=keyframe_gate)
    assert stored == b""
    assert sent == lost > 0


def test_other_codecs_are_refused():
    with pytest.raises(ValueError, match="vp9, av1, not mjpeg.*container: mp4"):
        drop(encode("mjpeg", "avi", {}), 0.1, "a")


def test_sound_alone_is_refused():
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as out:
        stream = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), "<i2"), layout="mono")
        sound.sample_rate = 8000
        out.mux(stream.encode(sound))
    with pytest.raises(ValueError, match="has none"):
        drop(file.getvalue(), 0.1, "a")


@pytest.mark.parametrize("data", [b"", b"no video at all" * 50])
def test_unreadable_files_are_refused(data):
    with pytest.raises(ValueError, match="cannot be read"):
        drop(data, 0.1, "a")


def test_truncated_mp4_is_refused():
    data = clip("h264-mp4")
    with pytest.raises(ValueError, match="cannot be read"):
        drop(data[: len(data) // 2], 0.1, "a")


@pytest.mark.parametrize("name", ["h264-mp4", "h264-avi", "mpeg4-packed", "mpeg4-mkv", *NEW])
def test_damaged_files_are_sent_or_refused(name):
    whole = np.frombuffer(clip(name), np.uint8)
    opened = 0
    for i in range(30):
        rng = seeds.rng("damage", name, i)
        data = whole.copy()
        data[rng.integers(0, len(data), 40)] ^= rng.integers(1, 256, 40, dtype=np.uint8)
        try:
            drop(data.tobytes(), 0.05, name, i)
            opened += 1
        except ValueError as error:
            assert str(error)
    assert opened
