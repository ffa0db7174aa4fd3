"""The mutation tool: which wrongs it makes, and which of them it says that tests do not notice."""

import ast
import json

import pytest

import mutants
from workflow_tools import ROOT

pytestmark = pytest.mark.slow

MODULE = "def larger(a, b):\n    return a > b\n\n\ndef shorter(a):\n    return a - 1\n"
TESTS = """\
from framefault.short import larger, shorter

def test_larger():
    assert larger(2, 1)
    assert not larger(1, 2)

def test_shorter():
    assert shorter(3) == 2
"""


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("a < b", {"a <= b"}),
        ("a <= b == c", {"a < b == c", "a <= b != c"}),
        ("a + b", {"a - b"}),
        ("a += b", {"a -= b"}),
        ("a and b", {"a or b"}),
        ("not a", {"not not a"}),
        ("-a", {"+a"}),
        ("7", {"8", "6"}),
        ("True", {"False"}),
        ("min(a)", {"max"}),
        ("a.argmax()", {"a.argmin"}),
        ("'text'", set()),
        ("raise ValueError(f'{1 + 2}')", set()),
        ("f'{1 + 2}'", set()),
        ("def f(a: min): pass", set()),
    ],
)
def test_wrongs(source, changes):
    assert {after for _, _, after, _ in mutants.mutants(source)} == changes


def test_one_thing_is_wrong_at_a_time():
    found = [ast.unparse(tree) for *_, tree in mutants.mutants("a + b < -1")]
    assert found == ["a + b <= -1", "a - b < -1", "a + b < +1", "a + b < -2", "a + b < -0"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one module, whose tests never ask of equals."""
    monkeypatch.setattr(mutants, "WARM", ())
    for name, text in {
        "scripts/framefault/__init__.py": "",
        "scripts/framefault/short.py": MODULE,
        "tests/unit/test_short.py": TESTS,
        "tests/mutants.yaml": "short.py: short\n",
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["scripts"]\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_survivors_are_told_and_explained(project):
    mutants.main([], project)
    state = project / "results/mutants/tried.jsonl"
    first = state.read_text()
    done = {row["change"]: row["status"] for row in map(json.loads, first.splitlines())}
    assert done == {
        "return a > b: `a > b` -> `a >= b`": "survived",
        "return a - 1: `a - 1` -> `a + 1`": "killed",
        "return a - 1: `1` -> `2`": "killed",
        "return a - 1: `1` -> `0`": "killed",
    }
    text = (project / "results/mutants.md").read_text()
    assert text.startswith("4 mutants tried, 1 survived.")
    survivor = "scripts/framefault/short.py:2: return a > b: `a > b` -> `a >= b`"
    assert f"- {survivor} (not explained)" in text
    assert (project / "scripts/framefault/short.py").read_text() == MODULE
    reason = survivor.replace(":2:", ":") + ": nobody asks of equals"
    (project / "tests/mutants_explained.txt").write_text(reason + "\n")
    mutants.main([], project)
    assert state.read_text() == first  # nothing was tried again
    assert f"- {survivor} (nobody asks of equals)" in (project / "results/mutants.md").read_text()
    # With other tests, a survivor is tried again.
    (project / "tests/unit/test_short.py").write_text(TESTS + "    assert not larger(1, 1)\n")
    mutants.main([], project)
    (again,) = map(json.loads, state.read_text().removeprefix(first).splitlines())
    assert again["change"] in survivor and again["status"] == "killed"
    assert (project / "results/mutants.md").read_text().startswith("4 mutants tried, 0 survived.")


def test_tests_that_fail_without_a_mutant_are_told(project):
    (project / "tests/unit/test_short.py").write_text("def test_wrong():\n    assert False\n")
    with pytest.raises(SystemExit, match="test_short.py: killed without any mutant"):
        mutants.main(["--count", "1"], project)


def test_modules_and_their_tests_exist():
    listed = list(mutants.all_mutants(ROOT))
    assert all((ROOT / test).is_file() for mutant in listed for test in mutant["tests"])
    patterns = mutants.yaml.safe_load((ROOT / "tests/mutants.yaml").read_text("utf-8"))
    assert all(list((ROOT / mutants.LIBRARY).glob(pattern)) for pattern in patterns)
    assert len({mutant["key"] for mutant in listed}) == len(listed) > 1000


def test_explanations_are_of_what_there_is():
    explained = ROOT / "tests/mutants_explained.txt"
    changes = {f"{each['file']}: {each['change']}" for each in mutants.all_mutants(ROOT)}
    lines = explained.read_text("utf-8").splitlines() if explained.exists() else []
    assert {line.rsplit(": ", 1)[0] for line in lines} <= changes
