"""Decode one shard of clips, whatever happened to them, into cached frames and an account."""

from framefault.data.manifest import read_manifest
from framefault.shards import shard_rows
from framefault.tabular import read_csv
from framefault.video.cache import DecodedClips, write_shard
from framefault.video.decode import decode_shard
from framefault.workflow.job import log, stage


@stage
def main(job):
    videos = read_manifest(job.input.manifest, job.wildcards.split)
    rows = shard_rows(videos, job.wildcards.shard).to_dict("records")
    damage = [read_csv(file).to_dict("records") for file in as_list(job.input.account)]
    decoded = decode_shard(
        job.input.clips,
        rows,
        **job.settings.size,
        limits=job.settings.limits,
        clean=DecodedClips(job.input.clean) if job.input.clean else None,
        damage=damage[0] if damage else None,
        # Where results need distances: training clips are never evaluated.
        measured=job.wildcards.split == "test",
        workers=job.threads,
    )
    write_shard(job.output.frames, job.output.account, told(decoded))


def told(decoded):
    """The same clips, with a line in the log for each whose decoder was ended."""
    for frames, account in decoded:
        if account["status"] != "ok":
            log.warning("%s: %s", account["clip"], account["status"])
        yield frames, account


def as_list(files):
    return files if isinstance(files, list) else [files]
