"""Small ONNX files, written byte by byte in the wire format of protocol buffers."""

import numpy as np

TYPES = {np.dtype(np.float32): 1, np.dtype(np.uint8): 2, np.dtype(np.int64): 7}


def field(number, value):
    """One field: of an integer, a text, or bytes, which may be a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    head, value = value & 127, value >> 7
    return bytes([head | 128]) + varint(value) if value else bytes([head])


def described(name, kind, shape):
    """What an input or output is; a text in its shape is a size that is open."""
    sizes = b"".join(field(1, field(2 if isinstance(size, str) else 1, size)) for size in shape)
    tensor = field(1, TYPES[np.dtype(kind)]) + field(2, sizes)
    return field(1, name) + field(2, field(1, tensor))


def constant(name, value):
    value = np.asarray(value)
    sizes = b"".join(field(1, size) for size in value.shape)
    return sizes + field(2, TYPES[value.dtype]) + field(8, name) + field(9, value.tobytes())


def node(kind, inputs, outputs, **attributes):
    names = b"".join(field(1, name) for name in inputs)
    names += b"".join(field(2, name) for name in outputs)
    settings = b"".join(
        field(5, field(1, name) + field(3, value) + field(20, 2))
        for name, value in attributes.items()
    )
    return names + field(4, kind) + settings


def model(inputs, outputs, constants, nodes):
    """Bytes of a model: inputs and outputs as (name, type, shape), and {name: array}."""
    graph = b"".join(field(1, each) for each in nodes) + field(2, "graph")
    graph += b"".join(field(5, constant(name, value)) for name, value in constants.items())
    graph += b"".join(field(11, described(*each)) for each in inputs)
    graph += b"".join(field(12, described(*each)) for each in outputs)
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17))
