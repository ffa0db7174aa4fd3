"""docs/corruptions.md says which corruptions there are, and how to add one."""

import re

import jsonschema
import numpy as np

from framefault.corruption.registry import ABOUT, as_markdown, corruptions, level_schema
from framefault.methods import ABOUT as ANY
from framefault.methods import methods
from own_corruption import PAGE, example


def test_page_says_of_corruptions_what_they_say_themselves():
    """All that are shipped; a folder of your own may be on the page."""
    parts = PAGE.read_text(encoding="utf-8").split("## Those that there are")[1].split("\n## ")[0]
    said = {}
    for text in re.split(r"\n(?=### )", parts)[1:]:
        said[re.findall("`(.*)`", text.splitlines()[0])[0]] = text.strip()
    assert said == {name: as_markdown(corruptions()[name]).strip() for name in said}
    assert said.keys() >= {"packet_loss", "random", "contiguous", "burst_loss", "sector_loss"}


def test_page_explains_every_key_of_method_yaml():
    (keys,) = re.findall(
        r"\| key \| what it says \|\n(.*?)\n\n", PAGE.read_text("utf-8"), re.DOTALL
    )
    named = {key for row in keys.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == {*ANY, *ABOUT}


def test_usual_levels_are_levels():
    for method in corruptions().values():
        for level in method.about["levels"]:
            jsonschema.validate(level, level_schema(method))


def test_example_of_the_page_does_what_it_says(tmp_path, monkeypatch):
    files = example(tmp_path / "framefault/corruption")
    assert [file.name for file in files] == ["method.yaml", "__init__.py"]
    found = methods("framefault.corruption", "corrupt", ABOUT, tmp_path)["truncation"]
    assert found.defaults == {"spread": 0.5}
    space = {}
    exec(files[1].read_text(encoding="utf-8"), space)
    draw, data = np.random.default_rng(1), bytes(range(256)) * 40
    damages = [space["corrupt"](data, 0.1, draw) for _ in range(400)]
    assert all(data.startswith(each.data) and each.changed for each in damages)
    shares = [each.damaged / each.sent for each in damages]
    assert min(shares) >= 0.05 and max(shares) <= 0.15
    assert abs(np.mean(shares) - 0.1) < 0.01
