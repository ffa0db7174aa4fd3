"""All scores that the tables and figures of a run show, in one file."""

import pandas as pd
import pyarrow as pa

from framefault.results.scores import KEYS, NUMBERS, read_scores
from framefault.tabular import write_parquet
from framefault.workflow.job import stage

SCHEMA = pa.schema(
    dict.fromkeys(["paper", "task", "dataset", "model"], pa.string())
    | {"training": pa.int32(), "corruption": pa.string(), "level": pa.float64()}
    | {"seed": pa.int32(), "measure": pa.string(), "part": pa.string()}
    | dict.fromkeys(NUMBERS, pa.float64())
)


@stage
def main(job):
    read = [read_scores(cells).assign(paper=paper) for paper, cells in job.input.items()]
    scores = pd.concat(read, ignore_index=True)
    scores["task"] = scores["dataset"].map(job.settings.tasks)
    scores["level"] = scores["level"].astype(float)
    scores[NUMBERS] = scores[NUMBERS].astype(float)
    order = ["paper", "task", *KEYS, "measure", "part"]
    write_parquet(job.output.scores, scores.sort_values(order), SCHEMA)
