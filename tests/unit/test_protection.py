"""Protections as a configuration names them, and what encoders make of them."""

import io
from functools import partial

import av
import numpy as np
import pytest

from framefault.corruption import packet_loss, random
from framefault.corruption.rtp.channel import transmit
from framefault.corruption.rtp.delivery import plainly
from framefault.data.motion import make_clip
from framefault.protection.channel import protected
from framefault.protection.encoding import gop, intra_refresh, slices
from framefault.protection.registry import protections
from framefault.protection.sending import erasure, retransmission
from framefault.protection.settings import Protections, inconsistencies
from framefault.protection.storing import container, reed_solomon
from framefault.video.decode import decode_clip, first_time
from framefault.video.encode import encode_frames, libx264
from framefault.video.moments import clean_times, frame_numbers

ENCODING = {"crf": 23, "preset": "medium", "gop": 250}
FRAMES = make_clip("clip", "zoom_in", "rocket", 96, 64, 30, 6)
METHODS = {
    "short": {"gop": {"length": 8}},
    "parity": {"erasure": {"data": 4, "parity": 2}},
    "both": {"erasure": {"data": 4, "parity": 2}, "gop": {"length": 8}},
    "short_again": {"gop": {}, "retransmission": {}},
    "disk": {"container": {"format": "matroska"}},
}
NAMED = Protections({"levels": {}, "methods": METHODS})


def encoded(settings=ENCODING):
    return encode_frames(FRAMES, 25, libx264(settings))


def nal_units(data):
    """The types of the NAL units of each picture, in the order of coding."""
    with av.open(io.BytesIO(data)) as file:
        found = []
        for packet in file.demux(video=0):
            data, place, types = bytes(packet), 0, []
            while place < len(data):
                types.append(data[place + 4] & 31)
                place += 4 + int.from_bytes(data[place : place + 4], "big")
            if types:
                found.append(types)
        return found


def keyframes(data):
    return [place for place, types in enumerate(nal_units(data)) if 5 in types]


def test_methods_are_found_in_the_order_in_which_they_act():
    assert list(protections()) == [
        "gop", "slices", "intra_refresh", "erasure", "retransmission", "container", "moov_twice",
        "reed_solomon",
    ]  # fmt: skip
    for method in protections().values():
        assert method.load().keywords == method.defaults


def test_a_short_gop_has_a_keyframe_every_so_many_frames():
    assert keyframes(encoded()) == [0]
    assert keyframes(encoded(gop.encode_settings(ENCODING, 8))) == [0, 8, 16, 24]


def test_pictures_have_so_many_slices():
    for types in nal_units(encoded(slices.encode_settings(ENCODING, 4))):
        assert sum(each in (1, 5) for each in types) == 4
    assert all(sum(each in (1, 5) for each in types) == 1 for types in nal_units(encoded()))


def last_frame_is_whole(settings):
    """Whether a lost picture, the fourth, harms the next one and leaves no trace in the last."""
    data = encoded(settings | {"x264_params": [*settings.get("x264_params", ()), "bframes=0"]})
    # All pictures but the first take one datagram each.
    lost = transmit(data, lambda count: np.arange(count) == count - 27, 1472, keyframe_gate=True)
    whole, damaged = (
        decode_clip(each, (96, 64), expected_frames=30)[0] for each in (data, lost.data)
    )
    assert not np.array_equal(whole[4], damaged[-26])
    return np.array_equal(whole[-1], damaged[-1])


def test_intra_refresh_recovers_without_a_second_keyframe():
    refreshed = intra_refresh.encode_settings(ENCODING, 8)
    assert keyframes(encoded(refreshed)) == [0]
    assert last_frame_is_whole(refreshed)
    assert not last_frame_is_whole(ENCODING)


def test_settings_of_two_encoding_methods_add_up():
    both = slices.encode_settings(intra_refresh.encode_settings(ENCODING, 8), 2)
    options = libx264(both)
    assert options["x264-params"] == "mbtree=0:intra-refresh=1:slices=2"
    assert options["g"] == "8"
    assert "x264-params" not in libx264(ENCODING)


def test_protections_that_encode_alike_share_their_clips():
    assert NAMED.encodings == ["plain", "short"]
    assert NAMED.encoded_as("parity") == "plain"
    assert NAMED.encoded_as("both") == NAMED.encoded_as("short_again") == "short"
    assert NAMED.encode_settings(ENCODING, "both") == ENCODING | {"gop": 8}
    assert NAMED.encode_settings(ENCODING, "plain") == ENCODING


