"""Scores of one model on one data set: accuracy under pm-k for every k, and of parts."""

import numpy as np

from framefault.results.scores import write_cell
from framefault.tabular import read_csv
from framefault.tasks.frames.predictions import read_predictions
from framefault.tasks.frames.score import model_scores
from framefault.tasks.frames.scoring import check_outputs, project
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    sets, rules = read_sets(job.input.manifest), job.settings.rules
    logits = read_predictions(job.input.predictions, sets)
    check_outputs(logits.shape[1], sets, job.wildcards.model)
    answers = np.argmax(project(logits, sets, rules["merge"]), axis=1)
    streams = read_csv(job.input.streams) if job.input.streams else None
    scores = model_scores(answers, sets, rules, streams)
    write_cell(job.output.cell, job.wildcards, scores, answers=answers.tolist())
