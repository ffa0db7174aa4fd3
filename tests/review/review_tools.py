"""A review to test with: drawn frames, their candidates, a server of its own."""

import json
import re
import select
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

from PIL import Image, ImageDraw

from framefault.tasks.frames.answers import read_answers
from framefault.tasks.frames.review_page.store import Store
from workflow_tools import ROOT

CLASSES = ["cat", "dog", "bird", "car", "train", "zebra"]
SCRIPT = ROOT / "scripts/review_page.py"


def candidates(anchors, neighbours=2):
    """So many anchors of so many neighbours each: the frames "v0/10.png" and around it."""
    offsets = [each - neighbours // 2 for each in range(neighbours + 1)]
    return {
        "classes": CLASSES,
        "anchors": [
            {
                "frame": f"v{number}/10.png",
                "video": f"v{number}",
                "labels": [number % len(CLASSES)],
                "neighbours": [
                    {"frame": f"v{number}/{10 + offset}.png", "offset": offset}
                    for offset in offsets
                    if offset
                ],
            }
            for number in range(anchors)
        ],
    }


def draw(path, number, size=(160, 90)):
    """A frame that tells by its picture which one it is."""
    picture = Image.new("RGB", size, (40 + 37 * number % 160, 90, 140))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((20 + number * 3 % 80, 20, 70 + number * 3 % 80, 70), fill=(230, 200, 90))
    pen.text((4, 4), path.parent.name + "/" + path.stem, fill="white")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def write_review(folder, anchors=2, neighbours=2):
    """A review's files below `folder`; the arguments that show it."""
    found = candidates(anchors, neighbours)
    (folder / "set.candidates.json").write_text(json.dumps(found))
    for anchor in found["anchors"]:
        for key in [anchor["frame"], *(each["frame"] for each in anchor["neighbours"])]:
            path = folder / "frames" / key
            draw(path, int(path.stem))
    return [
        folder / "set.candidates.json", folder / "answers.sqlite", "--frames", folder / "frames"
    ]  # fmt: skip


def command(*arguments):
    return [sys.executable, str(SCRIPT), *map(str, arguments)]


def run(*arguments):
    """The command to its end: exit code and what it said."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60)


def start(*arguments, wrapper=()):
    """A running server: its process, with `address`."""
    process = subprocess.Popen(
        [*wrapper, *command(*arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    ready, _, _ = select.select([process.stdout], [], [], 60)
    line = process.stdout.readline() if ready else ""
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    if not found:
        process.kill()
        raise AssertionError(line + process.communicate()[1])
    process.address = found[0]
    return process


def stop(process, how=signal.SIGINT):
    process.send_signal(how)
    process.wait(20)
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


@contextmanager
def running(*arguments, **more):
    process = start(*arguments, **more)
    try:
        yield process
    finally:
        if process.poll() is None:
            stop(process, signal.SIGKILL)


def exported(review, *columns):
    """Some columns of the answers as the command exports them."""
    path = review[1].with_name("answers.csv")
    done = run(*review[:2], "--export", path)
    assert done.returncode == 0, done.stderr
    return read_answers(path)[list(columns)].to_numpy().tolist()


def answers_in(review):
    """Items of all rows of the file of answers, whether they still count or not."""
    with closing(sqlite3.connect(review[1])) as db:
        return [row[0] for row in db.execute("select item from answers order by id")]


def answer_before(path, digest, pairs, annotators=4):
    """A store with all answers of some annotators, one of five pairs different, made at once."""
    store = Store(path, digest, labels=False)
    with store.change():
        for number in range(annotators):
            name, first = f"Annotator {number}", number * pairs + 1
            rows = [(first + pair, name, pair, pair % 5 == 0) for pair in range(pairs)]
            store.db.executemany(
                "insert into answers select ?1, ?2 || ?3, null, ?2, 1, ?3, 'right',"
                " iif(?4, 'no', 'yes'), iif(?4, 'blur', ''), '', '', ''", rows,
            )  # fmt: skip
            store.db.executemany("insert into standing select ?3, 1, ?2, ?1, ?4", rows)
            store.db.execute("insert into progress values (?, ?, ?)", (name, pairs, pairs))
        store.db.executemany("insert into joint values (?, 1)", ((p,) for p in range(0, pairs, 5)))
    return store
