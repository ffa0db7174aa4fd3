"""The pins for pip and for conda are valid and agree."""

import re
import tomllib

import yaml
from packaging.requirements import Requirement

from workflow_tools import ROOT

# The same project under another name in conda's channels.
CONDA_NAMES = {"torch": "pytorch"}


OPTIONAL = ("rar.txt", "onnx.txt", "timm.txt")  # what tests and conda have as well
REQUIREMENTS = (
    "requirements.txt", *OPTIONAL, "models.txt", "review.txt", "docs.txt", "bench.txt",
    "requirements-test.txt",
)  # fmt: skip
TEST_TOOLS = {"pytest", "hypothesis", "psutil", "ruff", "snakefmt", "pre-commit"}


def lines(name):
    text = (ROOT / "envs" / name).read_text(encoding="utf-8")
    return [line.split("#")[0].strip() for line in text.splitlines() if line.split("#")[0].strip()]


def pip_pins(*names):
    """Package -> version of some files of pins; of those alone, not of files that they include."""
    specs = [Requirement(line) for name in names for line in lines(name) if line[:2] != "-r"]
    return {spec.name.lower(): str(spec.specifier) for spec in specs}


def conda_pins():
    environment = yaml.safe_load((ROOT / "envs/framefault.yaml").read_text(encoding="utf-8"))
    *specs, from_pip = [spec for spec in environment["dependencies"] if spec != "pip"]
    pins = dict(spec.split(" ", 1) for spec in specs)
    return pins | {
        name: f"={version}" for name, version in (s.split("==") for s in from_pip["pip"])
    }


def test_every_pin_is_exact():
    assert all(
        re.fullmatch(r"==[0-9][0-9.]*", version) for version in pip_pins(*REQUIREMENTS).values()
    )
    assert all(re.fullmatch(r"=[0-9][0-9.]*", version) for version in conda_pins().values())


def test_every_package_is_pinned_in_one_file():
    assert {path.name for path in (ROOT / "envs").glob("*.txt")} == set(REQUIREMENTS)
    assert len(pip_pins(*REQUIREMENTS)) == sum(len(pip_pins(name)) for name in REQUIREMENTS)


def test_tests_need_what_running_needs_and_more():
    assert lines("requirements-test.txt")[0] == "-r requirements.txt"
    assert {f"-r {name}" for name in OPTIONAL} <= set(lines("requirements-test.txt"))
    assert set(pip_pins("requirements-test.txt")) >= TEST_TOOLS


def test_conda_repeats_the_pins_of_pip():
    pins = pip_pins("requirements.txt", *OPTIONAL)
    pip = {CONDA_NAMES.get(name, name): version[2:] for name, version in pins.items()}
    conda = {name: version[1:] for name, version in conda_pins().items()}
    assert conda.pop("python")
    assert conda == {name: pip[name] for name in conda}
    # Snakemake itself is installed before it makes an environment of these pins.
    assert {name for name in pip.keys() - conda.keys() if "snakemake" not in name} == set()


def test_the_rules_environment_has_all_that_the_scripts_import():
    imported = set()
    commands = {"why.py", "plan.py", "provenance.py", "snakemake_private.py", "cluster.py"}
    for script in (ROOT / "scripts").rglob("*.py"):
        if script.name in commands:
            continue
        text = script.read_text(encoding="utf-8")
        imported |= set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE))
    packages = {"PIL": "pillow", "yaml": "pyyaml", "skimage": "scikit-image",
                "sklearn": "scikit-learn", "torch": "pytorch", "unrar": "unrar2-cffi"}  # fmt: skip
    third_party = {packages.get(name, name) for name in imported} & (
        set(packages.values()) | set(pip_pins("requirements.txt"))
    )
    assert {"av", "pytorch", "pyarrow", "unrar2-cffi"} <= third_party
    assert third_party <= set(conda_pins())


def test_no_address_of_a_package_registry_is_recorded():
    folders = ("envs", "config", "profiles", ".github", "rules")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    paths += [path for path in ROOT.iterdir() if path.suffix in (".md", ".toml", ".yaml", ".cff")]
    for path in [*paths, ROOT / "Makefile"]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"index-url|https?://[^\s]*(pypi|anaconda|conda\.)", text), path


def test_continuous_integration_covers_every_profile_configuration_and_python():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yaml").read_text(encoding="utf-8"))["jobs"]
    matrix = jobs["dry-runs"]["strategy"]["matrix"]
    assert sorted(matrix["profile"]) == sorted(path.name for path in (ROOT / "profiles").iterdir())
    assert all((ROOT / config).is_file() for config in matrix["config"])
    script = "".join(step.get("run", "") for step in jobs["dry-runs"]["steps"])
    assert {"paper_a", "paper_b", "all", "results/tables/table1.csv"} <= set(
        re.split(r"[ ;]", script)
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert jobs["test-fast"]["strategy"]["matrix"]["python"][0] == oldest
