"""No part of the library imports one that lies above it.

From the ground up: what knows nothing of videos (errors to methods); what is done to the bytes of
videos (corruption); videos themselves; data sets, which are lists of videos; the training loop;
scores, with their statistics, tables and claims, which know no task; the tasks, which make scores;
figures, which show scores and ask tasks what they mean; the report, one page of all that was made;
the workflow, which plans all of it. Scripts stand on top. Two tasks know nothing of each other.
"""

import ast
from functools import cache

import pytest

from workflow_tools import ROOT

SCRIPTS = ROOT / "scripts"
LAYERS = (
    "errors", "seeds", "shards", "files", "tabular", "methods", "corruption", "video", "protection",
    "data", "training", "results", "tasks", "plots", "report", "workflow",
)  # fmt: skip


def name_of(path):
    return ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(SCRIPTS.glob("framefault/**/*.py"))}
STAGES = {path.stem: path for path in sorted(SCRIPTS.glob("*.py"))}


@cache
def imported(path):
    """The library's modules that a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import, which fingerprints do not see"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in inner}
    return {name for name in found if name.startswith("framefault.")}


def layer(module):
    return LAYERS.index(module.split(".")[1])


def test_every_module_has_its_layer():
    assert {module.split(".")[1] for module in MODULES if module != "framefault"} == set(LAYERS)
    assert {name for path in [*MODULES.values(), *STAGES.values()] for name in imported(path)} <= (
        MODULES.keys()
    )


def test_no_module_imports_upwards():
    upwards = [
        (module, name)
        for module, path in MODULES.items()
        for name in imported(path)
        if layer(name) > layer(module)
    ]
    assert upwards == []


def tops(path):
    """First parts of the names of all modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("files", [MODULES, STAGES], ids=["library", "scripts"])
def test_scripts_are_imported_by_nothing(files):
    names = set().union(*map(tops, files.values()))
    assert {"framefault", "numpy", "json"} <= names
    assert names & STAGES.keys() == set()


def test_tasks_do_not_know_each_other():
    tasks = {path.name for path in (SCRIPTS / "framefault/tasks").iterdir() if path.is_dir()}
    tasks -= {"__pycache__"}
    assert tasks == {"recognition", "frames", "tracking", "detection"}
    foreign = [
        (module, name)
        for module, path in MODULES.items()
        for name in imported(path)
        if module.startswith("framefault.tasks.") and name.startswith("framefault.tasks.")
        if module.split(".")[2:3] != name.split(".")[2:3]
    ]
    assert foreign == []


def reached(module):
    """All modules that one imports, also through others, each with the way to it."""
    ways, todo = {}, [(name, (module, name)) for name in imported(MODULES[module])]
    while todo:
        name, way = todo.pop()
        if name not in ways:
            ways[name] = way
            todo += [(each, (*way, each)) for each in imported(MODULES[name])]
    return ways


def test_no_modules_import_each_other():
    circles = [ways[module] for module in MODULES if module in (ways := reached(module))]
    assert circles == []
