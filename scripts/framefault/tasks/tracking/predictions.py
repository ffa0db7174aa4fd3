"""Prediction files of tracking: one row per sequence with its tracks."""

import pyarrow as pa

from framefault.tabular import read_parquet, write_parquet

TRACK = pa.struct(
    {
        "frame": pa.int32(),  # index of the decoded frame, from 0
        "id": pa.int32(),
        "x": pa.float32(),  # left, top, width and height in pixels
        "y": pa.float32(),
        "w": pa.float32(),
        "h": pa.float32(),
        "score": pa.float32(),
    }
)
SCHEMA = pa.schema(
    {
        "clip": pa.string(),
        "status": pa.string(),
        "opened": pa.bool_(),
        "frames": pa.int32(),  # decoded ones
        "errors": pa.int32(),
        "full_length": pa.bool_(),
        "distance": pa.float64(),
        "numbers": pa.list_(pa.int32()),  # which clean frame each decoded one stands for, from 0
        "tracks": pa.list_(TRACK),
    }
)


def predict(detect, clips, rates, track, known=None):
    """Tracks of each of DecodedClips: lists of dictionaries as TRACK has them.

    `detect` is as of `detectors.make_detector`, `rates` are frames per second by clip, and `track`
    turns detections and a rate into tracks, as `association.track` does with some options. `known`
    are the tracks of the clean clips, taken over for clips that no damage changed.
    """
    tracks = []
    for index, account in enumerate(clips.accounts):
        if known is not None and account["unchanged"]:
            tracks.append(known[index])
        elif clips.length(index):
            detections = detect(clips[index], account["clip"])
            tracks.append(as_rows(track(detections, rates[account["clip"]])))
        else:
            tracks.append([])
    return tracks


def as_rows(frames):
    """What `association.track` gives, as one list of dictionaries."""
    return [
        dict(zip(TRACK.names, (index, *each), strict=True))
        for index, found in enumerate(frames)
        for each in found
    ]


def write_predictions(path, clips, tracks):
    """Write accounts of DecodedClips and the tracks that `predict` gives of them."""
    rows = [
        {name: account[name] for name in SCHEMA.names if name in account}
        | {"distance": clips.distance(index), "tracks": found}
        for index, (account, found) in enumerate(zip(clips.accounts, tracks, strict=True))
    ]
    write_parquet(path, rows, SCHEMA)


def read_predictions(path):
    """A list of dictionaries with the names of SCHEMA. Raises UserError if the file is damaged."""
    return read_parquet(path, SCHEMA).to_pylist()
