"""The library installs from a wheel and works outside of the repository."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from test_environment import OPTIONAL, pip_pins

from framefault.workflow.config import TASKS
from videos import encode_frames
from workflow_tools import ROOT

pytestmark = pytest.mark.slow

SCRIPTS = ROOT / "scripts"
# Packages that are imported under another name.
DISTRIBUTIONS = {
    "PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn", "unrar": "unrar2-cffi",
    "yaml": "pyyaml",
}  # fmt: skip
IMPORT_ALL = """
import importlib, sys
from pathlib import Path
wheel = Path(sys.argv[1])
sys.path.insert(0, str(wheel))
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    assert Path(module.__file__).is_relative_to(wheel), (name, module.__file__)
"""


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def library_files(*patterns):
    """Every module of the library, or other files of it, as paths below scripts/."""
    return {
        path.relative_to(SCRIPTS).as_posix()
        for pattern in patterns or ["*.py"]
        for path in SCRIPTS.glob(f"framefault/**/{pattern}")
    }


def module_name(path):
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy, since building leaves files beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(SCRIPTS, source / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests", source / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, source)
    build = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "wheel", *build, "--wheel-dir", folder, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel):
    folder = wheel.parent / "unpacked"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def run_isolated(program, *arguments, folder):
    """Run a program in an empty folder, without the repository in its path."""
    command = [sys.executable, "-I", "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_wheel_holds_the_whole_library_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    assert names == library_files("*.py", "page.*", "story.html", "method.yaml")


def test_wheel_says_what_it_is(wheel, unpacked):
    assert wheel.name == f"framefault-{project()['version']}-py3-none-any.whl"
    (info,) = unpacked.glob("*.dist-info")
    metadata = (info / "METADATA").read_text(encoding="utf-8")
    assert "License-Expression: MIT\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert (info / "licenses/LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_every_module_can_be_imported_outside_of_the_repository(unpacked, tmp_path):
    modules = sorted(map(module_name, library_files()))
    done = run_isolated(IMPORT_ALL, unpacked, *modules, folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_every_package_that_the_library_imports_is_asked_for():
    imported = set()
    for path in library_files():
        for node in ast.walk(ast.parse((SCRIPTS / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    names = {name.partition(".")[0] for name in imported} - {"framefault"}
    needed = {DISTRIBUTIONS.get(name, name) for name in names - sys.stdlib_module_names}
    assert {"numpy", "torch", "av", "unrar2-cffi"} <= needed
    assert needed <= {name for name, _ in requirements()}


def test_what_is_pinned_satisfies_what_is_asked_for():
    pins = pip_pins("requirements.txt", *OPTIONAL, "models.txt", "review.txt", "bench.txt")
    for name, specifier in requirements():
        assert pins[name].removeprefix("==") in specifier, name


def requirements():
    """(package, versions) of the dependencies, optional ones included."""
    table = project()
    lines = sum(table["optional-dependencies"].values(), table["dependencies"])
    return [(spec.name.lower(), spec.specifier) for spec in map(Requirement, lines)]


def test_citation_names_the_same_version_and_license():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project()["version"]
    assert citation["license"] == project()["license"]
    assert citation["authors"] == project()["authors"]


def test_library_installs_alone_and_runs_the_lines_of_its_page(wheel, tmp_path):
    """The page's own lines, in a process that sees the installed wheel and not the clone."""
    place = tmp_path / "installed"
    install = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check", "--target")
    subprocess.run([sys.executable, "-m", "pip", "install", *install, place, wheel], check=True)
    page = (ROOT / "docs/library.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    frames = np.random.default_rng(0).integers(0, 256, (40, 96, 128, 3), np.uint8)
    (tmp_path / "clip.mp4").write_bytes(encode_frames(frames, 25))
    head = f"import sys; sys.path.insert(0, {str(place)!r})\n"
    tail = "import framefault; print(framefault.__file__, 'snakemake' in sys.modules)\n"
    done = run_isolated(head + lines + tail, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lost, decoded, imported = done.stdout.splitlines()
    numbers = re.findall(r"(\d+) of (\d+)", lost + decoded)
    assert 0 < int(numbers[0][0]) < int(numbers[0][1])
    assert 0 < int(numbers[1][0]) <= int(numbers[1][1]) == 40
    assert decoded.endswith("96, 128, 3)")
    assert imported == f"{place / 'framefault/__init__.py'} False"


def flat_keys(section, at=""):
    """Keys of the schema as config/README.md names them: down to the second level."""
    for name, each in section.items():
        inner = each.get("properties") or (
            SCHEMA["$defs"]["levels"]["properties"]
            if each.get("$ref", "").endswith("/levels")
            else {}
        )
        if inner and not at:
            yield from flat_keys(inner, f"{name}.")
        else:
            yield f"{at}{name}"


SCHEMA = yaml.safe_load((ROOT / "config/schema.yaml").read_text(encoding="utf-8"))


def test_configuration_page_names_every_key_and_no_other():
    text = (ROOT / "config/README.md").read_text(encoding="utf-8")
    settings, types = re.findall(r"\|---\|.*?\n((?:\|.*\n)+)", text)
    named = re.findall(r"`([\w.]+)`", re.sub(r"\|[^|]*\|$", "", settings, flags=re.MULTILINE))
    assert sorted(named) == sorted(flat_keys(SCHEMA["properties"]))
    keys = {}
    for line in types.splitlines():
        kind, *found = re.findall(r"`(\w+)`", line)
        shared = keys[found.pop(0)] if "those of `" in line else []
        keys[kind] = [*shared, *found]
    known = {kind: SCHEMA["$defs"][kind]["properties"] for kind in TASKS}
    assert {kind: {"type", *named} for kind, named in keys.items()} == {
        kind: set(properties) for kind, properties in known.items()
    }


def test_catalog_file_says_what_is_true():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text("utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment"}
    deployment = usage["software-stack-deployment"]
    rules = [path.read_text("utf-8") for path in (ROOT / "rules").rglob("*.smk")]
    made = sum(len(re.findall(r"^ *shell:$", text, re.MULTILINE)) for text in rules)
    assert sum(text.count('"../envs/framefault.yaml"') for text in rules) == made
    assert deployment["conda"] and (ROOT / "envs/framefault.yaml").is_file()
    assert not deployment["apptainer"] and not any("container:" in text for text in rules)


def test_container_holds_what_a_run_needs_with_the_same_pins():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert set(copied) - {"envs/requirements.txt"} == {
        "Snakefile", "config", "envs", "profiles", "rules", "scripts",
    }  # fmt: skip
    assert all((ROOT / path).exists() for path in copied)
    (install,) = [line for line in lines if "pip install" in line]
    assert install.endswith("-r /opt/framefault/envs/requirements.txt")
    assert not re.search(r"pip install .*==", install)
    (base,) = [line for line in lines if line.startswith("FROM")]
    (version,) = re.findall(r"python:(3\.\d+)", base)
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yaml").read_text("utf-8"))["jobs"]
    assert version in jobs["test-fast"]["strategy"]["matrix"]["python"]
