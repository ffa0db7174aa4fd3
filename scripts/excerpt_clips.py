"""What the report shows of a data set's clips: one frame of each, clean and by level."""

from framefault.files import write_json
from framefault.report import gallery
from framefault.report.pictures import embedded_frame
from framefault.workflow.job import stage


@stage
def main(job):
    settings, archives = job.settings, job.input.clips
    conditions = [
        {"corruption": corruption, "level": level, "archive": archive, "account": account}
        for (corruption, level), archive, account in zip(
            settings.conditions, archives, [None, *job.input.accounts], strict=True
        )
    ]
    names, rows = gallery.examples(job.input.manifest, conditions, settings.limits, settings.gaps)
    for frame in (frame for row in rows for frame in row["seen"]):
        image = frame.pop("image")
        frame["source"] = None if image is None else embedded_frame(image)
    write_json(job.output.excerpt, {"names": names, "rows": rows})