def test_what_is_sent_and_what_is_stored_have_conditions_of_their_own():
    assert NAMED.against("packet_loss") == ["plain", "short", "parity", "both", "short_again"]
    assert NAMED.against("random") == ["disk"]
    assert NAMED.clean_of("packet_loss+both") == NAMED.clean_of("clean+short") == "clean+short"
    assert NAMED.clean_of("packet_loss") == NAMED.clean_of("random+disk") == "clean"
    assert NAMED.plain_of("packet_loss+both") == "packet_loss+plain"
    assert NAMED.plain_of("random+disk") == NAMED.plain_of("random") == "random"
    assert NAMED.condition("random", "plain") == "random"


@pytest.mark.parametrize(
    ("methods", "wrong"),
    [
        ({"plain": {"gop": {}}}, "the name of what is sent without"),
        ({"two": {"erasure": {}, "retransmission": {}}}, "in one way only"),
        ({"odd": {"gop": {}, "container": {}}}, "either sent or stored"),
    ],
)
def test_what_cannot_be_is_said(methods, wrong):
    assert [wrong in each for each in inconsistencies({"methods": methods})] == [True]
    assert not list(inconsistencies({"methods": METHODS}))


def test_plain_sending_costs_its_packets_and_their_headers():
    data, draw = encoded(), np.random.default_rng(1)
    damage = packet_loss.corrupt(data, 1e-9, draw)
    assert not damage.changed and damage.wait == 0
    with_parity = protected(
        partial(packet_loss.corrupt, level=1e-9), [(erasure, {"data": 4, "parity": 2})]
    )(data, draw=draw)
    blocks = -(-damage.sent // 4)
    assert with_parity.sent == damage.sent
    assert with_parity.bytes > damage.bytes + 2 * blocks * (28 + 12)
    assert 0 < with_parity.wait <= 1000 * 30 / 25


def test_no_protection_is_the_channel_as_it_is():
    data = encoded()
    plain, named = (
        packet_loss.corrupt(data, 0.2, np.random.default_rng(2), **more)
        for more in ({}, {"protect": plainly})
    )
    assert plain == named and plain.damaged > 0


def test_protected_clips_lose_less_on_the_same_channel():
    data = encoded(gop.encode_settings(ENCODING, 4))

    def hit(*steps):
        corrupt = protected(partial(packet_loss.corrupt, level=0.1), list(steps))
        return sum(corrupt(data, draw=np.random.default_rng(seed)).damaged for seed in range(20))

    again = retransmission, {"round_trip": 50, "deadline": 200}
    late = retransmission, {"round_trip": 300, "deadline": 200}
    assert hit((erasure, {"data": 4, "parity": 4})) < hit((erasure, {"data": 4, "parity": 1}))
    assert hit(again) < hit() / 4
    assert hit(late) == hit()


@pytest.mark.parametrize("kept_in", ["faststart", "fragmented", "avi", "matroska", "mpegts"])
def test_frames_of_another_container_keep_their_numbers(kept_in):
    data = encoded()
    steps = [(container, {"format": kept_in})]
    hit = protected(partial(random.corrupt, level=1e-5), steps)
    damage = next(
        found
        for seed in range(100)
        if (found := hit(data, draw=np.random.default_rng(seed))).changed
        and decode_clip(found.data, (96, 64), expected_frames=30)[1]["frames"] == 30
    )
    assert damage.bytes == len(container.store(data, kept_in))
    clean = clean_times(decode_clip(data, (96, 64), expected_frames=30)[1]["times"])
    times = decode_clip(damage.data, (96, 64), expected_frames=30)[1]["times"]
    assert frame_numbers(np.array(times, float) - damage.delay, clean).tolist() == list(range(30))
    assert first_time(damage.data) == pytest.approx(damage.delay, abs=0.02)


def test_what_parity_repairs_is_not_changed():
    data = encoded()
    steps = [(reed_solomon, {"k": 100, "parity": 100})]
    hit = protected(partial(random.corrupt, level=1e-4), steps)
    damage = hit(data, draw=np.random.default_rng(3))
    assert damage.damaged > 0 and not damage.changed and damage.data == data
    assert damage.bytes == len(data) + 100 * -(-len(data) // 100)


def test_a_container_that_cannot_hold_a_clip_is_named():
    with pytest.raises(ValueError, match="container cannot store it"):
        protected(partial(random.corrupt, level=1e-5), [(container, {"format": "avi"})])(
            b"no video", draw=np.random.default_rng(0)
        )
