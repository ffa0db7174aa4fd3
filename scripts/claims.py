"""The paper's claims, asked of the results at hand."""

from framefault.files import write_text
from framefault.results.claims import as_text, ask
from framefault.results.scores import read_scores
from framefault.tabular import read_parquet, write_csv
from framefault.tasks.recognition.checksums import SCHEMA
from framefault.tasks.recognition.predictions import judged, read_predictions
from framefault.workflow.job import stage


def condition_of(path):
    """What results/predictions/<dataset>/<model>/seed<k>/<corruption>/<level>.parquet holds."""
    dataset, model, seed, corruption, level = path.with_suffix("").parts[-5:]
    return dataset, model, int(seed.removeprefix("seed")), corruption, level


def outcomes(path, playable):
    """Per clip 1.0 for right, 0.0 for wrong, NaN for unplayable."""
    clips = judged(read_predictions(path), playable)
    return clips["right"].astype(float).where(clips["playable"]).to_numpy()


@stage
def main(job):
    settings = job.settings
    right = {
        condition_of(path): outcomes(path, settings.playable) for path in job.input.predictions
    }
    files = {condition_of(path): read_parquet(path, SCHEMA).to_pandas() for path in job.input.files}
    found = ask(
        settings.claims, right, read_scores(job.input.cells), files, settings.datasets,
        settings.seeds, settings.confidence,
    )  # fmt: skip
    write_csv(job.output.csv, found)
    write_text(job.output.md, as_text(found, settings.caption))
