"""The story of one clip: its damage, drawn and decoded anew, and what every model says of it."""

import json
from functools import partial

import numpy as np

from framefault.corruption.archives import draw_key
from framefault.corruption.damage import Damage
from framefault.corruption.names import damage_of
from framefault.corruption.rtp.delivery import plainly
from framefault.data.manifest import read_manifest
from framefault.files import sha256, write_text
from framefault.protection.channel import protected
from framefault.report.story import (
    bytes_hit,
    decoded_anew,
    file_of,
    of_model,
    packets,
    refuse_unless,
    row_of,
    seen_frames,
    story,
)
from framefault.seeds import rng
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage

ACCOUNT = ("status", "opened", "frames", "errors", "flagged", "full_length", "unchanged",
           "distance", "distance_dropped")  # fmt: skip


@stage
def main(job):
    settings, asked = job.settings, job.wildcards
    videos = read_manifest(job.input.manifest)
    video = row_of(videos[videos["split"] == "test"], asked.dataset, asked.clip)
    classes = sorted(videos.loc[videos["split"] == "train", "label"].unique())
    data = file_of(job.input.clips, asked.clip)
    is_clean = damage_of(asked.corruption) == "clean"
    damage, lost = (Damage(data, 0, 0, False), []) if is_clean else damaged_anew(data, job)
    cached = file_of(job.input.corrupted, asked.clip) if not is_clean else data
    refuse_unless(cached == damage.data, "damaged file", asked.clip, job.input.corrupted)

    clean = DecodedClips(job.input.clean, gaps="drop")
    clips = DecodedClips(job.input.decoded, clean, gaps="drop") if not is_clean else clean
    index = [account["clip"] for account in clips.accounts].index(asked.clip)
    frames = decoded_anew(damage.data, video, **settings.size, limits=settings.limits)
    kept = clips[index][:]
    refuse_unless(np.array_equal(frames, kept), "decoded frames", asked.clip, job.input.decoded)

    account, before = clips.accounts[index], clean[index][:]
    seen, distances = seen_frames(frames, before, account["numbers"], settings.gaps)
    write_text(
        job.output.html,
        story(
            {
                "dataset": asked.dataset,
                "clip": asked.clip,
                "label": video["label"],
                "condition": condition(asked, settings.corruption["title"]),
                "seed": asked.seed,
                "video": video,
                "container": video["path"].rpartition(".")[2],
                "bytes": len(data),
                "mended": bool(lost and settings.protection),
                "unit": settings.corruption["unit"],
                "damage": None
                if is_clean
                else {key: getattr(damage, key) for key in ("sent", "damaged", "changed")}
                | {"bytes": len(damage.data)},
                "packets": packets(data, lost, settings.parameters["mtu"]) if lost else [],
                "hit": None if lost else bytes_hit(data, damage.data),
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
                    "key of the draw": json.dumps(draw_key(asked, asked.clip)),
                    "parameters": json.dumps(settings.parameters, sort_keys=True),
                    "parameters of protection": json.dumps(settings.protection, sort_keys=True),
                    "playable": json.dumps(settings.playable, sort_keys=True),
                    "code": job.code,
                },
            }
        ),
    )


def damaged_anew(data, job):
    """(Damage of a clip, which of its packets were lost in the end), as the corruption drew it."""
    settings, asked, lost = job.settings, job.wildcards, []
    corruption, *methods = job.methods()
    steps = list(zip(methods, settings.protection, strict=True))
    corrupt = partial(corruption.corrupt, level=float(asked.level), **settings.parameters)
    draw = rng(*draw_key(asked, asked.clip))
    if settings.corruption["unit"] != "datagram":
        return protected(corrupt, steps)(data, draw=draw), lost
    protect = next((partial(module.protect, **own) for module, own in steps), plainly)

    def heard(sizes, lose):
        came = protect(sizes, lose)
        lost.extend(came.lost.tolist())
        return came

    return corrupt(data, draw=draw, protect=heard), lost


def condition(asked, title):
    return title if damage_of(asked.corruption) == "clean" else f"{title}, p = {asked.level}"
