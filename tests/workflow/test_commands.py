"""Every command that README and the documents name is run, here or where a list says.

Commands are the lines of shell blocks and all `code` that begins with a program. Those that take
long are planned here (`-n`), and run by the tests of what they do.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from workflow_tools import ROOT, copy_project

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "config/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
PROGRAMS = (
    "bash", "conda", "docker", "git", "make", "pip", "pre-commit", "pytest", "python", "rm",
    "sbatch", "sha256sum", "snakemake", "squeue",
)  # fmt: skip
# What stands for something else in the documents.
STANDS_FOR = {
    "-s /path/to/framefault/Snakefile": "-s Snakefile",
    "/my/study": "study",
    "/where/videos/are": "videos",
    "<table>": "table1",
    " [CONFIG=…]": "",
    "TARGET=…": "TARGET=results/tables/table1.csv",
    "-n TARGET": "-n results/tables/table1.csv",
}
HERE = (
    r"snakemake (-n|--unlock)\b.*", r"make (why|plan) TARGET=.*", r"make (audit|docs)\b.*",
    r"\. \.venv/bin/activate",
)  # fmt: skip
# {command: (why it is not run here, what runs it)}; a plain `make why` is only a mention.
ELSEWHERE = {
    r"make demo": ("half an hour", "tests/workflow/test_paper_a.py"),
    r"make (test|test-fast|test-long|lint)": ("this is it", ".github/workflows/ci.yaml"),
    r"make fuzz (N|SEED)=\d+( PART=decode)?": ("a campaign", "tests/unit/test_fuzz.py"),
    r"make mutants N=\d+": ("runs tests many times", "tests/unit/test_mutants.py"),
    r"make bench": ("measures a quiet machine", "tests/bench.py"),
    r"(make bench-gpu|python tests/bench_gpu\.py).*": (
        "needs a GPU", "tests/unit/test_bench_gpu.py"
    ),
    r"make \.venv/ready && .*": ("downloads", ".github/workflows/ci.yaml"),
    r"make review\b.*": ("serves until it is ended", "tests/review/test_review_page.py"),
    r"make provenance( TARGET=.*)?": ("needs results", "tests/workflow/test_damage.py"),
    r"make (archive( MAX_MB=\d+)?|restore ARCHIVE=.*)": (
        "needs results", "tests/unit/test_archive.py"
    ),
    r"snakemake --report.*": ("needs results", "tests/workflow/test_paper_a.py"),
    r"make plan TARGET=all CONFIG=mine\.yaml": ("of a wrong file", "tests/unit/test_config.py"),
    r"make (why|plan)": ("a mention", "tests/workflow/test_plans.py"),
    r"bash \.ci/run": ("installs packages of the system", ".github/workflows/ci.yaml"),
    r"pip install \.": ("of a copy, into an empty folder", "tests/unit/test_package.py"),
    r"pip install -r envs/\w+\.txt": ("downloads", "tests/unit/test_environment.py"),
    r"pre-commit install": ("changes the clone", ".pre-commit-config.yaml"),
    r"pytest .*": ("this is it", "pyproject.toml"),
    r"git (clone|checkout).*": ("no repository in the copy", "tests/workflow_tools.py"),
    r"\$EDITOR .*": ("asks a person", "profiles/slurm/config.yaml"),
    r"tmux .*": ("a terminal", "docs/cluster.md"),
    r"tail -f .*": ("waits", "docs/cluster.md"),
    r"docker .*": ("no Docker here", "tests/unit/test_package.py"),
    r"snakemake .*--configfile (bursts|truncation)\.yaml": (
        "needs files of its page", "tests/workflow/test_own_corruption.py"
    ),
    r"snakemake .*--configfile gop4\.yaml": (
        "needs a file of its page", "tests/workflow/test_protected.py"
    ),
    r"(python predict\.py|snakemake .* (model|file|predictions|network)\.yaml|"
    r"snakemake .*detectors\.csv .*)": (
        "needs files of its page", "tests/workflow/test_your_own.py"
    ),
    r"snakemake .*results/manifests/own\.json .*": ("needs ILSVRC", "tests/workflow/test_build.py"),
}  # fmt: skip


def commands(page):
    """All commands that a page names, without comments."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [
        re.sub(r"\s+#.*", "", line)
        for language, block in blocks
        if language in ("", "sh", "bash", "console")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    quoted = re.findall(r"`([^`]+)`", text)
    lines += [" ".join(code.split()) for code in quoted if code.split(" ")[0] in PROGRAMS]
    return [line.strip() for line in lines if line.strip() and " " in line.strip()]


