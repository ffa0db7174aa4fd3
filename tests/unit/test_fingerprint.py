"""Fingerprints follow what code does, and planning a run imports nothing heavy."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import code_tree
from framefault.corruption.registry import corruptions
from framefault.workflow import fingerprint as module

SCRIPTS = Path(__file__).parents[2] / "scripts"
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
    files = {
        "package/__init__.py": "VERSION = 1\n",
        "package/library.py": "import package.depth as d\nwork = d.work\n",
        "package/depth.py": "import os, numpy\n\n\nwork = [5]\n",
        "package/other.py": "x = 1\n",
        "stage.py": STAGE,
    }
    code_tree.write(tmp_path, files)
    yield tmp_path
    code_tree.forget()


def fresh(script="stage"):
    code_tree.forget()
    return module.fingerprint(script)


def count(tree, before, after, place="stage.py"):
    """Whether a change of the code in one file counts."""
    digests = []
    for code in (before, after):
        code_tree.write(tree, {place: code})
        digests.append(fresh())
    assert before != after
    return digests[0] != digests[1]


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
    assert count(tree, "x = 1\n'text'\n", "x = 1\n'other text'\n")


# Messages ----------------------------------------------------------------------------------------

CHECK = """import logging
from package.library import work

log = logging.getLogger("stage")


def check(path, n, bad="-"):
    log.info("%s has %d lines", path, n)
    if n > 3 and path != "none":
        raise ValueError(f"{path} has {n} lines;" " take another", bad)
    found = [UserError("first"), UserError(f"second of {n}")]
    if found:
        raise damaged(path, "what is wrong") from None
    log.debug("done")
    return f"{path}: {n}", print("told"), work
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('f"{path} has {n} lines;" " take another"', '"too many lines"'),
        ('f"{path} has {n} lines;"', 'f"{n} lines are in {path!r:>9};"'),
        ('UserError("first")', 'UserError("1st")'),
        ('UserError("first")', 'UserError(f"first of {n}")'),
        ('UserError(f"second of {n}")', 'UserError(f"{path}")'),
        ('"what is wrong"', '"what is not right"'),
        ('    log.info("%s has %d lines", path, n)\n', ""),
        ('log.info("%s has %d lines", path, n)', 'log.warning("%d lines", n)'),
        ('    log.debug("done")\n', '    log.debug("done")\n    log.info("really")\n'),
    ],
)
def test_words_of_errors_and_log_lines_do_not_count(tree, old, new):
    assert old in CHECK
    assert not count(tree, CHECK, CHECK.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("n > 3", "n > 4"),
        ('!= "none"', '!= "clean"'),  # an expression beside, not a message
        ("raise ValueError(", "raise TypeError("),
        ('take another", bad)', 'take another")'),
        ('    found = [UserError("first"), ', "    found = ["),
        ('UserError("first")', 'UserError("first", n)'),
        ('UserError("first")', 'User("first")'),
        ("raise damaged(path, ", "raise damaged(n, "),
        ('raise damaged(path, "what is wrong") from None', "return damaged(path)"),
        ('f"{path}: {n}"', 'f"{path}; {n}"'),
        ('f"{path}: {n}"', 'f"{n}: {path}"'),
        ('print("told")', 'print("said")'),
        ('getLogger("stage")', 'getLogger("other")'),
        ('bad="-"', 'bad="+"'),
        ('log.debug("done")', 'logging.debug("done")'),
    ],
)
def test_code_around_messages_counts(tree, old, new):
    assert old in CHECK
    assert count(tree, CHECK, CHECK.replace(old, new, 1))


def test_what_a_log_line_returns_counts(tree):
    assert count(tree, 'x = log.info("a")\n', 'x = log.info("b")\n')


# Imports -----------------------------------------------------------------------------------------


def test_moved_and_renamed_modules_do_not_count(tree):
    before = fresh()
    for old, new in (("library", "elsewhere/place"), ("depth", "elsewhere/deep")):
        (tree / f"{new}.py").parent.mkdir(exist_ok=True)
        (tree / "package" / f"{old}.py").rename(tree / f"{new}.py")
    (tree / "package").rename(tree / "unused")
    code_tree.write(tree, {
        "elsewhere/__init__.py": "VERSION = 1\n",
        "elsewhere/place.py": "from elsewhere import deep as d\nwork = d.work\n",
        "stage.py": STAGE.replace("package.library", "elsewhere.place"),
    })  # fmt: skip
    assert "elsewhere.deep" in module.import_closure("stage")
    assert fresh() == before
    (tree / "stage.py").rename(tree / "step.py")
    assert fresh("step") == before


