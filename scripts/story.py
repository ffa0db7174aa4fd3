"""The story of one clip: its damage, drawn and decoded anew, and what every model says of it."""

import json

import numpy as np

from framefault.corruption.archives import draw_key
from framefault.corruption.damage import Damage
from framefault.data.manifest import read_manifest
from framefault.files import sha256, write_text
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
    is_clean = asked.corruption == "clean"
    damage = Damage(data, 0, 0, False) if is_clean else damaged_anew(data, job)
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
                "unit": settings.corruption["unit"],
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
                    "key of the draw": json.dumps(draw_key(asked, asked.clip)),
                    "parameters": json.dumps(settings.parameters, sort_keys=True),
                    "playable": json.dumps(settings.playable, sort_keys=True),
                    "code": job.code,
                },
            }
        ),
    )


def damaged_anew(data, job):
    draw = rng(*draw_key(job.wildcards, job.wildcards.clip))
    level = float(job.wildcards.level)
    return job.method().corrupt(data, level=level, draw=draw, **job.settings.parameters)


def condition(asked, title):
    return title if asked.corruption == "clean" else f"{title}, p = {asked.level}"


def losses(data, damage, job):
    """The packets of a channel, or where the bytes of a file of the same length differ."""
    nothing = {"packets": [], "hit": None}
    if job.wildcards.corruption == "clean":
        return nothing
    lost = getattr(job.method(), "lost", None)
    if lost and job.settings.corruption["unit"] == "datagram":
        asked = job.wildcards
        level, draw = float(asked.level), rng(*draw_key(asked, asked.clip))
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
