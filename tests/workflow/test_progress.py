"""What a person sees of a run, on a terminal and in a file."""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios

import pytest

from workflow_tools import ROOT, hear_ctrl_c, snakemake

HEAD = f"""
import atexit, sys
sys.path.insert(0, {str(ROOT / "scripts")!r})
from framefault.workflow.progress import show, tell_plan
PROGRESS = show(workflow)
atexit.register(tell_plan, workflow)

onstart:
    PROGRESS and PROGRESS.expect({{}})
"""
RULES = """
rule all:
    input: expand("made/{name}.txt", name=["one", "two"])

rule good:
    output: "made/{name}.txt"
    log: "logs/{name}.log"
    shell: "touch {output} {log}"

rule refused:
    output: "refused/{name}.txt"
    log: "logs/refused_{name}.log"
    params: "2026-01-01 10:00:00,000 framefault: No"
    shell: "echo '{params} {wildcards.name}; put it there.' > {log}; exit 1"

rule crashed:
    output: "crashed.txt"
    log: "logs/crashed.log"
    shell: "kill -9 $$"

rule slow:
    output: "slow.txt"
    shell: "touch begun; sleep 60"
"""
LOG = "  log of the run: .snakemake/log/"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Snakefile").write_text(HEAD + RULES, encoding="utf-8")
    return tmp_path


def on_terminal(folder, *arguments, interrupt=None):
    """(exit status, all that a terminal of 80 columns is sent); Ctrl-C once a file is there."""
    head, tail = pty.openpty()
    fcntl.ioctl(tail, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *arguments], cwd=folder, stdin=tail, stdout=tail,
        stderr=tail, start_new_session=True, preexec_fn=hear_ctrl_c,
    )  # fmt: skip
    os.close(tail)
    said = b""
    while True:
        try:
            said += (part := os.read(head, 4096))
        except OSError:  # its end
            break
        if interrupt and b"slow" in part and (folder / interrupt).exists():
            os.killpg(process.pid, 2)
            interrupt = None
        if not part:
            break
    os.close(head)
    return process.wait(60), said.decode()


def test_run_on_a_terminal_is_one_line_that_is_written_again(folder):
    status, said = on_terminal(folder, "-c1")
    assert status == 0
    *lines, last = said.replace("\r\n", "\n").split("\r\x1b[K")
    assert lines[0] == "Planning ..." and re.fullmatch(r"Done: 3 jobs in \d+ s\.\n", last)
    assert lines[1] == "0 of 3 jobs: good"
    assert not any("\n" in line or len(line) > 79 for line in lines)
    (log,) = (folder / ".snakemake/log").glob("*.log")
    assert log.read_text().count("rule good:") == 2  # Snakemake's own lines


def test_run_in_a_file_is_a_line_now_and_then(folder):
    said = snakemake(folder, "-c1").stdout
    first, last = said.splitlines()
    assert first == "0 of 3 jobs: good" and last.startswith("Done: 3 jobs in ")
    assert snakemake(folder, "-c1").stdout.startswith("Nothing to be done")


def test_what_failed_stands_at_the_end_once_with_its_sentence(folder):
    targets = ("refused/a.txt", "refused/b.txt", "crashed.txt", "made/one.txt")
    done = snakemake(folder, "-c1", "--keep-going", *targets, check=False)
    assert done.returncode == 1
    end = done.stdout[done.stdout.index("\n\nFailed: ") :]
    for name in "ab":
        block = f"Failed: refused of refused/{name}.txt\nframefault: No {name}; put it there.\n"
        assert end.count(block + f"  log: logs/refused_{name}.log\n") == 1
        assert done.stdout.count(f"No {name}; put it there.") == 1
    assert "Failed: crashed of crashed.txt\nIt ended without a word" in end
    assert "\nStopped after 1 of 4 jobs.\n" + LOG in end
    command = f"snakemake -c1 --keep-going {' '.join(targets)}"
    assert done.stdout.endswith(f"  to go on from here: {command}\n")
    assert "Error in rule" not in done.stdout and "CalledProcessError" not in done.stdout


def test_logs_of_what_failed_are_shown_to_who_asks(folder):
    asked = snakemake(folder, "-c1", "--show-failed-logs", "refused/a.txt", check=False).stdout
    assert "  log: logs/refused_a.log\n2026-01-01 10:00:00,000 framefault: No a;" in asked


def test_ctrl_c_ends_with_the_command_that_goes_on(folder):
    status, said = on_terminal(folder, "-c1", "slow.txt", interrupt="begun")
    assert status != 0
    assert "Stopped after 0 of 1 jobs." in said
    assert said.rstrip().endswith("to go on from here: snakemake -c1 slow.txt")
    assert "Failed:" not in said and "Traceback" not in said


@pytest.mark.parametrize("option", ["-p", "--verbose"])
def test_snakemakes_own_lines_are_there_for_who_asks(folder, option):
    done = snakemake(folder, "-c1", option, "made/one.txt")
    assert "rule good:" in done.stdout and "Done: " not in done.stdout


def test_dry_run_is_the_table_of_jobs_and_where_to_see_more(folder):
    done = snakemake(folder, "-n")
    assert re.search(r"^good +2$", done.stdout, re.MULTILINE)
    assert done.stdout.count("Job stats:") == 1
    assert "rule good" not in done.stdout and "make plan" not in done.stdout
    assert "rule good" in snakemake(folder, "-n", "-p").stdout
    many = [f"made/{number}.txt" for number in range(40)]
    last = snakemake(folder, "-n", *many).stdout.splitlines()[-2]
    assert last.startswith("`make plan TARGET=made/0.txt` tells")


@pytest.mark.skipif(not shutil.which("script"), reason="needs script, which gives a terminal")
def test_the_dashes_of_a_dumb_terminal_are_lines(folder):
    said = subprocess.run(
        ["script", "-qc", f"TERM=dumb {sys.executable} -m snakemake -c1", "/dev/null"],
        cwd=folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "\x1b" not in said and "0 of 3 jobs: good" in said
