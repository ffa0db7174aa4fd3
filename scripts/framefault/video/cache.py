"""The cache of decoded clips: one flat file of frames and one account per shard."""

import math
import zlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa

from framefault.files import damaged, whole
from framefault.tabular import read_parquet, write_parquet
from framefault.video.moments import shown
from framefault.video.pictures import Layout, Pictures

ACCOUNT = pa.schema(
    {
        "clip": pa.string(),
        "label": pa.string(),
        "status": pa.string(),  # ok, crashed, timed_out, out_of_memory
        "opened": pa.bool_(),
        "frames": pa.int32(),  # decoded ones: no gap is filled
        "errors": pa.int32(),
        "flagged": pa.int32(),  # pictures that the decoder says are corrupt
        "full_length": pa.bool_(),  # as many frames as the clean clip decodes to
        "unchanged": pa.bool_(),  # decodes as the clean clip: its frames are kept there only
        "distance": pa.float64(),  # to the clean clip, paper A F.3; NaN where not measured
        "distance_dropped": pa.float64(),  # the same without the frames that fill gaps
        "numbers": pa.list_(pa.int32()),  # which frames of the clean clip the frames stand for
        "stored": pa.list_(pa.int32()),  # positions of those kept here; the others are clean ones
        "times": pa.list_(pa.float64()),  # when frames are shown, in seconds; of clean clips only
        "offset": pa.int64(),
        "width": pa.int32(),  # these four are of a Layout
        "height": pa.int32(),
        "crop": pa.int32(),
        "turns": pa.int32(),
        "crc": pa.int64(),
    }
)


def write_shard(frames_path, account_path, decoded):
    """Write (frames, account) pairs: Pictures and a dictionary each.

    The account gains offset, layout and checksum. Frames of an unchanged clip are not stored, and
    of others only those that the account says to be: all, where it does not.
    """
    rows, offset = [], 0
    with whole(frames_path) as part, open(part, "wb") as file:
        for frames, account in decoded:
            account = {"stored": list(range(len(frames)))} | account
            chosen = [] if account["unchanged"] else account["stored"]
            data = frames.kept(slice(None) if len(chosen) == len(frames) else chosen)
            data = np.ascontiguousarray(data)
            file.write(data)
            found = {"offset": offset, "crc": zlib.crc32(data)}
            rows.append(account | asdict(frames.layout) | found)
            offset += data.nbytes
    write_parquet(account_path, rows, ACCOUNT)


class DecodedClips:
    """Decoded clips of one split and condition, in manifest order.

    `shards` are the .frames files, their accounts lie beside them (other paths are ignored).
    `clean` are the clips without corruption, from which unchanged clips are read. `gaps` says what
    is seen where frames are missing, as for `moments.shown`.
    """

    def __init__(self, shards, clean=None, gaps="repeat"):
        self.clean, self.gaps, self.accounts, self._shard_of = clean, gaps, [], []
        self._shards = [Path(path) for path in shards if Path(path).suffix == ".frames"]
        self._maps, self._positions = {}, {}
        self._checked = set()
        for index, shard in enumerate(self._shards):
            rows = read_parquet(shard.with_suffix(".parquet"), ACCOUNT).to_pylist()
            self.accounts += rows
            self._shard_of += [index] * len(rows)

    @property
    def classes(self):
        """Class names in the order of their index: sorted."""
        return sorted({account["label"] for account in self.accounts})

    def __len__(self):
        return len(self.accounts)

    def __getitem__(self, index):
        """What is seen of one clip: Pictures (T, H, W, 3).

        What is stored of a clip is checked when first read.
        """
        places = self._places(index)[self._shown(index)]
        clean = self.clean._stored(index) if (places < 0).any() else None
        return Pictures(self._layout(index), self._stored(index), clean, places)

    def length(self, index):
        """How many frames are seen of one clip."""
        return len(self._shown(index))

    def distance(self, index):
        """The distance of what is seen of one clip to the clean clip, NaN where not measured."""
        key = "distance_dropped" if self.gaps == "drop" else "distance"
        return self.accounts[index][key]

    def _shown(self, index):
        if index not in self._positions:
            self._positions[index] = shown(self.accounts[index]["numbers"], self.gaps)[0]
        return self._positions[index]

    def _places(self, index):
        """Where each frame lies: n in what is stored of the clip, or ~n in the clean clip."""
        account = self.accounts[index]
        places = np.invert(np.array(account["numbers"], int))
        places[account["stored"]] = np.arange(len(account["stored"]))
        return places

    def _layout(self, index):
        return Layout(*(self.accounts[index][name] for name in Layout.__annotations__))

    def _stored(self, index):
        account = self.accounts[index]
        if account["unchanged"]:
            return self.clean._stored(index)
        path = self._shards[self._shard_of[index]]
        shape = len(account["stored"]), self._layout(index).nbytes
        stop = account["offset"] + math.prod(shape)
        data = self._map(path)[account["offset"] : stop]
        if index not in self._checked:
            if len(data) < stop - account["offset"] or zlib.crc32(data) != account["crc"]:
                raise damaged(path, f"the frames of {account['clip']} are not what was written")
            self._checked.add(index)
        return data.reshape(shape)

    def _map(self, path):
        if path not in self._maps:
            empty = path.stat().st_size == 0
            # As a plain array: a memmap's own slices take longer than what is read through them.
            mapped = np.zeros(0, np.uint8) if empty else np.memmap(path, np.uint8, "r")
            self._maps[path] = mapped.view(np.ndarray)
        return self._maps[path]
