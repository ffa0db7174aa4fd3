"""Corrupting whole archives of clips, one random stream per clip."""

from framefault.corruption.names import damage_of
from framefault.errors import UserError
from framefault.files import read_clips, write_clips
from framefault.seeds import rng
from framefault.shards import clip_id
from framefault.tabular import write_csv


def corrupt_clips(clips, made, condition, unit, damage):
    """Corrupt every clip of an archive into `made["archive"]`, with a CSV as `made["account"]`.

    `condition` has the text of dataset, corruption, level and seed. `damage(data, draw=...)` gives
    a `damage.Damage`, which counts in `unit`s, such as "bit". The draw is keyed by the condition
    and the clip, whatever the shard. Raises UserError for a clip that cannot be damaged so.
    """
    rows = []

    def corrupted():
        for name, data in read_clips(clips):
            clip = clip_id(name)
            draw = rng(*draw_key(condition, clip))
            try:
                found = damage(data, draw=draw)
            except ValueError as error:
                raise UserError(f"The clip {clip} of {condition['dataset']}: {error}.") from error
            rows.append(
                {"clip": clip, "unit": unit, "sent": found.sent, "damaged": found.damaged,
                 "changed": int(found.changed), "delay": found.delay,
                 "bytes": len(data) if found.bytes is None else found.bytes, "wait": found.wait}
            )  # fmt: skip
            yield name, found.data

    write_clips(made["archive"], corrupted())
    write_csv(made["account"], rows)


def draw_key(condition, clip):
    """What the draw of a clip is keyed by; `condition` as of `corrupt_clips`.

    What protects a clip meets the same draw.
    """
    level, seed = float(condition["level"]), int(condition["seed"])
    return "corrupt", condition["dataset"], damage_of(condition["corruption"]), level, seed, clip
