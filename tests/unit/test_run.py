"""The launcher: a stage behaves the same with and without a warm process."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

import run

pytestmark = pytest.mark.slow

# A copy of the launcher that imports one small library, among stages of its own.
WARM = ("LIBRARIES = (", 'LIBRARIES = ("colorsys",)\nUNUSED = (')
PARENT = "import os, sys, run; run.warm_up(); print(os.environ[run.SOCKET], flush=True); input()"
STAGES = {
    "talk": """
import os, sys
print("out", sys.argv[1:], os.path.basename(sys.argv[0]))
print("err", os.getcwd(), os.environ.get("COLOUR"), file=sys.stderr)
sys.stdout.write(sys.stdin.read())
print("warm" if "colorsys" in sys.modules else "cold")
import neighbour
""",
    "neighbour": "",
    "returns": "print('done', __name__)",
    "raises": "raise ValueError('what went wrong')",
    "exits": "import sys; sys.exit(eval(sys.argv[1]))",
    "sleeps": """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
""",
    "has_workers": """
import os, pathlib, sys, time
worker = os.fork()
if worker:
    pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {worker}")
time.sleep(60)
""",
}


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts")
    source = Path(run.__file__).read_text(encoding="utf-8")
    assert source.count(WARM[0]) == 1
    (folder / "run.py").write_text(source.replace(*WARM), encoding="utf-8")
    for name, code in STAGES.items():
        stage = "def main():\n" + textwrap.indent(code or "pass", "    ")
        (folder / f"{name}.py").write_text(stage, encoding="utf-8")
    return folder / "run.py"


def environment(**variables):
    kept = {key: value for key, value in os.environ.items() if key != run.SOCKET}
    return kept | {key: value for key, value in variables.items() if value}


class Parent:
    """A process that has called warm_up(), as a Snakemake run has."""

    def __init__(self, launcher, **variables):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd=launcher.parent, env=environment(**variables),
        )  # fmt: skip
        self.socket = Path(self.process.stdout.readline().strip())
        wait_for(self.socket.exists)
        (self.warm,) = psutil.Process(self.process.pid).children()

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def warm(launcher):
    parent = Parent(launcher)
    yield parent
    parent.end()
    wait_for(lambda: not parent.warm.is_running())


@pytest.fixture(params=["cold", "warm"])
def launch(request, launcher):
    """Run a stage: launch(name, *arguments, **options of subprocess.run)."""
    socket = request.getfixturevalue("warm").socket if request.param == "warm" else None

    def call(*arguments, **options):
        env = environment(FRAMEFAULT_WARM=socket and str(socket), **options.pop("variables", {}))
        command = [sys.executable, str(launcher), *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=env, **options)

    call.kind = request.param
    return call


def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_streams_arguments_folder_and_environment_are_the_callers(launch, tmp_path):
    arguments = ["--name", "a b!#&()+;@[]~", "", "é"]
    result = launch("talk", *arguments, cwd=tmp_path, variables={"COLOUR": "red"}, input="in\n")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [f"out {arguments} talk", "in", launch.kind]
    assert result.stderr == f"err {tmp_path} red\n"


def test_one_call_leaves_no_trace_in_the_next(launch, tmp_path):
    launch("talk", cwd=tmp_path, variables={"COLOUR": "red"}, input="")
    result = launch("talk", cwd=tmp_path.parent, input="")
    assert result.stderr == f"err {tmp_path.parent} None\n"


def test_stage_is_a_module_of_its_name(launch):
    result = launch("returns")
    assert (result.returncode, result.stdout, result.stderr) == (0, "done returns\n", "")


def test_exception_ends_with_a_traceback(launch):
    result = launch("raises")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Traceback")
    assert result.stderr.endswith("ValueError: what went wrong\n")
    assert "raises.py" in result.stderr


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("'framefault: no'", 1, "framefault: no\n"),
        ("None", 0, ""),
        ("0", 0, ""),
        ("3", 3, ""),
        ("255", 255, ""),
        ("-1", 255, ""),
        ("256", 0, ""),
    ],
)
def test_exit_status_is_passed_through(launch, code, status, said):
    result = launch("exits", code)
    assert (result.returncode, result.stderr) == (status, said)


def test_missing_stage_fails(launch):
    result = launch("nowhere")
    assert result.returncode != 0
    assert "No module named 'nowhere'" in result.stderr


@pytest.fixture
def sleeping(launcher, warm, tmp_path):
    """A launcher whose stage sleeps in the warm process's child: (launcher, stage's pid)."""
    env, note = environment(FRAMEFAULT_WARM=str(warm.socket)), tmp_path / "pid"
    process = subprocess.Popen([sys.executable, str(launcher), "sleeps", str(note)], env=env)
    wait_for(lambda: note.exists() and note.read_text())
    yield process, int(note.read_text())
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stage_dies_with_its_launcher(sleeping, number):
    process, stage = sleeping
    assert stage != process.pid
    assert alive(stage)
    process.send_signal(number)
    process.wait()
    wait_for(lambda: not alive(stage))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_launcher_reports_a_killed_stage(sleeping, number):
    process, stage = sleeping
    os.kill(stage, number)
    assert process.wait(timeout=15) == 137


def test_launcher_reports_a_killed_stage_whose_workers_live_on(launcher, warm, tmp_path):
    env, note = environment(FRAMEFAULT_WARM=str(warm.socket)), tmp_path / "pids"
    process = subprocess.Popen([sys.executable, str(launcher), "has_workers", str(note)], env=env)
    wait_for(lambda: note.exists() and note.read_text())
    stage, worker = map(int, note.read_text().split())
    os.kill(stage, signal.SIGKILL)
    try:
        assert process.wait(timeout=15) == 137
        assert alive(worker)
    finally:
        process.kill()
        os.kill(worker, signal.SIGKILL)


def test_killed_stage_leaves_the_warm_process_at_work(sleeping, warm, launcher):
    os.kill(sleeping[1], signal.SIGKILL)
    env = environment(FRAMEFAULT_WARM=str(warm.socket))
    command = [sys.executable, str(launcher), "exits", "3"]
    assert subprocess.run(command, env=env).returncode == 3
    assert warm.warm.is_running()


def test_stages_run_side_by_side(sleeping, warm, launcher):
    env = environment(FRAMEFAULT_WARM=str(warm.socket))
    command = [sys.executable, str(launcher), "returns"]
    assert subprocess.run(command, env=env, timeout=30, capture_output=True).returncode == 0
    assert alive(sleeping[1])


def test_warm_process_ends_with_its_parent(launcher):
    parent = Parent(launcher)
    parent.end()
    wait_for(lambda: not parent.warm.is_running())
    assert not parent.socket.exists()
    assert not parent.socket.parent.exists()


def test_folder_of_a_killed_warm_process_goes_with_the_next(launcher, tmp_path):
    first = Parent(launcher, TMPDIR=str(tmp_path))
    first.warm.kill()
    wait_for(lambda: not alive(first.warm.pid))
    first.end()
    assert first.socket.exists()
    second, third = (Parent(launcher, TMPDIR=str(tmp_path)) for _ in range(2))
    assert not first.socket.parent.exists()
    for parent in (second, third):
        env = environment(FRAMEFAULT_WARM=str(parent.socket))
        command = [sys.executable, str(launcher), "talk"]
        done = subprocess.run(command, env=env, input="", text=True, capture_output=True)
        assert done.stdout.splitlines()[-1] == "warm"
        parent.end()
    wait_for(lambda: not list(tmp_path.iterdir()))


def test_stage_starts_cold_where_the_warm_process_dies_before_it_has_it(launcher, tmp_path):
    parent = Parent(launcher)
    parent.warm.suspend()
    env, command = environment(FRAMEFAULT_WARM=str(parent.socket)), [sys.executable, str(launcher)]
    process = subprocess.Popen(
        [*command, "talk"], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    wait_for(lambda: psutil.Process(process.pid).net_connections("unix"))
    time.sleep(0.2)
    parent.warm.kill()
    out, _ = process.communicate("")
    assert (process.returncode, out.splitlines()[-1]) == (0, "cold")
    parent.end()


def test_stages_start_cold_where_no_socket_can_be(launcher, tmp_path):
    folder = tmp_path / ("x" * 110)
    folder.mkdir()
    program = "import os, run; run.warm_up(); print(os.environ.get(run.SOCKET))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=launcher.parent, text=True, capture_output=True,
        env=environment(TMPDIR=str(folder)),
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("None\n", "")
    assert list(folder.iterdir()) == []


def test_stage_starts_where_the_warm_process_is_gone(launcher, tmp_path):
    shutil.rmtree(tmp_path)
    env = environment(FRAMEFAULT_WARM=str(tmp_path / "socket"))
    command = [sys.executable, str(launcher), "returns"]
    assert subprocess.run(command, env=env, capture_output=True).returncode == 0


@pytest.mark.parametrize("library", run.LIBRARIES)
def test_warm_libraries_are_installed(library):
    assert importlib.util.find_spec(library.split(".")[0])
