"""Names of clips, and how the clips of a split are divided among jobs."""

from pathlib import PurePosixPath


def clip_id(path):
    """The clip's name in all later stages: its path without the file's extension."""
    return str(PurePosixPath(path).with_suffix(""))


def shard_names(count):
    """Names of all shards: "00000-of-00002", "00001-of-00002"."""
    return [f"{index:05d}-of-{count:05d}" for index in range(count)]


def shard_rows(rows, shard):
    """The rows that belong to a shard: contiguous, in order."""
    index, count = map(int, shard.split("-of-"))
    return rows[index * len(rows) // count : (index + 1) * len(rows) // count]
