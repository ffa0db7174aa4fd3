"""A real SLURM cluster on this host for the tests: one controller, three nodes, two with GPUs.

No systemd, no cgroups, no accounting; the daemons listen on the loopback address only. GPUs are
stand-ins: SLURM hands out any character device.
"""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

DAEMONS = ("slurmctld", "slurmd")
# Where SLURM looks when nothing says otherwise: jobs are not told where it was in the tests.
DEFAULT = Path("/etc/slurm/slurm.conf")
NODES = {"cpu1": 0, "gpu1": 2, "gpu2": 2}
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
AccountingStorageType=accounting_storage/none
{nodes}
PartitionName=cpu Nodes=ALL Default=YES State=UP
PartitionName=gpu Nodes=gpu[1-2] State=UP
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
    if DEFAULT.exists():
        return f"this host belongs to a cluster already ({DEFAULT})"
    return None


def search_path():
    return os.pathsep.join([os.environ["PATH"], "/usr/sbin"])


class Cluster:
    """A running cluster; `with Cluster(folder) as cluster:` stops it at the end."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def __enter__(self):
        (self.folder / "state").mkdir(parents=True)
        self.configure()
        DEFAULT.parent.mkdir(parents=True, exist_ok=True)
        DEFAULT.unlink(missing_ok=True)
        DEFAULT.symlink_to(self.folder / "slurm.conf")
        try:
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
        for name in (*NODES, "slurmctld"):
            self.kill(name)
        DEFAULT.unlink(missing_ok=True)

    def configure(self):
        host, ports = socket.gethostname().split(".")[0], free_ports(1 + len(NODES))
        nodes = [
            NODE.format(name=name, host=host, port=port, gres=f"Gres=gpu:{gpus}" if gpus else "")
            for (name, gpus), port in zip(NODES.items(), ports[1:], strict=True)
        ]
        text = CONFIG.format(
            host=host, ports=ports, user="root", folder=self.folder, nodes="\n".join(nodes)
        )
        (self.folder / "slurm.conf").write_text(text)
        lines = [
            f"NodeName={name} Name=gpu File={DEVICES[number]}\n"
            for name, gpus in NODES.items()
            for number in range(gpus)
        ]
        (self.folder / "gres.conf").write_text("".join(lines))

    def start_node(self, name):
        self.call("slurmd", "-N", name)

    def kill(self, name):
        """End a daemon at once: for a node, this is its failure."""
        file = self.folder / f"{name}.pid"
        if file.is_file():
            pid = int(file.read_text())
            subprocess.run(["kill", "-9", str(pid)], capture_output=True)
            wait_for(lambda: not Path(f"/proc/{pid}").exists(), 10)
            file.unlink(missing_ok=True)

    def states(self):
        rows = self.call("sinfo", "-h", "-N", "-p", "cpu", "-o", "%N %T").split("\n")
        return dict(row.split() for row in rows if row)

    def jobs(self, *states):
        """Identifiers of the jobs in these states, by default of all that have not ended."""
        wanted = ["-t", ",".join(states)] if states else []
        return self.call("squeue", "-h", "-o", "%i", *wanted).split()

    def facts(self, job):
        """What `scontrol show job` says, as a dictionary."""
        words = self.call("scontrol", "-o", "show", "job", job).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def history(self):
        """Facts of all jobs that have ended, in the order of their identifiers."""
        file = self.folder / "jobcomp.txt"
        lines = file.read_text().splitlines() if file.is_file() else []
        jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        return sorted(jobs, key=lambda job: int(job["JobId"]))

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
