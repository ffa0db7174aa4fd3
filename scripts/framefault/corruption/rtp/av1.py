"""AV1 over RTP (the AOM's payload format 1.0), as FFmpeg's rtpdec_av1.c receives it."""

from framefault.corruption.rtp.datagrams import marker, missing, number, payload, timestamp

CONTINUES, GOES_ON, FIRST = 0x80, 0x40, 0x08  # Z, Y and N of the aggregation header
EXTENSION, HAS_SIZE = 0x04, 0x02  # in the header of an OBU
TEMPORAL_DELIMITER, SEQUENCE = b"\x12\0", b"\x0a"  # a whole OBU, and the first byte of one


def depacketise(datagrams):
    """The temporal units that FFmpeg hands on, as (bytes, RTP timestamp) pairs.

    Any loss drops all units up to the next keyframe. Where it takes the end of the unit right
    before that keyframe, and nothing else, the beginning is handed on in front of the keyframe.
    A keyframe keeps its time here; FFmpeg gives it that of the first datagram it dropped.
    """
    units, unit = [], bytearray()  # `unit` is being received
    time = last = 0
    whole, delimit = False, True
    fragment = header = 0  # bytes so far of an OBU in fragments, and of its header
    size_at = reserved = 0  # place of its size in the unit, and bytes there
    for datagram in datagrams:
        data, gap = payload(datagram), missing(datagram, last)
        last = number(datagram)
        if len(data) < 2:
            continue
        continues, first = bool(data[0] & CONTINUES), bool(data[0] & FIRST)
        whole = first or (whole and not gap)
        if not whole:
            unit, fragment, delimit = bytearray(), 0, True
            continue
        if not continues and (delimit or first):
            unit += TEMPORAL_DELIMITER
            time, fragment, delimit = timestamp(datagram), 0, False
        elements = list(obus(data))
        for index, element in enumerate(elements):
            if continues and index == 0:
                unit += element
            else:
                header = 2 if element[0] & EXTENSION else 1
                unit += bytes([element[0] | HAS_SIZE]) + element[1:header]
                size = leb128(len(element) - header)
                size_at, reserved = len(unit), len(size)
                unit += size + element[header:]
            is_last = index == len(elements) - 1
            if is_last and data[0] & GOES_ON:
                fragment += len(element)
            elif fragment:
                unit[size_at : size_at + reserved] = leb128(fragment + len(element) - header)
                fragment = 0
        if marker(datagram):
            units.append((bytes(unit), time))
            unit, delimit = bytearray(), True
    return units


def is_keyframe(unit):
    """Whether a receiver may start here: FFmpeg's parser gives up on two units in one."""
    return TEMPORAL_DELIMITER + SEQUENCE in unit


def obus(data):
    """The elements of a payload: OBUs without their sizes, or fragments of them."""
    count, at = data[0] >> 4 & 3, 1
    while at < len(data):
        count -= 1
        size = len(data) - at
        if count:
            size, at = read_leb128(data, at)
        yield data[at : at + size]
        at += size


def leb128(value):
    """A number in groups of seven bits, the lowest first."""
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def read_leb128(data, at):
    """(number, position after it)."""
    value, shift = 0, 0
    while True:
        value, shift = value | (data[at] & 0x7F) << shift, shift + 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
