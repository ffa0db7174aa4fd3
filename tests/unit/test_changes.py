"""What changed since a file was made: settings, code, inputs, each told by its name."""

import json
import os
from pathlib import Path

import pytest

import code_tree
from framefault.workflow import fingerprint as module
from framefault.workflow.changes import changes, inputs_with_other_content
from framefault.workflow.fingerprint import code_modules, fingerprint
from framefault.workflow.job import Job, Named
from framefault.workflow.provenance import input_digests, read_record, record_path, write

SETTINGS = {"recipe": {"epochs": 5, "schedule": "cosine"}, "levels": ["0.1", "0.2"], "limit": None}
CODE = {
    "stage.py": "from package.library import work\nresult = work(1)\n",
    "package/__init__.py": '"""A package."""\n',
    "package/library.py": "import package.depth as depth\n\ndef work(n):\n    return n + depth.x\n",
    "package/depth.py": "x = 1\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of results, with code of its own: stage -> package.library -> package.depth."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "SCRIPTS", tmp_path / "scripts")
    code_tree.write(tmp_path / "scripts", CODE)
    yield tmp_path
    code_tree.forget()


def make(path, content="content", inputs=(), settings=SETTINGS):
    """Make a file with its record, as a job does."""
    path = Path(path)
    path.write_text(content)
    output = Named(file=path, provenance=record_path(path))
    job = Job(Named(), output, Named(), Named(settings), Named(), 1, fingerprint("stage"))
    write("stage", job, input_digests(map(Path, inputs)))
    return read_record(path)


def told(record, inputs=(), settings=SETTINGS):
    return changes(record, {"stage": "stage", "settings": json.dumps(settings)}, list(inputs))


def test_nothing_has_changed(folder):
    make("before.txt")
    Path("own.txt").write_text("mine")
    inputs = ["before.txt", "own.txt", "absent.txt"]
    assert told(make("x.txt", inputs=inputs), inputs) == []


def test_rules_that_run_no_stage_have_no_changes(folder):
    assert changes(make("x.txt"), {}, ["y.txt"]) == []


# Settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"recipe": {"epochs": 6, "schedule": "cosine"}}, "recipe.epochs: 5 → 6"),
        ({"recipe": {"epochs": 5, "schedule": "é"}}, 'recipe.schedule: "cosine" → "é"'),
        ({"recipe": {"epochs": 5}}, 'recipe.schedule: "cosine" → absent'),
        ({"seed": {"first": 0}}, "seed.first: absent → 0"),
        ({"limit": False}, "limit: null → false"),
        ({"levels": ["0.1", "0.3", "0.4"]}, 'levels: + "0.3", + "0.4", - "0.2"'),
        ({"levels": ["0.2", "0.1"]}, 'levels: ["0.1", "0.2"] → ["0.2", "0.1"]'),
        ({"levels": {}}, 'levels: ["0.1", "0.2"] → {}'),
    ],
)
def test_setting_is_told_with_its_old_and_new_value(folder, new, said):
    assert told(make("x.txt"), settings=SETTINGS | new) == [said]


def test_every_setting_that_differs_is_told(folder):
    new = {"recipe": {"epochs": 6, "schedule": "plateau"}, "levels": ["0.1", "0.2"]}
    assert told(make("x.txt"), settings=new) == [
        "limit: null → absent",
        "recipe.epochs: 5 → 6",
        'recipe.schedule: "cosine" → "plateau"',
    ]


def test_order_and_writing_of_settings_are_no_change(folder):
    record = make("x.txt")
    assert told(record, settings=dict(reversed(SETTINGS.items()))) == []
    assert told(record, settings=SETTINGS | {"recipe": {"schedule": "cosine", "epochs": 5.0}}) == []


# Code -------------------------------------------------------------------------------------------


def rewrite(folder, **modules):
    """Change modules of the package, or the stage."""
    place = {"stage": "stage.py"}
    files = {place.get(name, f"package/{name}.py"): code for name, code in modules.items()}
    code_tree.write(folder / "scripts", files)


def test_changed_module_is_named_and_no_other(folder):
    record = make("x.txt")
    old = code_modules("stage")["package.depth"]
    rewrite(folder, depth="x = 2\n")
    new = code_modules("stage")["package.depth"]
    assert old != new
    assert told(record) == [f"code of package.depth: {old} → {new}"]


