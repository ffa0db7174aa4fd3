"""The story of one clip: its damage, drawn and decoded anew, and what every model says of it."""

import json
from difflib import get_close_matches

import numpy as np

from framefault.corruption.damage import Damage
from framefault.corruption.distance import pixel_distances
from framefault.data.manifest import read_manifest
from framefault.errors import UserError
from framefault.files import read_clips, sha256, write_text
from framefault.plots.examples import spread
from framefault.report.pictures import embedded_frame
from framefault.report.story import bytes_hit, packets, said, story
from framefault.seeds import rng
from framefault.shards import clip_id
from framefault.tasks.recognition.predictions import judged, read_predictions
from framefault.video.cache import DecodedClips
from framefault.video.decode import cache_size, decode_task, no_frames, scaled
from framefault.video.moments import shown
from framefault.video.watchdog import guarded_map
from framefault.workflow.job import stage

SHOWN = 12
ACCOUNT = ("status", "opened", "frames", "errors", "flagged", "full_length", "unchanged",
           "distance", "distance_dropped")  # fmt: skip


@stage
def main(job):
    settings, asked = job.settings, job.wildcards
    videos = read_manifest(job.input.manifest)
    video = row_of(videos[videos["split"] == "test"], asked)
    classes = sorted(videos.loc[videos["split"] == "train", "label"].unique())
    data = file_of(job.input.clips, asked.clip)
    is_clean = asked.corruption == "clean"
    damage = Damage(data, 0, 0, False) if is_clean else damaged_anew(data, job)
    cached = file_of(job.input.corrupted, asked.clip) if not is_clean else data
    refuse_unless(cached == damage.data, "damaged file", job.input.corrupted, asked)

    clean = DecodedClips(job.input.clean, gaps="drop")
    clips = DecodedClips(job.input.decoded, clean, gaps="drop") if not is_clean else clean
    index = [account["clip"] for account in clips.accounts].index(asked.clip)
    frames = decoded_anew(damage.data, video, settings)
    kept = clips[index][:]
    refuse_unless(np.array_equal(frames, kept), "decoded frames", job.input.decoded, asked)

    account, before = clips.accounts[index], clean[index][:]
    seen, distances = seen_frames(frames, before, account["numbers"], settings.gaps)
    write_text(
        job.output.html,
        story(
            {
                "dataset": asked.dataset,
                "clip": asked.clip,
                "label": video["label"],
                "condition": condition(asked, settings.title),
                "seed": asked.seed,
                "video": video,
                "container": video["path"].rpartition(".")[2],
                "unit": settings.unit,
                "damage": None
                if is_clean
                else {key: getattr(damage, key) for key in ("sent", "damaged", "changed")}
                | {"bytes": len(damage.data)},
                **losses(data, damage, job),
                "frames": seen,
                "distances": distances,
                "account": {name: account[name] for name in ACCOUNT},
                "models": [
                    model | of_model(model, asked.clip, classes, settings.playable)
                    for model in settings.models
                ],
                "digests": {
                    "clip, SHA-256": sha256(data),
                    "damaged file, SHA-256": sha256(damage.data),
                    "frames, SHA-256": sha256(np.ascontiguousarray(frames).tobytes()),
                    "key of the draw": json.dumps(key_of(asked)),
                    "parameters": json.dumps(settings.parameters, sort_keys=True),
                    "playable": json.dumps(settings.playable, sort_keys=True),
                    "code": job.code,
                },
            }
        ),
    )


def row_of(videos, asked):
    """A clip's line in the manifest."""
    rows = videos[videos["id"] == asked.clip].to_dict("records")
    if not rows:
        names = videos["id"].tolist()
        close = get_close_matches(asked.clip, names, 3, 0) or names[:3]
        raise UserError(
            f"{asked.dataset} has no test clip {asked.clip}; it has {len(names)}, such as"
            f" {', '.join(close)}."
        )
    return rows[0]


def file_of(archives, clip):
    """A clip's bytes."""
    for archive in archives:
        for name, data in read_clips(archive):
            if clip_id(name) == clip:
                return data
    raise UserError(f"{archives[0]} lacks the clip {clip}; delete it.")


def key_of(asked):
    """The key of a clip's draw, as `archives.corrupt_clips` has it."""
    condition = asked.corruption, float(asked.level), int(asked.seed)
    return "corrupt", asked.dataset, *condition, asked.clip


def damaged_anew(data, job):
    draw = rng(*key_of(job.wildcards))
    level = float(job.wildcards.level)
    return job.method().corrupt(data, level=level, draw=draw, **job.settings.parameters)


def decoded_anew(data, video, settings):
    """The frames (T, H, W, 3) that a clip decodes to, none where the decoder was ended."""
    crop = settings.size["crop"]
    size = cache_size(video["width"], video["height"], settings.size["short_side"])
    task = data, size, crop, video["frames"], video["turns"]
    ((_, result),) = guarded_map(decode_task, [(task, *scaled(settings.limits, video, size))], 1)
    return result[0] if result else no_frames(size, crop)


def refuse_unless(same, what, files, asked):
    if not same:
        raise UserError(
            f"The {what} of {asked.clip} in {files[0].parent} is not what its seeds give;"
            " delete that folder and run the same command again."
        )


def condition(asked, title):
    return title if asked.corruption == "clean" else f"{title}, p = {asked.level}"


def losses(data, damage, job):
    """The packets of a channel, or where the bytes of a file of the same length differ."""
    nothing = {"packets": [], "hit": None}
    if job.wildcards.corruption == "clean":
        return nothing
    lost = getattr(job.method(), "lost", None)
    if lost and job.settings.unit == "datagram":
        level, draw = float(job.wildcards.level), rng(*key_of(job.wildcards))
        sent = packets(data, lost, level, draw, job.settings.parameters)
        sent = [each | {"number": number} for number, each in enumerate(sent)]
        return nothing | {"packets": sent}
    if len(data) != len(damage.data):
        return nothing
    differing, bits, shares = bytes_hit(data, damage.data)
    most = max(shares) or 1
    parts = [
        {"at": at, "opacity": 0.25 + 0.75 * share / most}
        for at, share in enumerate(shares)
        if share
    ]
    return nothing | {
        "hit": {"bytes": differing, "bits": bits, "shares": parts, "width": len(shares)}
    }


def seen_frames(frames, clean, numbers, gaps):
    """Some frames before and after, and (number, distance or None) of all."""
    positions, moments = shown(numbers, gaps)
    each = pixel_distances(frames, clean, positions, moments).tolist() if len(frames) else []
    distance = dict(zip(moments[moments < len(clean)].tolist(), each, strict=True))
    place = dict(zip(moments.tolist(), positions.tolist(), strict=True))
    chosen = list(dict.fromkeys(spread(len(clean), SHOWN)))
    return [
        {
            "number": number,
            "before": embedded_frame(clean[number]),
            "after": embedded_frame(frames[place[number]]) if number in place else None,
            "distance": distance.get(number),
        }
        for number in chosen
    ], [(number, distance.get(number)) for number in range(len(clean))]


def of_model(model, clip, classes, rule):
    """What a model says of the clip, clean and damaged, and whether the cell counts it."""
    found = {"clean": None}
    for name, path in (("clean", model["known"]), ("damaged", model["predictions"])):
        if path:
            table = judged(read_predictions(path), rule)
            row = table[table["clip"] == clip].to_dict("records")[0]
            found |= {name: said(row, classes), "playable": bool(row["playable"])}
    return found
