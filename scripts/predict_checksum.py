"""Which corrupted files have the checksums of the clean ones."""

from framefault.tabular import write_parquet
from framefault.tasks.recognition.checksums import SCHEMA, compare_archives
from framefault.workflow.job import stage


@stage
def main(job):
    shards = zip(job.input.clips, job.input.corrupted, strict=True)
    rows = [row for clean, corrupted in shards for row in compare_archives(clean, corrupted)]
    write_parquet(job.output.predictions, rows, SCHEMA)
