"""What Figure 8 shows: one moment of a sequence, clean and damaged."""

import numpy as np

from framefault.data.manifest import read_manifest
from framefault.data.mot import read_tracks
from framefault.plots.excerpt import write_excerpt
from framefault.tasks.tracking.examples import chosen_moment, place_of
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    settings, tracks = job.settings.excerpt, read_tracks(job.input.tracks)
    sequences = list(read_manifest(job.input.manifest, "test")["id"])
    conditions = decoded(job.input.decoded, len(settings["conditions"]))
    numbers = [{a["clip"]: a["numbers"] for a in clips.accounts} for clips in conditions]
    # The sequence with most damage first: in others there may be nothing to see.
    damage = np.nan_to_num([a["distance_dropped"] for a in conditions[-1].accounts])
    by_damage = [sequences[place] for place in np.argsort(-damage, kind="stable")]
    moment = settings["moment"] or chosen_moment(tracks, by_damage, numbers)
    seen = []
    if moment:
        sequence, frame = moment
        for clips, shown in zip(conditions, numbers, strict=True):
            place = place_of(frame, shown[sequence])
            image = None if place is None else clips[sequences.index(sequence)][place]
            seen.append({"image": image, "place": place})
    write_excerpt(job.output.excerpt, {"moment": moment, "seen": seen})


def decoded(files, conditions):
    """The decoded clips of each condition, the clean ones first, from the shards of all."""
    size = len(files) // conditions
    parts = [files[place * size : (place + 1) * size] for place in range(conditions)]
    clean = DecodedClips(parts[0], gaps="drop")
    return [clean, *(DecodedClips(part, clean, gaps="drop") for part in parts[1:])]
