"""Say which files of a data set's folder are damaged."""

from framefault.data.audit import audit
from framefault.tabular import write_csv
from framefault.workflow.job import log, stage


@stage
def main(job):
    files = audit(job.settings.folder, job.threads)
    for row in files[files["damaged"] == 1].itertuples():
        log.warning("%s: %s", row.path, row.reason)
    write_csv(job.output.audit, files)
