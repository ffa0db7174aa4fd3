"""The pm-k sets of a data set, from the metadata of its release."""

from framefault.tasks.frames.sets import check_counts, vid_sets, write_sets, ytbb_sets
from framefault.workflow.job import stage


@stage
def main(job):
    metadata = job.settings.metadata
    if job.settings.layout == "vid":
        sets = vid_sets(metadata)
    else:
        sets = ytbb_sets(metadata, job.settings.pmk_labels, job.settings.rejected)
    check_counts(sets, job.settings.expect)
    write_sets(job.output.manifest, sets)
