"""The pins for pip and for conda are valid and agree."""

import re

import yaml
from packaging.requirements import Requirement

from workflow_tools import ROOT

# The same project under another name in conda's channels.
CONDA_NAMES = {"torch": "pytorch"}


def pip_pins():
    lines = (ROOT / "envs/requirements.txt").read_text(encoding="utf-8").splitlines()
    specs = [Requirement(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]
    return {spec.name.lower(): str(spec.specifier) for spec in specs}


def conda_pins():
    environment = yaml.safe_load((ROOT / "envs/framefault.yaml").read_text(encoding="utf-8"))
    *specs, from_pip = [spec for spec in environment["dependencies"] if spec != "pip"]
    pins = dict(spec.split(" ", 1) for spec in specs)
    return pins | {
        name: f"={version}" for name, version in (s.split("==") for s in from_pip["pip"])
    }


def test_every_pin_is_exact():
    assert all(re.fullmatch(r"==[0-9][0-9.]*", version) for version in pip_pins().values())
    assert all(re.fullmatch(r"=[0-9][0-9.]*", version) for version in conda_pins().values())


def test_conda_repeats_the_pins_of_pip():
    pip = {CONDA_NAMES.get(name, name): version[2:] for name, version in pip_pins().items()}
    conda = {name: version[1:] for name, version in conda_pins().items()}
    assert conda.pop("python")
    assert conda == {name: pip[name] for name in conda}


def test_the_rules_environment_has_all_that_the_scripts_import():
    imported = set()
    commands = {"why.py", "plan.py", "provenance.py", "dag.py", "costs.py", "cluster.py"}
    for script in (ROOT / "scripts").rglob("*.py"):
        if script.name in commands:
            continue
        text = script.read_text(encoding="utf-8")
        imported |= set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE))
    packages = {"PIL": "pillow", "yaml": "pyyaml", "skimage": "scikit-image",
                "sklearn": "scikit-learn", "torch": "pytorch", "unrar": "unrar2-cffi"}  # fmt: skip
    third_party = {packages.get(name, name) for name in imported} & (
        set(packages.values()) | set(pip_pins())
    )
    assert {"av", "pytorch", "pyarrow", "unrar2-cffi"} <= third_party
    assert third_party <= set(conda_pins())


def test_no_address_of_a_package_registry_is_recorded():
    for folder in ("envs", "config", "profiles", ".github", "rules"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                assert not re.search(r"index-url|https?://[^\s]*(pypi|anaconda|conda\.)", text), (
                    path
                )
