"""Example clips for figures: chosen by rule, decoded with whatever their damage does to them."""

import numpy as np

from framefault.data.manifest import read_manifest
from framefault.errors import UserError
from framefault.files import read_clips
from framefault.shards import clip_id
from framefault.tabular import read_csv
from framefault.tasks.recognition.predictions import check_same_clips, judged, read_predictions
from framefault.video.decode import cache_size, decode_task, no_frames, scaled
from framefault.video.moments import clean_times, frame_numbers, shown
from framefault.video.watchdog import guarded_map

CLEAN = ("clean", "0")
# The longest short side of a drawn frame in pixels; smaller videos stay as they are.
SHORT_SIDE = 240


class Examples:
    """The test clips of one data set under several conditions.

    `conditions` are (corruption, level) pairs, clean ones first; `predictions` are a file for each
    and `archives` all shards of each, in that order; `accounts` are those of the corruptions.
    `playable` is that section of the configuration, `limits` are those of the decoder and `gaps`
    says what is seen where frames are missing.
    """

    def __init__(
        self, manifest, archives, accounts, predictions, conditions, playable, limits, gaps
    ):
        videos = read_manifest(manifest)
        self.videos = videos.set_index("id")
        self.conditions = [tuple(pair) for pair in conditions]
        self.limits, self.gaps, self.clean_times = limits, gaps, {}
        classes = sorted(videos.loc[videos["split"] == "train", "label"].unique())
        tables = [judged(read_predictions(path), playable) for path in predictions]
        for path, table in zip(predictions, tables, strict=True):
            check_same_clips(tables[0], table, predictions[0], path)
        self.facts = {
            condition: [facts(row, classes) for row in table.to_dict("records")]
            for condition, table in zip(self.conditions, tables, strict=True)
        }
        rows = [read_csv(path) for path in accounts]
        size = len(rows) // max(1, len(self.conditions) - 1)
        self.delays = {
            condition: dict(
                pair
                for table in rows[place * size : (place + 1) * size]
                for pair in zip(table["clip"], table["delay"], strict=True)
            )
            for place, condition in enumerate(self.conditions[1:])
        }
        shards = len(archives) // len(self.conditions)
        self.archives = {
            condition: archives[place * shards : (place + 1) * shards]
            for place, condition in enumerate(self.conditions)
        }

    def of(self, corruption):
        """The conditions of one corruption, by rising level."""
        chosen = [condition for condition in self.conditions if condition[0] == corruption]
        return sorted(chosen, key=lambda condition: float(condition[1]))

    def video(self, index):
        """A clip's row in the manifest."""
        return self.videos.loc[self.facts[CLEAN][index]["clip"]]

    def data(self, condition, index):
        """A clip's file as bytes."""
        for archive in self.archives[condition]:
            for name, data in read_clips(archive):
                if clip_id(name) == self.facts[CLEAN][index]["clip"]:
                    return data
        raise UserError(f"{self.archives[condition][0]} lacks a clip; delete it.")

    def seen(self, condition, index, moments):
        """The frames (H, W, 3) seen when the clean clip shows those of these numbers, or None."""
        frames, times = self.decoded(condition, index)
        if index not in self.clean_times:
            self.clean_times[index] = clean_times(self.decoded(CLEAN, index)[1])
        delay = self.delays.get(condition, {}).get(self.facts[CLEAN][index]["clip"], 0.0)
        numbers = frame_numbers(np.array(times, np.float64) - delay, self.clean_times[index])
        positions, when = shown(numbers, self.gaps)
        found = dict(zip(when.tolist(), positions.tolist(), strict=True))
        return [frames[found[number]] if number in found else None for number in moments]

    def decoded(self, condition, index):
        """All frames (T, H, W, 3) that a possibly damaged clip decodes to, and their times."""
        video = self.video(index)
        width, height = int(video["width"]), int(video["height"])
        size = cache_size(width, height, min(width, height, SHORT_SIDE))
        clip = self.data(condition, index), size, None, int(video["frames"]), int(video["turns"])
        ((_, result),) = guarded_map(decode_task, [(clip, *scaled(self.limits, video, size))], 1)
        if result is None:
            return no_frames(size, None, int(video["turns"])), []
        return result[0], result[1]["times"]


def facts(clip, classes):
    """What figures say of a clip: name, whether playable and right, prediction, distance."""
    playable = bool(clip["playable"])
    return {
        "clip": clip["clip"],
        "playable": playable,
        "right": bool(clip["right"]) if playable else None,
        "label": classes[clip["label"]],
        "predicted": classes[clip["predicted"]] if playable else None,
        "distance": clip["distance"],
    }


