"""Run one stage: `python scripts/run.py decode …` calls `main` of scripts/decode.py.

Importing torch and its like takes longer than most jobs of a laptop-sized run. So a local
Snakemake run keeps one process that has imported them (`warm_up`), and this launcher has the
stage forked from it. Without that process, as on a cluster, the stage simply starts. The
warm process imports libraries only, never the project's code, and ends with Snakemake.
"""

import fcntl
import gc
import glob
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from contextlib import suppress

SOCKET, PREFIX, TAKEN = "FRAMEFAULT_WARM", "framefault-", b"1"
# What stages import, and what those libraries import behind their backs when first used.
LIBRARIES = (
    "av", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf",
    "pandas", "pyarrow.compute", "pyarrow.parquet", "safetensors.torch",
    "scipy.special", "scipy.stats", "seaborn", "sklearn.metrics", "torch._dynamo", "tqdm",
)  # fmt: skip
# So many jobs take longer to import them than the warm process does.
WORTH_WARMING = 5
SCRIPTS = os.path.dirname(os.path.abspath(__file__))


def use_this_python():
    """Have jobs run in the environment that runs Snakemake, activated or not, and start cold."""
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    os.environ.pop(SOCKET, None)


def warm_up():
    """Start the warm process; it and all its stages end with its parent, the caller.

    Where it cannot be had, as with a TMPDIR that is too long for a socket, stages start cold.
    """
    try:
        remove_dead()
        folder = tempfile.mkdtemp(prefix=PREFIX)
    except OSError:
        return
    path = os.path.join(folder, "socket")
    # Bound here, so that even the first stage finds it and none is left to run on its own.
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(f"{path}.new")
            listener.listen(64)
            os.rename(f"{path}.new", path)
            command = [sys.executable, os.path.abspath(__file__), "--warm-up"]
            command += [str(listener.fileno()), str(os.getpid()), folder]
            subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[listener.fileno()])
        except OSError:
            shutil.rmtree(folder)
            return
    os.environ[SOCKET] = path


def remove_dead():
    """Delete the folders of warm processes that were killed: nobody listens there."""
    for path in glob.glob(os.path.join(tempfile.gettempdir(), f"{PREFIX}*", "socket")):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(path)
            except ConnectionRefusedError:
                shutil.rmtree(os.path.dirname(path), ignore_errors=True)
            except OSError:
                pass  # of somebody else, or just gone


def main():
    # torch then has large tensors in large pages: less is asked of the system. Read when it starts.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    if sys.argv[1] == "--warm-up":
        serve(socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3]), sys.argv[4])
    else:
        start(sys.argv[1:])


def start(command):
    """Have the warm process run a stage, or run it here where there is none."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(os.environ[SOCKET])
    except (KeyError, OSError):
        sys.exit(execute(command))
    request = json.dumps({"command": command, "cwd": os.getcwd(), "env": dict(os.environ)})
    message = request.encode()
    taken = b""
    with suppress(ConnectionError):
        socket.send_fds(connection, [len(message).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(message)
        taken = connection.recv(1)
    if not taken:  # the warm process has died before it had the stage
        sys.exit(execute(command))
    status = b""
    with suppress(ConnectionError):
        status = connection.recv(1)
    # No answer: the stage was killed, and so shall this process be in Snakemake's eyes.
    sys.exit(status[0] if status else 128 + signal.SIGKILL)


def serve(listener, parent, folder):
    """Import the libraries and fork a child for every request, until the parent is gone.

    `folder` is the socket's, which goes with this process.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener.settimeout(0.2)
    # Python 3.12 warns of forks beside threads; the one here is Arrow's, which knows about forks.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    for library in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(library)
    gc.freeze()  # stages need not search for garbage in them
    while os.getppid() == parent:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            listener.close()
            os._exit(answer(connection))
        connection.close()
    shutil.rmtree(folder, ignore_errors=True)
    # Stages of a parent that was killed must not go on beside those of the next one.
    os.killpg(0, signal.SIGKILL)


def answer(connection):
    """In the child: become the requested stage, and tell its exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, files, _, _ = socket.recv_fds(connection, 8, 3)
    if not head:  # `remove_dead` only knocks
        return 0
    size = int.from_bytes(head, "big")
    request = json.loads(connection.makefile("rb").read(size))
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    # When the launcher is killed its end closes, the signal comes, and this process dies too.
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    if not launcher_waits(connection):
        return 1
    # Workers of a stage that is killed live on: the launcher must not wait for them to close it.
    os.register_at_fork(after_in_child=connection.close)
    connection.send(TAKEN)
    status = execute(request["command"])
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    connection.send(bytes([status & 0xFF]))
    return status


def launcher_waits(connection):
    """Whether the launcher is still there; all it could still send is its end."""
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True


def execute(command):
    """Call `main` of the script that a command names first; returns its exit status."""
    import traceback

    sys.argv, sys.path[0] = command, SCRIPTS
    try:
        importlib.import_module(command[0]).main()
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
