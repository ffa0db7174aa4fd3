"""List a data set's sequences, what their pictures are, and the ground truth of all of them."""

import pandas as pd

from framefault.data.manifest import COLUMNS
from framefault.data.mot import check_boxes, find_sequences, read_data_set, write_tracks
from framefault.tabular import write_csv
from framefault.workflow.job import log, stage


@stage
def main(job):
    settings = job.settings
    sequences = find_sequences(settings.folder, settings.parts, settings.sequences)
    rows, tracks = read_data_set(settings.folder, sequences, settings.rates)
    check_boxes(tracks, sequences, settings.boxes)
    write_csv(job.output.manifest, pd.DataFrame(rows, columns=COLUMNS))
    write_tracks(job.output.tracks, tracks)
    log.info("%d sequences, %d boxes", len(rows), len(tracks))
