"""Nothing of what users name is run by a shell: settings, folders and files are texts."""

import json
import os
import stat
import subprocess
import sys

import pytest

from workflow_tools import copy_project

FOLDER = 'it\'s $(touch owned) `touch owned`; "a"'
HOSTILE = f"{FOLDER} & touch owned | touch owned > owned\ntouch owned\n\\ #{{x}} {{}} é"
# A copy of the project, where each rule has a hostile text among its settings and its files.
PLACES = {
    "key: each(wildcards) if callable(each) else each for key, each in settings.items()}": "found",
    '"circumstances": circumstances(wildcards),': "files",
}
# The template of every rule, and the command of one job of each that a target needs.
PLAN = """
import json, sys
sys.path.insert(0, "scripts")
from framefault.workflow.snakemake_private import planned
dag = planned(sys.argv[1], sys.argv[2:])
templates = {rule.name: rule.shellcmd for rule in dag.workflow.rules if rule.shellcmd}
commands = {job.rule.name: job.shellcmd for job in dag.jobs if job.is_shell}
json.dump([templates, commands, dag.workflow.globals["COMMAND"]], sys.stdout)
"""
# Stands for python, and writes down what it is called with.
STUB = """#!{python}
import json, sys
with open({calls!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + chr(10))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = tmp_path_factory.mktemp("hostile") / FOLDER
    project.mkdir()
    copy_project(project)
    common = project / "rules" / "common.smk"
    code = common.read_text(encoding="utf-8")
    settings, files = PLACES
    assert code.count(settings) == code.count(files) == 1
    code = code.replace(settings, f'{settings} | {{"hostile": {HOSTILE!r}}}')
    code = code.replace(files, f'{files} "hostile": {HOSTILE!r},')
    common.write_text(code, encoding="utf-8")
    return project


def planned(project, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", PLAN, *arguments], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "target", [["all"], ["paper_a", "config/paper.yaml"], ["paper_b", "config/paper.yaml"]]
)
def test_no_shell_runs_what_settings_and_files_say(project, tmp_path, target):
    templates, commands, template = planned(project, *target)
    assert {name for name, each in templates.items() if each != template} == set()
    assert len(commands) >= 27
    calls, python = tmp_path / "calls", tmp_path / "python"
    python.write_text(STUB.format(python=sys.executable, calls=str(calls)))
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    before = sorted(os.listdir(project))
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for name, command in commands.items():
        subprocess.run(["bash", "-euc", command], cwd=project, env=env, check=True)
        *_, (script, *words) = map(json.loads, calls.read_text().splitlines())
        options = words[next(at for at, word in enumerate(words) if word.startswith("--")) :]
        told = dict(zip(options[::2], options[1::2], strict=True))
        assert (script, set(told)) == (
            str(project / "scripts/run.py"),
            {"--settings", "--files", "--code", "--threads", "--log"},
        ), name  # fmt: skip
        assert json.loads(told["--settings"])["hostile"] == HOSTILE
        assert json.loads(told["--files"])["hostile"] == HOSTILE
        assert words[0].isidentifier() and told["--code"].isalnum()
    assert len(calls.read_text().splitlines()) == len(commands)
    assert sorted(os.listdir(project)) == before