def test_comments_are_no_change(folder):
    record = make("x.txt")
    rewrite(folder, depth='"""About x."""\n\nx = 1  # one\n')
    assert told(record) == []


def move_depth(folder, code=CODE["package/depth.py"]):
    """package.depth becomes other.deep."""
    (folder / "scripts/package/depth.py").unlink()
    library = CODE["package/library.py"].replace("package.depth", "other.deep")
    code_tree.write(folder / "scripts", {"package/library.py": library, "other/deep.py": code})


def test_moved_module_is_no_change(folder):
    record = make("x.txt")
    move_depth(folder)
    assert "other.deep" in code_modules("stage")
    assert told(record) == []


def test_moved_module_is_not_named_beside_a_changed_one(folder):
    record = make("x.txt")
    move_depth(folder)
    rewrite(folder, stage=CODE["stage.py"].replace("(1)", "(2)"))
    (said,) = told(record)
    assert said.startswith("code of stage: ")


def test_module_that_moved_and_changed_is_named_at_both_places(folder):
    record = make("x.txt")
    move_depth(folder, "x = 2\n")
    old, new = record["code"]["modules"]["package.depth"], code_modules("stage")["other.deep"]
    assert told(record) == [
        f"code of other.deep: absent → {new}",
        f"code of package.depth: {old} → absent",
    ]


def test_module_that_was_as_empty_as_others_is_named(folder):
    rewrite(folder, depth="", library="import package.depth\n\n\ndef work(n):\n    return n\n")
    record = make("x.txt")
    rewrite(folder, __init__="x = 1\n")
    (said,) = told(record)
    assert said.startswith("code of package: ")


def test_another_function_of_the_same_modules_is_told(folder):
    rewrite(folder, library="def work(n):\n    return n\n\ndef play(n):\n    return -n\n")
    record = make("x.txt")
    rewrite(folder, stage=CODE["stage.py"].replace("work\n", "play as work\n", 1))
    assert told(record) == ["code: imports differ"]


# Inputs -----------------------------------------------------------------------------------------


def make_anew(path, content):
    """Make a file again, at a time of its own however coarse the clock is."""
    record = make(path, content)
    times = record_path(path).stat().st_mtime_ns + 10_000_000
    os.utime(record_path(path), ns=(times, times))
    return record


def test_input_that_was_made_anew_with_other_content_is_told(folder):
    make("before.txt")
    record = make("x.txt", inputs=["before.txt"])
    make_anew("before.txt", "content")
    assert told(record, ["before.txt"]) == []
    make_anew("before.txt", "other")
    assert told(record, ["before.txt"]) == ["other content in before.txt"]
    assert inputs_with_other_content(record, ["before.txt"]) == ["before.txt"]


def test_input_that_was_deleted_is_judged_by_its_record(folder):
    make("before.txt")
    record = make("x.txt", inputs=["before.txt"])
    Path("before.txt").unlink()
    assert told(record, ["before.txt"]) == []
    record_path("before.txt").unlink()
    assert told(record, ["before.txt"]) == []


def test_users_own_file_is_told_with_its_digests(folder):
    Path("own.txt").write_text("mine")
    record = make("x.txt", inputs=["own.txt"])
    Path("own.txt").write_text("other")
    (said,) = told(record, ["own.txt"])
    digests = [input_digests([Path("own.txt")])["own.txt"][:16], record["inputs"]["own.txt"][:16]]
    assert said == f"own.txt: {digests[1]} → {digests[0]}"


def test_inputs_come_and_go(folder):
    for name in "abcd":
        make(f"{name}.txt", name)
    record = make("x.txt", inputs=["a.txt", "b.txt"])
    assert told(record, ["a.txt", "b.txt", "c.txt"]) == ["new input c.txt"]
    assert told(record, ["a.txt"]) == ["no input any more: b.txt"]
    assert told(record, []) == ["no input any more: a.txt and 1 more"]
    assert told(record, ["a.txt", "b.txt", "new.txt", "newer.txt"]) == [
        "new input new.txt and 1 more"
    ]
