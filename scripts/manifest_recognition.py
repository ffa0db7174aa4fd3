"""List a data set's videos: split, size, digest and what the container says of each."""

from collections import Counter

from framefault.data.folder import list_folder
from framefault.data.manifest import (
    assign_splits,
    check_counts,
    check_names,
    check_splits,
    describe_videos,
)
from framefault.tabular import write_csv
from framefault.workflow.job import log, stage


@stage
def main(job):
    dataset, rules, folder = job.wildcards.dataset, job.settings.rules, job.settings.folder
    paths = [path for path in list_folder(folder) if path not in rules["exclude"]]
    check_names(paths, folder, dataset)
    splits = assign_splits(paths, rules["split"], dataset)
    check_splits(splits, dataset)
    check_counts(splits, rules.get("counts", {}), dataset)
    codecs = job.circumstances.codecs
    table = describe_videos(folder, paths, splits, dataset, job.threads, codecs, rules["exclude"])
    write_csv(job.output.manifest, table)
    log.info("%s", Counter(splits.values()))
