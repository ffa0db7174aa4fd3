"""Export the clips of a condition as files, with what is known of each and checksums."""

import pandas as pd

from framefault.data.export import export_clips
from framefault.files import read_clips, whole
from framefault.tabular import read_csv, read_parquet
from framefault.video.cache import ACCOUNT
from framefault.video.playable import is_playable
from framefault.workflow.job import stage

ACCOUNTED = ["clip", "label", "status", "opened", "frames", "errors", "full_length"]


@stage
def main(job):
    decoded = pd.concat(read_parquet(path, ACCOUNT).to_pandas() for path in job.input.decoded)
    clips = decoded[ACCOUNTED].assign(playable=is_playable(decoded, job.settings.playable))
    damage = [read_csv(path, {"clip": str}) for path in job.input.damage]
    if damage:
        clips = clips.merge(pd.concat(damage), "left", "clip")
    else:
        clips = clips.assign(changed=0, delay=0.0)
    files = (pair for path in job.input.clips for pair in read_clips(path))
    with whole(job.output.folder) as folder:
        export_clips(folder, files, clips, job.wildcards)
