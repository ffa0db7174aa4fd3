"""What review kept of the candidates, in the layout of a release, and how annotators agree."""

from framefault.files import whole
from framefault.tabular import write_csv
from framefault.tasks.frames.agreement import agreement
from framefault.tasks.frames.answers import read_answers
from framefault.tasks.frames.candidates import read_candidates
from framefault.tasks.frames.decision import decide
from framefault.tasks.frames.metadata import class_map, metadata_files, write_release
from framefault.workflow.job import stage


@stage
def main(job):
    settings, answers = job.settings, read_answers(job.input.answers)
    anchors = decide(read_candidates(job.input.candidates), answers)
    classes = class_map(settings.classes, settings.layout)
    with whole(job.output.release) as part:
        write_release(part, metadata_files(settings.layout, classes, anchors))
        write_csv(part / "agreement.csv", agreement(answers))
