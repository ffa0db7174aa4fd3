"""Measure the time from a key press to the next pair on the screen: measure.py PAIRS [ANSWERS].

Frames are of the size of ImageNet-VID's; four annotators have answered all pairs before, and one
more answers by keyboard. Prints milliseconds at percentiles.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from conftest import FLAGS
from PIL import Image
from playwright.sync_api import sync_playwright

from annotator import Annotator
from framefault.files import file_digest
from review_tools import answer_before, candidates, running

CLOCK = """() => {
  window.times = { painted: [], stored: [] };
  let pressed = null;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  const controls = document.querySelector("#controls");
  new MutationObserver(() => {
    const start = pressed;
    if (controls.classList.contains("busy") || start === null) return;
    pressed = null;
    requestAnimationFrame(() => setTimeout(() => times.painted.push(performance.now() - start)));
  }).observe(controls, { attributes: true, attributeFilter: ["class"] });
  new PerformanceObserver((list) => {
    for (const each of list.getEntries())
      if (each.name.endsWith("/answers")) times.stored.push(each.duration);
  }).observe({ type: "resource" });
}"""


def write_review(folder, pairs):
    """Candidates of so many pairs; their frames are links to a few noisy pictures."""
    anchors = -(-pairs // 20)
    found = candidates(anchors, 20)
    found["anchors"][-1]["neighbours"] = found["anchors"][-1]["neighbours"][
        : 20 - anchors * 20 + pairs
    ]
    (folder / "set.json").write_text(json.dumps(found))
    draw = np.random.default_rng(0)
    for number in range(21):
        coarse = draw.integers(0, 256, (45, 80, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((1280, 720), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number}.jpg", quality=90)
    for anchor in found["anchors"]:
        for key in [anchor["frame"], *(each["frame"] for each in anchor["neighbours"])]:
            path = folder / "frames" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(folder / f"{path.stem}.jpg", path)
    return [folder / "set.json", folder / "answers.sqlite", "--frames", folder / "frames"]


def main(pairs, answers=300):
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        review = write_review(Path(folder), pairs)
        answer_before(review[1], file_digest(review[0]), pairs).close()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        with running(*review) as server:
            ann = Annotator(browser, server.address, "Ann").at(1)
            ann.page.evaluate(CLOCK)
            for number in range(2, answers + 2):
                ann.press("s").at(number)
            times = ann.page.evaluate("times")
            joint = Annotator(browser, server.address).at(1)
            joint.page.evaluate(CLOCK)
            for number in range(2, answers // 5 + 2):
                joint.press("s").at(number)
            times |= {f"joint, {name}": each for name, each in joint.page.evaluate("times").items()}
        browser.close()
    for name, each in times.items():
        points = np.percentile(each, (50, 95, 99))
        print(f"{pairs} pairs, {name}: {len(each)} answers,", *(f"{point:.1f}" for point in points))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
