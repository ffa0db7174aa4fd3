"""A real SLURM cluster on this host for the tests: one controller, seven nodes, two with GPUs.

No systemd, no cgroups; accounting in a database of its own; the daemons listen on the loopback
address only. GPUs are stand-ins: SLURM hands out any character device.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

DAEMONS = ("slurmctld", "slurmd", "slurmdbd", "mariadbd")
# Where SLURM looks when nothing says otherwise: jobs are not told where it was in the tests.
DEFAULT = Path("/etc/slurm/slurm.conf")
NODES = {"cpu1": 0, "gpu1": 2, "gpu2": 2, "spare1": 0, "spare2": 0, "frail1": 0, "frail2": 0}
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random")
CONFIG = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=2,sched_interval=2
GresTypes=gpu
MinJobAge=3600
KillWait=2
SlurmctldTimeout=10
SlurmdTimeout=10
ReturnToService=2
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.txt
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[1]}
AccountingStorageEnforce=associations,limits
EnforcePartLimits=ALL
{nodes}
PartitionName=cpu Nodes=cpu1,gpu[1-2] Default=YES State=UP
PartitionName=gpu Nodes=gpu[1-2] State=UP
PartitionName=spare Nodes=spare[1-2] State=UP
PartitionName=short Nodes=spare[1-2] State=UP MaxTime=1
PartitionName=few Nodes=spare[1-2] State=UP QOS=one
PartitionName=frail Nodes=frail[1-2] State=UP
"""
ACCOUNTING = """
AuthType=auth/none
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports[1]}
CommunicationParameters=NoInAddrAny
SlurmUser={user}
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[2]}
StorageUser=slurm
StoragePass=slurm
StorageLoc=accounting
"""
# One statement a line: MariaDB reads its first ones so.
FIRST_STATEMENTS = """
CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm';
GRANT ALL ON accounting.* TO 'slurm'@'127.0.0.1';
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=16 Boards=1"
    " SocketsPerBoard=1 CoresPerSocket=16 ThreadsPerCore=1 RealMemory=32000 {gres} State=UNKNOWN"
)


def missing():
    """Why no cluster can be started here, or None."""
    tools = [name for name in (*DAEMONS, "sbatch") if not shutil.which(name, path=search_path())]
    if tools:
        return f"SLURM is not installed (no {tools[0]})"
    if os.geteuid() != 0:
        return "starting SLURM needs root"
    if DEFAULT.exists() and not is_left_over():
        return f"this host belongs to a cluster already ({DEFAULT})"
    return None


def is_left_over():
    """Whether the configuration is that of killed tests, whose controller has ended."""
    controller = DEFAULT.resolve().with_name("slurmctld.pid")
    if not (DEFAULT.is_symlink() and controller.exists()):
        return False
    return not psutil.pid_exists(int(controller.read_text()))


def search_path():
    return os.pathsep.join([os.environ["PATH"], "/usr/sbin"])


class Cluster:
    """A running cluster; `with Cluster(folder) as cluster:` stops it at the end."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.database = None

    def __enter__(self):
        (self.folder / "state").mkdir(parents=True)
        self.configure()
        DEFAULT.parent.mkdir(parents=True, exist_ok=True)
        DEFAULT.unlink(missing_ok=True)
        DEFAULT.symlink_to(self.folder / "slurm.conf")
        try:
            self.start_accounting()
            self.call("slurmctld", "-i")
            for name in NODES:
                self.start_node(name)
            wait_for(lambda: self.states() == dict.fromkeys(NODES, "idle"), 30)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if DEFAULT.is_symlink():
            subprocess.run(["scancel", "--user=root"], capture_output=True)
            with suppress(RuntimeError, TimeoutError):  # else their processes would stay
                wait_for(lambda: not self.call("squeue", "-h"), 15)
        self.kill(*NODES, "slurmctld", "slurmdbd")
        if self.database:
            self.database.kill()
            self.database.wait()
        DEFAULT.unlink(missing_ok=True)

    def configure(self):
        host, ports = socket.gethostname().split(".")[0], free_ports(3 + len(NODES))
        nodes = [
            NODE.format(name=name, host=host, port=port, gres=f"Gres=gpu:{gpus}" if gpus else "")
            for (name, gpus), port in zip(NODES.items(), ports[3:], strict=True)
        ]
        facts = {"host": host, "ports": ports, "user": "root", "folder": self.folder}
        (self.folder / "slurm.conf").write_text(CONFIG.format(nodes="\n".join(nodes), **facts))
        (self.folder / "slurmdbd.conf").write_text(ACCOUNTING.format(**facts))
        (self.folder / "slurmdbd.conf").chmod(0o600)
        self.database_port = ports[2]
        lines = [
            f"NodeName={name} Name=gpu File={DEVICES[number]}\n"
            for name, gpus in NODES.items()
            for number in range(gpus)
        ]
        (self.folder / "gres.conf").write_text("".join(lines))

    def start_accounting(self):
        """Start a new database, and the daemon that writes users, accounts and jobs into it."""
        data = self.folder / "database"
        self.call("mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}",
                  "--skip-test-db")  # fmt: skip
        (self.folder / "first.sql").write_text(FIRST_STATEMENTS)
        with open(self.folder / "mariadbd.log", "wb") as log:
            self.database = subprocess.Popen(
                ["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}",
                 "--bind-address=127.0.0.1", f"--port={self.database_port}",
                 f"--socket={self.folder}/database.sock",
                 "--innodb-flush-log-at-trx-commit=0", f"--init-file={self.folder}/first.sql"],
                env=os.environ | {"PATH": search_path()}, stdout=log, stderr=log,
            )  # fmt: skip
        self.wait_for_line("mariadbd.log", "ready for connections")
        self.call("slurmdbd")
        self.wait_for_line("slurmdbd.log", "started")
        self.call("sacctmgr", "-i", "add", "cluster", "tests")
        self.call("sacctmgr", "-i", "add", "qos", "one", "MaxSubmitJobsPerUser=1")

    def wait_for_line(self, log, words):
        file = self.folder / log
        wait_for(lambda: file.is_file() and words in file.read_text(errors="replace"), 30)

    def stop_controller(self):
        pid = (self.folder / "slurmctld.pid").read_text().strip()
        self.call("scontrol", "shutdown", "slurmctld")
        wait_for(lambda: not Path("/proc", pid).exists(), 30)

    def start_controller(self):
        """Go on with the jobs that there are."""
        self.call("slurmctld")

        def answers():
            with suppress(RuntimeError):
                return self.call("squeue")

        wait_for(answers, 30)

    def start_node(self, name):
        self.call("slurmd", "-N", name)

    def kill(self, *names):
        """End daemons at once: for a node, this is its failure."""
        files = [file for name in names if (file := self.folder / f"{name}.pid").is_file()]
        for pid in (pids := [file.read_text().strip() for file in files]):
            subprocess.run(["kill", "-9", pid], capture_output=True)
        wait_for(lambda: not any(Path("/proc", pid).exists() for pid in pids), 10)
        for file in files:
            file.unlink(missing_ok=True)

    def lose(self, node):
        """The failure of a node: its daemon and all that runs on it are gone at once."""
        jobs = self.call("squeue", "-h", "-w", node, "-o", "%i").split()
        self.kill(node)
        for process in psutil.process_iter(["name"]):
            if process.info["name"].startswith("slurmstepd"):
                with suppress(psutil.Error):
                    if re.search(rf"\[({'|'.join(jobs)})\.", process.cmdline()[0]):
                        for each in [*process.children(recursive=True), process]:
                            each.kill()

    def states(self):
        rows = self.call("sinfo", "-h", "-N", "-o", "%N %T").split("\n")
        return dict(row.split() for row in rows if row)

    def jobs(self, folder, *states):
        """Identifiers of a folder's jobs in these states, by default of all that have not ended."""
        wanted = ["-t", ",".join(states)] if states else []
        rows = self.call("squeue", "-h", "-o", "%i %Z", *wanted).splitlines()
        return [job for job, where in map(str.split, rows) if where == str(folder)]

    def job(self, folder, rule):
        """The running job of a folder for a rule with these wildcards; waits for it."""
        found = []

        def runs():
            rows = self.call("squeue", "-h", "-t", "RUNNING", "-o", "%i %Z %k").splitlines()
            found[:] = [row.split()[0] for row in rows if row.endswith(f" {folder} rule_{rule}")]
            return found

        wait_for(runs, 90)
        return found[0]

    def node_of(self, job):
        return self.call("squeue", "-h", "-j", job, "-o", "%N").strip()

    def history(self, folder):
        """Facts of a folder's jobs that have ended, in the order of their identifiers."""
        file = self.folder / "jobcomp.txt"
        lines = file.read_text().splitlines() if file.is_file() else []
        jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        ours = [job for job in jobs if job["WorkDir"] == str(folder)]
        return sorted(ours, key=lambda job: int(job["JobId"]))

    def call(self, *command):
        own = {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": search_path()}
        done = subprocess.run(
            command, env=os.environ | own, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("waited too long")
        time.sleep(0.1)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