TWO = """import os
import package.depth as d
from package.library import work
from package.other import x

print(work, x, d, os)
"""


@pytest.mark.parametrize(
    "after",
    [
        "from package.other import x\nfrom package.library import work\n"
        "import package.depth as d\nimport os\n\nprint(work, x, d, os)\n",
        "from package import depth as d\nfrom package.library import work\nimport os\n"
        "from package.other import x\nprint(work, x, d, os)\n",
    ],
)
def test_order_and_form_of_imports_do_not_count(tree, after):
    assert not count(tree, TWO, after)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from package.library import work", "from package.depth import work"),
        ("from package.library import work", "from numpy import work"),
        ("from package.library import work", "from package.library import play as work"),
        ("import os", "import sys as os"),
        ("import os\n", "import os\nimport numpy\n"),
        ("from package.library import work\nfrom package.other import x",
         "from package.library import work as x\nfrom package.other import x as work"),
    ],
)  # fmt: skip
def test_import_of_something_else_counts(tree, old, new):
    assert old in TWO
    assert count(tree, TWO, TWO.replace(old, new))


def test_import_within_a_function_is_followed(tree):
    code_tree.write(tree, {"stage.py": "def run():\n    if 1:\n        import package.other\n"})
    assert "package.other" in module.import_closure("stage")
    assert count(tree, "x = 1\n", "x = 2\n", place="package/other.py")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("a + b", "a - b"),
        ("b=LIMIT", "b=7"),
        ("@cache", "@lru_cache(None)"),
        ("@cache\n", ""),
        ("a < b", "a <= b"),
        ("not a", "a"),
        ("**options", "*options"),
        ('"text"', '"test"'),
    ],
)
def test_code_of_a_module_that_is_imported_through_others_counts(tree, old, new):
    code = (
        "LIMIT = 3\n\n\n@cache\ndef work(a, b=LIMIT, **options):\n"
        '    return a + b if a < b else (not a, "text")\n'
    )
    assert old in code
    assert count(tree, code, code.replace(old, new), place="package/depth.py")


def test_modules_that_import_each_other_are_refused(tree):
    code_tree.write(tree, {"package/depth.py": "def work():\n    import package.library\n"})
    circle = "package.library → package.depth → package.library"
    with pytest.raises(ValueError, match=f"modules import each other: .*{circle}"):
        fresh()
    code_tree.write(tree, {"package/depth.py": "work = [5]\n"})
    assert fresh() == fresh()  # the refusal leaves nothing behind


# Methods -----------------------------------------------------------------------------------------


def told(*modules):
    code_tree.forget()
    return module.fingerprint("stage", *modules)


def test_code_of_the_module_that_a_script_is_told_counts_and_of_no_other(tree):
    code_tree.write(tree, {
        "kinds/__init__.py": "", "kinds/a/__init__.py": "import package.other\nx = 1\n",
        "kinds/b/__init__.py": "x = 2\n",
    })  # fmt: skip
    alone, a, b = told(), told("kinds.a"), told("kinds.b")
    assert len({alone, a, b}) == 3
    assert module.import_closure("stage", "kinds.a") - module.import_closure("stage") == {
        "kinds", "kinds.a", "package.other",
    }  # fmt: skip
    code_tree.write(tree, {"kinds/b/__init__.py": "x = 3\n"})
    assert (told(), told("kinds.a")) == (alone, a) and told("kinds.b") != b
    code_tree.write(tree, {"package/other.py": "x = 5\n"})  # what the method imports
    assert told() == alone and told("kinds.a") != a


@pytest.mark.parametrize("package", ["kinds/__init__.py", "kinds/a/__init__.py"])
def test_code_of_packages_above_a_module_that_a_script_is_told_counts(tree, package):
    code_tree.write(tree, {
        "kinds/__init__.py": "", "kinds/a/__init__.py": "", "kinds/a/core.py": "x = 1\n",
    })  # fmt: skip
    before = told("kinds.a.core")
    code_tree.write(tree, {package: "y = 1\n"})
    assert told("kinds.a.core") != before


# Plumbing ----------------------------------------------------------------------------------------

USING = """from framefault.errors import UserError
from framefault.workflow.job import stage

print(UserError, stage)
"""