def clip_that_degrades(clean, corruptions):
    """Index of the clip for Figure 4, from the facts of clean clips and of all conditions.

    The first that is playable under most conditions; among those, right when clean; then right
    under the slightest condition of each corruption and wrong under its severest. `corruptions`
    holds one list per corruption, of the facts under each condition by rising level.
    """

    def merit(index):
        return (
            sum(rows[index]["playable"] for levels in corruptions for rows in levels),
            clean[index]["right"] is True,
            sum(levels[0][index]["right"] is True for levels in corruptions),
            sum(levels[-1][index]["right"] is False for levels in corruptions),
        )

    return max(range(len(clean)), key=merit)


def median_clip(clean, corrupted, right):
    """Index of the clip for Figure 5, or None.

    Among clips that are right when clean, damaged, and then right or not as asked for: the one
    whose distance to the clean clip is the (lower) median.
    """
    chosen = [
        index
        for index, (before, after) in enumerate(zip(clean, corrupted, strict=True))
        if before["right"] and after["right"] is right and after["distance"] > 0
    ]
    chosen.sort(key=lambda index: corrupted[index]["distance"])
    return chosen[(len(chosen) - 1) // 2] if chosen else None


def typical_clip(conditions):
    """(index, count): the clip for Figures 1 and 2, and of how many clips it is the median.

    Of the clips that play and are damaged under every condition, it is the one whose mean distance
    to the clean clip is the (lower) median. `conditions` are lists of facts. Where no clip is so,
    it is the first, of 0.
    """

    damaged = [
        index
        for index, rows in enumerate(zip(*conditions, strict=True))
        if all(row["playable"] and row["distance"] > 0 for row in rows)
    ]
    damaged.sort(key=lambda index: sum(rows[index]["distance"] for rows in conditions))
    return (damaged[(len(damaged) - 1) // 2] if damaged else 0), len(damaged)


def said_of(clip, count):
    """A sentence on the clip that `typical_clip` chose."""
    if not count:
        return f"Clip {clip}."
    which = f"the median, by damage, of {count} clips that play and are damaged by each corruption"
    return f"Clip {clip}: {which}."


def spread(count, shown):
    """`shown` frame numbers spread over a clip of `count` frames."""
    return [int((index + 0.5) * count / shown) for index in range(shown)]


def level_blocks(examples, corruptions, shown=3):
    """Figure 4: one clip, clean and by rising level, a block per corruption, in that order."""
    by_level = [[examples.facts[pair] for pair in examples.of(name)] for name in corruptions]
    index = clip_that_degrades(examples.facts[CLEAN], by_level)
    blocks = []
    for corruption in corruptions:
        lines = [
            line(examples, condition, index, shown, level_name(condition))
            for condition in (CLEAN, *examples.of(corruption))
        ]
        blocks.append({"corruption": corruption, "lines": lines})
    return blocks


def pair_blocks(examples, shown=4):
    """Figure 5: a correctly and an incorrectly classified clip per condition, clean and corrupt."""
    blocks = []
    for condition in examples.conditions[1:]:
        lines = []
        for right in (True, False):
            index = median_clip(examples.facts[CLEAN], examples.facts[condition], right)
            if index is None:
                kind = "correctly" if right else "incorrectly"
                lines += 2 * [nothing(f"no clip is {kind} classified", shown)]
                continue
            label = examples.facts[CLEAN][index]["label"]
            for each, state in ((CLEAN, "clean"), (condition, "corrupt")):
                lines.append(line(examples, each, index, shown, f"{label}, {state}"))
        blocks.append({"corruption": condition[0], "level": condition[1], "lines": lines})
    return blocks


def line(examples, condition, index, shown, words):
    """A row of frames: its title, its images (None for missing frames), and its facts."""
    numbers = spread(int(examples.video(index)["frames"]), shown)
    fact = examples.facts[condition][index]
    return {
        "title": f"{words}: {verdict(fact)}",
        "images": examples.seen(condition, index, numbers),
        "facts": fact
        | {"corruption": condition[0], "level": condition[1]}
        | {"frames": " ".join(map(str, numbers))},
    }


def nothing(title, shown):
    return {"title": title, "images": [None] * shown, "facts": {"right": None}}


def level_name(condition):
    return "clean" if condition == CLEAN else f"p = {condition[1]}"


def verdict(fact):
    """A prediction in words: ✓ or ✗ and the class."""
    if not fact["playable"]:
        return "not playable"
    return f"{'✓' if fact['right'] else '✗'} {fact['predicted']}"


def examples_of(input, settings):
    """The Examples of a figure's inputs (manifest, clips, predictions) and settings."""
    return Examples(
        input["manifest"], input["clips"], input["accounts"], input["predictions"],
        settings["conditions"], settings["playable"], settings["limits"], settings["gaps"],
    )  # fmt: skip
