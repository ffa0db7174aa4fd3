"""A full disk: the page says so, keeps the answer, and stores it once there is room."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annotator import SHOWN
from review_tools import running

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
TABLE = "async () => (await fetch(document.querySelector('#table').href)).text()"


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    if not shutil.which("unshare") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs user namespaces")
    return folder


def tell(server, word):
    server.stdin.write(f"{word}\n")
    server.stdin.flush()
    assert server.stdout.readline() == "done\n"


def test_an_answer_waits_for_room_on_the_disk(disk, review, annotator):
    review[1] = disk / "answers.sqlite"
    small = Path(__file__).with_name("small_disk.py")
    wrapper = [*NAMESPACE, sys.executable, small, disk, 300_000]
    with running(*review, wrapper=map(str, wrapper)) as server:
        ann = annotator(server.address, "Ann").at(1).press("s").at(2)
        tell(server, "fill")
        # What is left of the last page of the journal may hold one or two answers more.
        for number in range(2, 6):
            ann.press("d", "m", "Enter")
            full = "() => !document.querySelector('#problem').hidden"
            ann.page.wait_for_function(f"number => ({full})() || ({SHOWN})(number)", arg=number + 1)
            if ann.page.is_visible("#problem"):
                break
        assert "database or disk is full" in ann.text("#problem")
        assert "Your answer is kept here" in ann.text("#problem")
        assert ann.text("#count") == f"{number} of 6"
        ann.page.reload()  # the answer outlives the window
        ann.page.get_by_text("Your answer is kept here").wait_for()
        tell(server, "free")
        ann.at(number + 1).press("s")
        ann.page.goto(server.address)
        ann.page.wait_for_selector("#saved:not([hidden])")
        rows = list(csv.DictReader(ann.page.evaluate(TABLE).splitlines()))
        server.stdin.close()
    similar = [row["similar"] for row in rows]
    assert similar == ["yes"] + ["no"] * (number - 1) + ["yes"]
