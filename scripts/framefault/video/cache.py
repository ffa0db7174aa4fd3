"""The cache of decoded clips: one flat file of frames and one account per shard."""

import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from framefault.files import damaged, whole
from framefault.tabular import read_parquet, write_parquet

ACCOUNT = pa.schema(
    {
        "clip": pa.string(),
        "label": pa.string(),
        "status": pa.string(),  # ok, crashed, timed_out, out_of_memory
        "opened": pa.bool_(),
        "frames": pa.int32(),
        "errors": pa.int32(),
        "full_length": pa.bool_(),
        "unchanged": pa.bool_(),  # same bytes as the clean clip: its frames are kept there only
        "distance": pa.float64(),  # to the clean clip, paper A F.3; NaN where not measured
        "offset": pa.int64(),
        "height": pa.int32(),
        "width": pa.int32(),
        "crc": pa.int64(),
    }
)


def write_shard(frames_path, account_path, decoded):
    """Write (frames, account) pairs: uint8 RGB (T, H, W, 3) and a dictionary each.

    The account gains offset, shape and checksum. Frames of an unchanged clip are not stored.
    """
    rows, offset = [], 0
    with whole(frames_path) as part, open(part, "wb") as file:
        for frames, account in decoded:
            stored = frames[:0] if account["unchanged"] else frames
            data = np.ascontiguousarray(stored)
            file.write(data)
            shape = {"offset": offset, "height": data.shape[1], "width": data.shape[2]}
            rows.append(account | shape | {"crc": zlib.crc32(data)})
            offset += data.nbytes
    write_parquet(account_path, rows, ACCOUNT)


class DecodedClips:
    """Decoded clips of one split and condition, in manifest order.

    `shards` are the .frames files, their accounts lie beside them (other paths are ignored).
    `clean` are the clips without corruption, from which unchanged clips are read.
    """

    def __init__(self, shards, clean=None):
        self.clean, self.accounts, self._shard_of = clean, [], []
        self._shards = [Path(path) for path in shards if Path(path).suffix == ".frames"]
        self._maps = {}
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
        """Frames of one clip, uint8 RGB (T, H, W, 3), read-only; checked when first read."""
        account = self.accounts[index]
        if account["unchanged"]:
            return self.clean[index]
        path = self._shards[self._shard_of[index]]
        shape = (account["frames"], account["height"], account["width"], 3)
        stop = account["offset"] + int(np.prod(shape))
        data = self._map(path)[account["offset"] : stop]
        if index not in self._checked:
            if len(data) < stop - account["offset"] or zlib.crc32(data) != account["crc"]:
                raise damaged(path, f"the frames of {account['clip']} are not what was written")
            self._checked.add(index)
        return data.reshape(shape)

    def _map(self, path):
        if path not in self._maps:
            empty = path.stat().st_size == 0
            self._maps[path] = np.zeros(0, np.uint8) if empty else np.memmap(path, np.uint8, "r")
        return self._maps[path]
