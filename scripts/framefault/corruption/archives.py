"""Corrupting whole archives of clips, one random stream per clip."""

from framefault.files import read_clips, write_clips
from framefault.seeds import rng
from framefault.shards import clip_id
from framefault.tabular import write_csv


def corrupt_clips(clips, made, condition, unit, damage):
    """Corrupt every clip of an archive into `made["archive"]`, with a CSV as `made["account"]`.

    `condition` has the text of dataset, corruption, level and seed. `damage(data, draw)` gives
    (bytes, units sent, units damaged), in `unit`s of "bit" or "datagram". The draw is keyed by the
    condition and the clip, whatever the shard.
    """
    level, seed = float(condition["level"]), int(condition["seed"])
    key = "corrupt", condition["dataset"], condition["corruption"], level, seed
    rows = []

    def corrupted():
        for name, data in read_clips(clips):
            clip = clip_id(name)
            draw = rng(*key, clip)
            damaged, sent, hit = damage(data, draw)
            rows.append(
                {"clip": clip, "unit": unit, "sent": sent, "damaged": hit, "changed": int(hit > 0)}
            )
            yield name, damaged

    write_clips(made["archive"], corrupted())
    write_csv(made["account"], rows)
