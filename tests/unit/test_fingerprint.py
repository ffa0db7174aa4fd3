"""Fingerprints follow what code does, and planning a run imports nothing heavy."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from framefault.workflow import fingerprint as module

SCRIPTS = Path(__file__).parents[2] / "scripts"
CACHED = (module.imported, module.module_digest, module.parsed, module.source_file)
STAGE = '''"""Docstring."""
from package.library import work


class Stage:
    """What it is."""

    def run(self, count=3):
        """What it does."""
        return work(count) + [1, 2]
'''


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small scripts folder: stage -> package.library -> package.depth; package.other unused."""
    monkeypatch.setattr(module, "SCRIPTS", tmp_path)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("VERSION = 1\n")
    (tmp_path / "package" / "library.py").write_text("import package.depth as d\nwork = d.work\n")
    (tmp_path / "package" / "depth.py").write_text("import os, numpy\n\n\nwork = [5]\n")
    (tmp_path / "package" / "other.py").write_text("x = 1\n")
    (tmp_path / "stage.py").write_text(STAGE)
    yield tmp_path
    for function in CACHED:
        function.cache_clear()


def fresh(script="stage"):
    for function in CACHED:
        function.cache_clear()
    return module.fingerprint(script)


def test_closure_holds_what_is_imported_below_scripts(tree):
    expected = {"stage", "package", "package.library", "package.depth"}
    assert module.import_closure("stage") == expected


def test_closure_holds_every_package_above_a_module(tree):
    (tree / "package" / "inner").mkdir()
    (tree / "package" / "inner" / "__init__.py").write_text("LEVEL = 2\n")
    (tree / "package" / "inner" / "core.py").write_text("def work():\n    return 1\n")
    (tree / "deep.py").write_text("from package.inner.core import work\n")
    expected = {"deep", "package", "package.inner", "package.inner.core"}
    assert module.import_closure("deep") == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Docstring."""', "# comment"),
        ('    """What it is."""\n', ""),
        ('"""What it does."""', '"""Something else,\n\n        over several lines."""'),
        ("\n\n\nclass", "\n\n\n\n\n\nclass"),
        ("[1, 2]", "[  # why\n            1,\n            2,\n        ]"),
        ("work(count) + [1, 2]", "(work(count)\n            + [1, 2])"),
        ('"""Docstring."""', "'''Docstring.'''"),
    ],
)
def test_layout_and_words_do_not_count(tree, old, new):
    before = fresh()
    assert old in STAGE
    (tree / "stage.py").write_text(STAGE.replace(old, new, 1))
    assert fresh() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("count=3", "count=4"),
        ("count=3", "count=3.0"),
        ("count=3", "count='3'"),
        ("count=3", "count=None"),
        ("+ [1, 2]", "- [1, 2]"),
        ("+ [1, 2]", "+ [2, 1]"),
        ("+ [1, 2]", "+ []"),
        ("        return ", "        "),
        ("def run(self", "async def run(self"),
        ('"""What it does."""', "log = 'What it does.'"),
    ],
)
def test_code_counts(tree, old, new):
    before = fresh()
    assert old in STAGE
    (tree / "stage.py").write_text(STAGE.replace(old, new, 1))
    assert fresh() != before


@pytest.mark.parametrize("name", ["__init__", "library", "depth"])
def test_code_of_imported_modules_counts(tree, name):
    before = fresh()
    file = tree / "package" / f"{name}.py"
    file.write_text(file.read_text() + "y = 2\n")
    assert fresh() != before


def test_constant_in_a_transitive_import_counts(tree):
    before = fresh()
    (tree / "package" / "depth.py").write_text("import os, numpy\n\n\nwork = [6]\n")
    assert fresh() != before


def test_module_that_is_not_imported_does_not_count(tree):
    before = fresh()
    (tree / "package" / "other.py").write_text("x = 2\n")
    (tree / "new.py").write_text("x = 3\n")
    assert fresh() == before


def test_text_that_is_no_docstring_counts(tree):
    (tree / "stage.py").write_text("x = 1\n'text'\n")
    before = fresh()
    (tree / "stage.py").write_text("x = 1\n'other text'\n")
    assert fresh() != before


def test_two_scripts_differ():
    names = [path.stem for path in SCRIPTS.glob("*.py")]
    assert len({fresh(name) for name in names}) == len(names)


def test_packet_loss_belongs_to_its_own_script_and_to_the_figure_of_packets():
    users = {
        path.stem
        for path in SCRIPTS.glob("*.py")
        if "framefault.corruption.packet_loss" in module.import_closure(path.stem)
    }
    assert users == {"corrupt_packet_loss", "figure_bits"}


PRINT = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from framefault.workflow.fingerprint import fingerprint
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    print(path.stem, fingerprint(path.stem))
"""


def other_python(version):
    """Another installed Python: beside the running one, or on the search path."""
    name = f"python{version}"
    beside = [str(path) for path in Path(sys.base_prefix).parent.glob(f"*/bin/{name}")]
    for python in [*beside, shutil.which(name)]:
        if python and subprocess.run([python, "-V"], capture_output=True).returncode == 0:
            return python
    return None


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_python_gives_the_same_fingerprints(version):
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip("the running version")
    python = other_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    command = ["-I", "-c", PRINT, str(SCRIPTS)]
    texts = [
        subprocess.run([each, *command], capture_output=True, text=True, check=True).stdout
        for each in (sys.executable, python)
    ]
    assert texts[0] == texts[1]
    assert len(texts[0].splitlines()) == len(list(SCRIPTS.glob("*.py")))


def test_planning_imports_nothing_heavy():
    rules = "".join(path.read_text() for path in (SCRIPTS.parent / "rules").rglob("*.smk"))
    names = re.findall(r"^(?:from|import) (run|framefault[.\w]+)", rules, re.MULTILINE)
    assert {"run", "framefault.workflow.resume", "framefault.pmk.settings"} <= set(names)
    code = (
        f"import sys; sys.path.insert(0, sys.argv[1]); import {', '.join(names)};"
        " print({'torch', 'numpy', 'pandas', 'pyarrow', 'av', 'scipy'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code, str(SCRIPTS)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