NAMED = {}
for page in PAGES:
    for command in commands(page):
        NAMED.setdefault(command, page.relative_to(ROOT).as_posix())


def here(command):
    """What is run here of a command, or None: long runs are planned only."""
    for word, meant in STANDS_FOR.items():
        command = command.replace(word, meant)
    if elsewhere(command):
        return None
    if re.match(r"snakemake\b", command) and not re.search(r" (-n|--unlock)\b", command):
        command = command.replace("snakemake", "snakemake -n", 1).replace(" -c2", "")
    return command if any(re.fullmatch(each, command) for each in HERE) else None


def elsewhere(command):
    return [place for each, (_, place) in ELSEWHERE.items() if re.fullmatch(each, command)]


RUN = dict.fromkeys(filter(None, map(here, NAMED)))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with this environment as its own, and the videos of `mine.yaml`."""
    folder = copy_project(tmp_path_factory.mktemp("commands"))
    for name in ("Makefile", "mkdocs.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
                 "Dockerfile", "docs", "tests"):  # fmt: skip
        os.symlink(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        os.symlink(Path(sys.prefix, name), folder / ".venv" / name)
    for name in ("ready", "test-ready"):
        (folder / ".venv" / name).touch()
    for label in ("a", "b"):
        (folder / "videos" / label).mkdir(parents=True)
        for number in range(4):
            (folder / "videos" / label / f"{number}.txt").write_text("no video, and none is read")
    (text,) = re.findall(r"```yaml\n(# mine.yaml\n.*?)```", PAGES[0].read_text("utf-8"), re.DOTALL)
    (folder / "mine.yaml").write_text(text.replace("/where/the/videos/are", "videos"))
    return folder


def test_commands_are_found():
    assert {"make demo", "snakemake -c2 results/tables/table1.csv"} <= NAMED.keys()
    assert {"make plan TARGET=results/tables/table1.csv CONFIG=config/paper.yaml"} <= RUN.keys()
    assert len(NAMED) > 40 and len(RUN) > 10


@pytest.mark.parametrize("command", NAMED)
def test_every_command_is_run_somewhere(command):
    assert here(command) or elsewhere(command), (
        f"{NAMED[command]} names {command!r}, which nothing runs: let it match HERE, or say in"
        " ELSEWHERE why not and what runs it."
    )


@pytest.mark.parametrize("place", sorted({place for _, place in ELSEWHERE.values()}))
def test_what_runs_the_others_is_there(place):
    assert (ROOT / place).is_file()


@pytest.mark.parametrize("pattern", ELSEWHERE)
def test_no_reason_is_left_over(pattern):
    assert any(re.fullmatch(pattern, command) for command in NAMED)


@pytest.mark.parametrize("command", RUN)
def test_command_works_in_a_copy(project, command):
    environment = os.environ | {"PATH": f"{project / '.venv/bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euc", command], cwd=project, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}"


def test_files_and_targets_that_commands_name_exist():
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for command, page in NAMED.items():
        words = shlex.split(command.replace("'", ""))
        if words[0] == "make":
            assert words[1] in [*targets, ".venv/ready"], (page, command)
        named = [word for word in words if re.match(r"(envs|profiles|config|tests)/", word)]
        assert all((ROOT / word).exists() for word in named), (page, command)


def test_settings_that_pages_show_are_yaml():
    for page in PAGES:
        for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S):
            assert yaml.safe_load(block), page
