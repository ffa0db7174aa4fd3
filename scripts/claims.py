"""The paper's claims, asked of the results at hand."""

import re

import numpy as np
import pandas as pd

from framefault.files import write_text
from framefault.results.claims import as_text, ask
from framefault.results.scores import KEYS, read_cell, read_scores
from framefault.tabular import write_csv
from framefault.tasks.frames.outcomes import outcomes as of_anchors
from framefault.tasks.frames.sets import read_sets
from framefault.tasks.recognition.outcomes import outcomes as of_clips
from framefault.tasks.recognition.predictions import judged, read_predictions
from framefault.tasks.tracking.outcomes import outcomes as of_sequences
from framefault.workflow.job import stage


def condition_of(path):
    """What a cell or a file of predictions is of, by its path below results; oracles are one."""
    below = re.sub(".*results/(cells|predictions)/", "", path.with_suffix("").as_posix())
    dataset, model, *_, training, corruption, level, seed = below.split("/")
    training, seed = (int(name.removeprefix("seed")) for name in (training, seed))
    return dict(zip(KEYS, (dataset, model, training, corruption, level, seed), strict=True))


def of_predictions(path, settings):
    condition = condition_of(path)
    clips = judged(read_predictions(path), settings.playable)
    return of_clips(clips, settings.sources[condition["dataset"]]).assign(**condition)


def of_answers(path, sets, labels):
    answers = np.array(read_cell(path)["answers"])
    return of_anchors(answers, sets[condition_of(path)["dataset"]], labels).assign(
        **condition_of(path)
    )


@stage
def main(job):
    settings = job.settings
    sets = {path.stem: read_sets(path) for path in job.input.manifests}
    outcomes = [
        *(of_predictions(path, settings) for path in job.input.predictions),
        *(of_answers(path, sets, settings.labels) for path in job.input.answers),
        of_sequences(read_scores(job.input.sequences)),
    ]
    together = pd.concat(outcomes) if outcomes else pd.DataFrame(columns=KEYS)
    found = ask(settings.claims, together, read_scores(job.input.cells), settings.confidence)
    write_csv(job.output.csv, found)
    write_text(job.output.md, as_text(found, settings.caption))