def test_plumbing_does_not_count_nor_what_only_it_imports(tree):
    plumbing = {
        name.replace(".", "/") + ".py": "import package.other\n" for name in module.PLUMBING
    }
    code_tree.write(tree, {"stage.py": USING} | plumbing)
    before = fresh()
    for place in plumbing:
        code_tree.write(tree, {place: "x = 2\n"})
    assert fresh() == before
    assert module.import_closure("stage").isdisjoint({*module.PLUMBING, "package.other"})
    assert module.code_modules("stage").keys().isdisjoint(module.PLUMBING)


def test_what_is_taken_from_plumbing_counts(tree):
    code_tree.write(tree, {"framefault/errors.py": "", "framefault/workflow/job.py": ""})
    assert count(tree, USING, USING.replace("import stage", "import Job as stage"))


@pytest.mark.parametrize("name", sorted(module.PLUMBING))
def test_plumbing_is_there_under_its_name(name):
    assert module.source_file(name) is not None


# The project's own stages ------------------------------------------------------------------------


def test_fingerprints_are_kept_until_any_code_changes(tree, tmp_path, monkeypatch):
    at_end, file = [], tmp_path / "kept.json"
    monkeypatch.setattr(module.atexit, "register", at_end.append)
    module.recall(file)
    first = fresh()
    at_end.pop()()
    kept = json.loads(file.read_text())
    assert kept["fingerprints"] == {"stage": first}
    file.write_text(json.dumps(kept | {"fingerprints": {"stage": "as kept"}}))
    code_tree.forget()
    module.recall(file)
    assert module.fingerprint("stage") == "as kept"
    code_tree.write(tree, {"package/other.py": "x = 2\n"})
    module.recall(file)
    assert module.fingerprint("stage") == first


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"code": 1}'])
def test_spoilt_file_of_fingerprints_says_nothing(tree, tmp_path, monkeypatch, text):
    monkeypatch.setattr(module.atexit, "register", lambda keep: None)
    (tmp_path / "kept.json").write_text(text)
    first = fresh()
    module.recall(tmp_path / "kept.json")
    assert fresh() == first


def test_two_scripts_differ():
    names = [path.stem for path in SCRIPTS.glob("*.py")]
    assert len({fresh(name) for name in names}) == len(names)


def test_packet_loss_belongs_to_corruptions_that_lose_packets_and_to_the_figure_of_packets():
    def users(name):
        scripts = [[path.stem] for path in SCRIPTS.glob("*.py")]
        told = [["corrupt", each.module] for each in corruptions().values()]
        return {each[-1] for each in scripts + told if name in module.import_closure(*each)}

    own, burst = "framefault.corruption.packet_loss", "framefault.corruption.burst_loss"
    assert users(own) == {own, "excerpt_bits", "figure_bits"}
    figures = {"excerpt_bits", "figure_bits"}
    assert users("framefault.corruption.rtp.sending") == {own, burst, *figures, "story"}


def test_no_two_corruptions_share_their_own_code_and_none_counts_how_they_are_found():
    prints = [module.fingerprint("corrupt", each.module) for each in corruptions().values()]
    assert len(set(prints)) == len(prints) >= 5
    for each in corruptions().values():
        closure = module.import_closure("corrupt", each.module)
        assert closure.isdisjoint(
            {other.module for other in corruptions().values()} - {each.module}
        )
        assert closure.isdisjoint({"framefault.methods", "framefault.corruption.registry"})


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


def test_planning_imports_no_network_no_video_and_no_figure():
    """Every Snakemake process of a cluster pays for what rules import.

    Tables are read by pandas, which takes 0.3 s; these take seconds.
    """
    rules = "".join(path.read_text() for path in (SCRIPTS.parent / "rules").rglob("*.smk"))
    names = re.findall(r"^(?:from|import) (run|framefault[.\w]+)", rules, re.MULTILINE)
    assert {"run", "framefault.workflow.resume", "framefault.tasks.frames.settings"} <= set(names)
    heavy = [
        "torch",
        "torchvision",
        "av",
        "matplotlib",
        "scipy",
        "seaborn",
        "skimage",
        "sklearn",
        "PIL",
    ]
    code = (
        f"import sys; sys.path.insert(0, sys.argv[1]); import {', '.join(names)};"
        f" print(set({heavy}) & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code, str(SCRIPTS)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
