"""What is used of Snakemake beyond its documented interface is there and does what it is used for.

One test per function of the module, with small workflows that Snakemake really plans or runs.
"""

import asyncio
import inspect
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import snakemake_executor_plugin_slurm as slurm

from framefault.workflow import snakemake_private as private
from workflow_tools import ROOT, snakemake

pytestmark = pytest.mark.slow
PARAMETERS = private.PARAMETERS

HEAD = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(ROOT / "scripts")!r})
from framefault.errors import UserError
from framefault.workflow import snakemake_private as private
"""
CHAIN = """
rule end:
    input: "middle.txt"
    output: "end.txt"
    params: x=1, stage="end", settings="none", code="abc"
    shell: "cat {input} {input} > {output}"

rule middle:
    input: "source.txt"
    output: "middle.txt"
    shell: "cp {input} {output}"
"""
KILLED = """
rule killed:
    output: "killed.txt"
    shell: "printf half > {output}; touch started; sleep 60"
"""


@pytest.fixture(autouse=True)
def unchanged_snakemake(monkeypatch):
    """The functions change Snakemake's classes for a process; undone after every test."""
    for owner, name in (
        (private.jobs.Job, "output_mintime"),
        (private.jobs.Job, "cleanup"),
        (private.DAG, "check_incomplete"),
        (private.DAG, "check_output_mtime"),
        (private.DAG, "init"),
        (private.PersistenceBase, "_code_changed"),
        (private.common, "get_function_params"),
        (private.rules, "get_function_params"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*parts):
    Path("Snakefile").write_text(HEAD + "".join(parts), encoding="utf-8")


def run(*arguments, **options):
    return snakemake(Path.cwd(), "-c1", *arguments, **options)


def plan(target):
    return private.planned(target, [])


def to_run(dag):
    return {job.rule.name for job in dag.jobs if dag.needrun(job)}


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """The chain after a run."""
    place = tmp_path_factory.mktemp("chain")
    (place / "source.txt").write_text("source")
    (place / "Snakefile").write_text(CHAIN)
    snakemake(place, "-c1", "end.txt")
    return place


@pytest.fixture
def made(made_once, folder):
    shutil.copytree(made_once, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory):
    """A run that was killed while it made its output; also which locks it held before."""
    place = tmp_path_factory.mktemp("killed")
    (place / "Snakefile").write_text(KILLED)
    command = [sys.executable, "-m", "snakemake", "-c1", "killed.txt"]
    process = subprocess.Popen(
        command, cwd=place, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not (place / "started").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return place


@pytest.fixture
def killed(killed_once, folder):
    shutil.copytree(killed_once, folder, dirs_exist_ok=True)
    return folder


def test_every_function_has_its_test():
    names = {
        name for name, each in vars(private).items()
        if inspect.isfunction(each) and each.__module__ == private.__name__
    }  # fmt: skip
    used = set(re.findall(r"private\.(\w+)[(,]", Path(__file__).read_text(encoding="utf-8")))
    assert names - used == set()


def test_keep_metadata_in(folder):
    keep = 'private.keep_metadata_in(Path("results/.records"))\n'
    rule = (
        'rule one:\n    output: "results/one.txt"\n    params: x=1\n    shell: "touch {output}"\n'
    )
    write(keep, rule)
    run("results/one.txt")
    assert [path for path in Path("results/.records").rglob("*") if path.is_file()]
    os.makedirs("clone")
    os.rename("results", "clone/results")
    os.chdir("clone")
    write(keep, rule)
    done = run("-n", "results/one.txt")
    assert "Nothing to be done" in done.stdout
    assert "Migrating" not in done.stdout  # as a folder of an old version would be
    write(keep, rule.replace("x=1", "x=2"))
    assert to_run(plan("results/one.txt")) == {"one"}


def test_lock_files(killed, made_once):
    left = private.lock_files()
    assert left
    done = run("killed.txt", "--rerun-incomplete", check=False)
    assert done.returncode == 1
    assert "cannot be locked" in done.stdout
    for lock in left:
        lock.unlink()
    shutil.copy2(made_once / "Snakefile", ".")
    Path("source.txt").write_text("x")
    run("end.txt")
    assert private.lock_files() == []


def test_ignore_times(made):
    Path("middle.txt").write_text("newer, and other content")
    os.utime("middle.txt", (time.time() + 100,) * 2)
    assert to_run(plan("end.txt")) == {"end"}
    private.ignore_times()
    assert to_run(plan("end.txt")) == set()
    Path("source.txt").write_text("newer, too")
    os.utime("source.txt", (time.time() + 200,) * 2)
    assert "middle" in to_run(plan("end.txt"))  # runs no stage


def test_ignore_commands(made):
    for word, path in (("cat", "/bin/cat"), ("cp", "/bin/cp")):
        text = Path("Snakefile").read_text(encoding="utf-8")
        Path("Snakefile").write_text(text.replace(f'"{word} ', f'"{path} '), encoding="utf-8")
    assert to_run(plan("end.txt")) == {"end", "middle"}
    os.utime("source.txt", (0, 0))
    private.ignore_commands()
    assert "middle" in to_run(plan("end.txt"))  # runs no stage
    text = Path("Snakefile").read_text(encoding="utf-8")
    Path("Snakefile").write_text(text.replace("/bin/cp", "cp"), encoding="utf-8")
    assert to_run(plan("end.txt")) == set()


SEVERAL = """
def source(wildcards): return "source.txt"
def number(wildcards, attempt): return attempt
rule all:
    input: expand("{name}.txt", name=["a", "b", "c"])
rule one:
    input: source
    output: "{name}.txt"
    params: both=lambda wildcards, output: wildcards.name + output[0]
    resources: number=number
    shell: "echo {params.both} {resources.number} > {output}"
"""


def test_remember_parameters(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(
        private, "PARAMETERS", lambda function: asked.append(function) or PARAMETERS(function)
    )
    private.remember_parameters()
    (folder / "source.txt").touch()
    write(SEVERAL)
    found = {str(job.output[0]): job for job in plan("all").jobs if job.output}
    assert {job.params.both for job in found.values()} == {"aa.txt", "bb.txt", "cc.txt"}
    assert {job.resources.number for job in found.values()} == {1}
    own = [each.__name__ for each in asked if each.__code__.co_filename.endswith("Snakefile")]
    assert sorted(own) == ["<lambda>", "number", "source"]


MODULE = """
print("is a module:", private.is_module(workflow), "below:", [private.prefix(workflow)])
rule one:
    output: "results/one.txt"
    shell: "touch {output}"
"""


def test_is_module_and_its_prefix(folder):
    write(MODULE)
    assert "is a module: False below: ['']" in run("-n", "results/one.txt").stdout
    shutil.move("Snakefile", "module.smk")
    used = 'module other:\n    snakefile: "module.smk"\n    {}\nuse rule * from other\n'
    write(used.format('prefix: "a/b"'))
    assert "is a module: True below: ['a/b/']" in run("-n", "a/b/results/one.txt").stdout
    write(used.format('replace_prefix: {"results": "a"}'))
    refused = run("-n", "a/one.txt", check=False)
    assert refused.returncode == 1 and "takes `prefix:`" in refused.stdout


def test_runs_stage(made):
    found = {job.rule.name: private.runs_stage(job) for job in plan("end.txt").jobs}
    assert found == {"end": True, "middle": False}


def test_ignore_times_where_a_clock_was_set_back(made):
    """Then what a job writes is older than its inputs."""
    os.utime("middle.txt", (time.time() + 3600,) * 2)
    Path("end.txt").unlink()
    assert "has older modification time" in run("end.txt", check=False).stdout
    write("private.ignore_times()\n", CHAIN)
    run("end.txt")
    assert Path("end.txt").read_text() == "sourcesource"


def test_before_choosing_jobs(killed, capsys):
    with pytest.raises(SystemExit, match="incomplete"):
        plan("killed.txt")
    seen = []

    async def judge(dag):
        seen.extend((job.rule.name, dag.needrun(job)) for job in dag.jobs)

    private.before_choosing_jobs(judge)
    assert to_run(plan("killed.txt")) == {"killed"}
    assert seen == [("killed", False)]  # known, and not chosen yet


def test_what_is_wrong_before_choosing_jobs_is_one_sentence(folder):
    write(
        "from framefault.errors import UserError\n"
        "async def judge(dag):\n"
        '    raise UserError("Put it right.")\n'
        "private.before_choosing_jobs(judge)\n",
        KILLED,
    )
    done = run("killed.txt", check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "Error: Put it right."
    with pytest.raises(SystemExit, match="Put it right"):
        plan("killed.txt")


def test_run_again(made):
    async def judge(dag):
        private.run_again(dag, ["middle.txt"])

    assert to_run(plan("end.txt")) == set()
    private.before_choosing_jobs(judge)
    assert to_run(plan("end.txt")) == {"middle", "end"}


def test_left_incomplete(killed):
    found = {}
    write(KILLED, 'rule none:\n    output: "none.txt"\n    shell: "touch {output}"\n',
          'rule all:\n    input: "killed.txt", "none.txt"\n')  # fmt: skip

    async def judge(dag):
        for job in dag.jobs:
            found[job.rule.name] = bool(await private.left_incomplete(dag, job))

    private.before_choosing_jobs(judge)
    plan("all")
    assert found == {"killed": True, "none": False, "all": False}


def test_is_known(made):
    known = {}

    async def judge(dag):
        known.update({job.rule.name: private.is_known(dag, job) for job in dag.jobs})

    private.before_choosing_jobs(judge)
    plan("end.txt")
    assert known == {"end": True, "middle": True}
    shutil.rmtree(".snakemake/metadata")
    plan("end.txt")
    assert known == {"end": False, "middle": False}


def test_accept(killed):
    """What a killed run left, taken for whole as it is planned now."""
    for lock in private.lock_files():
        lock.unlink()
    rule = 'rule killed:\n    output: "killed.txt"\n    params: x=1\n    shell: "touch {output}"\n'
    write(
        "async def judge(dag):\n"
        "    private.prepare_to_accept(dag)\n"
        "    for job in dag.jobs:\n"
        "        await private.accept(dag, job)\n"
        "private.before_choosing_jobs(judge)\n",
        rule,
    )
    assert "Nothing to be done" in run("killed.txt").stdout
    write(rule)
    assert "Nothing to be done" in run("killed.txt").stdout
    write(rule.replace("x=1", "x=2"))
    assert "Params have changed" in run("-n", "killed.txt").stdout


def test_prepare_to_accept(made):
    failures = []

    async def judge(dag):
        for _ in range(2):
            try:
                for job in dag.jobs:
                    await private.accept(dag, job)
            except Exception as error:
                failures.append(error)
                private.prepare_to_accept(dag)

    private.before_choosing_jobs(judge)
    plan("end.txt")
    assert len(failures) == 1  # before the jobs had their numbers


def test_is_acting(folder):
    rule = 'rule one:\n    output: "one.txt"\n    shell: "touch {output}"\n'
    write(
        "async def judge(dag):\n"
        '    print("acting:", private.is_acting(dag))\n'
        "private.before_choosing_jobs(judge)\n",
        rule,
    )
    assert "acting: False" in run("-n", "one.txt").stdout
    assert "acting: True" in run("one.txt").stdout


PROFILE = {"jobs": 9, "group-components": ["pairs=2"]}


def test_on_cluster(made):
    assert private.on_cluster(private.planned("end.txt", [], PROFILE).workflow)
    assert not private.on_cluster(plan("end.txt").workflow)


def test_limit_resource(folder):
    """Two jobs that could run side by side take turns."""
    write(
        'private.limit_resource(workflow, "turn", 1)\n',
        'rule all:\n    input: "a.txt", "b.txt"\n',
        'rule one:\n    output: "{name}.txt"\n    resources: turn=1\n',
        '    shell: "date +%s.%N > {output}; sleep 1; date +%s.%N >> {output}"\n',
    )
    snakemake(folder, "-c2")
    spans = [Path(name).read_text().split() for name in ("a.txt", "b.txt")]
    first, second = sorted([list(map(float, span)) for span in spans])
    assert first[1] <= second[0]


def test_calm_scheduler(folder):
    """A signal that comes while the scheduler's lock is held ends the run and blocks nothing."""
    write(
        "import os, signal\n"
        "onstart:\n"
        "    assert workflow.scheduler.job_rate_limiter is not None\n"
        "    private.calm_scheduler(workflow)\n"
        "    assert workflow.scheduler.job_rate_limiter is None\n"
        "    with workflow.scheduler._lock:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        time.sleep(0.1)\n",
        'rule one:\n    output: "one.txt"\n    shell: "touch {output}"\n',
    )
    done = run("one.txt", check=False, timeout=60)
    assert done.returncode == 1
    assert "AssertionError" not in done.stdout
    assert not Path("one.txt").exists()


PAIR = """
rule whole:
    output: "whole.txt"
    params: stage="whole", settings="none"
    shell: "touch {output}; exit 1"

rule half:
    output: "half.txt"
    params: stage="half", settings="none"
    shell: "touch {output}; exit 1"

rule other:
    output: "other.txt"
    shell: "touch {output}; exit 1"
"""


def test_keep_outputs_and_keep_going(folder):
    """Of failed jobs, those that are judged to be made; and one failure does not stop others."""
    write(
        "private.keep_outputs(lambda job: job.rule.name != 'half')\n"
        "async def judge(dag):\n"
        "    private.keep_going(dag)\n"
        "private.before_choosing_jobs(judge)\n",
        PAIR,
    )
    done = run("whole.txt", "half.txt", "other.txt", check=False)
    assert done.returncode == 1
    assert [path.name for path in sorted(Path.cwd().glob("*.txt"))] == ["whole.txt"]
    assert done.stdout.count("Error in rule") == 3


def test_is_retry_and_leave_out(folder):
    """A job of a cluster that failed before makes what it was submitted for and is not there."""
    write(
        "async def judge(dag):\n"
        "    if private.is_retry(dag):\n"
        "        private.leave_out(dag, lambda job: Path(job.output[0]).exists())\n"
        "private.before_choosing_jobs(judge)\n",
        PAIR.replace("; exit 1", ""),
    )
    for file in ("whole.txt", "other.txt"):
        Path(file).write_text("kept")
    submitted = ("--force", "--mode", "remote", "--target-jobs", "whole:", "half:", "other:")
    run(*submitted, "--attempt", "2")
    assert Path("whole.txt").read_text() == "kept"
    assert Path("half.txt").read_text() == Path("other.txt").read_text() == ""
    run(*submitted, "--attempt", "1")
    assert Path("whole.txt").read_text() == ""


def test_tell_why_groups_failed(monkeypatch, folder):
    """The message of the SLURM plugin stands in the record, beside what stood there before."""
    monkeypatch.setattr(private.jobs.GroupJob, "log_error", private.LOG_GROUP_ERROR)
    write(GROUPS)
    groups = private.cluster_jobs(plan("all"))
    dag = groups[0][0].dag
    group = next(found for jobs in groups if (found := dag.get_job_group(jobs[0])))
    said = []
    monkeypatch.setattr(private.jobs.logger, "error", lambda text, extra: said.append(extra))
    private.tell_why_groups_failed()
    group.log_error("It was cancelled.", aux_logs=["1.log"], external_jobid="1")
    (first, *_), numbers = said, {job.jobid for job in group.jobs}
    assert (first["why"], first["aux_logs"]) == ("It was cancelled.", ["1.log"])
    assert {job["jobid"] for job in first["job_error_info"]} == numbers


def test_hear_of_cancelled_jobs(monkeypatch):
    monkeypatch.setattr(slurm, "query_job_status", slurm.query_job_status)
    private.hear_of_cancelled_jobs()
    sacct = shlex.join(["printf", r"1|COMPLETED\n2|CANCELLED by 1000\n"])
    states, _ = asyncio.run(slurm.query_job_status(sacct, None))
    assert states == {"1": "COMPLETED", "2": "CANCELLED"}
    assert asyncio.run(slurm.query_job_status("false", None)) == (None, None)


def test_end_local_jobs(folder):
    write(
        "import threading\n"
        "def end():\n"
        "    while not Path('begun').exists():\n"
        "        time.sleep(0.05)\n"
        "    private.end_local_jobs()\n"
        "onstart:\n"
        "    threading.Thread(target=end, daemon=True).start()\n",
        'rule one:\n    output: "one.txt"\n    shell: "touch begun; sleep 600"\n',
    )
    assert run("one.txt", check=False, timeout=120).returncode == 1


GROUPS = """
rule all:
    input: expand("grouped{number}.txt", number=range(3)), "alone.txt", "local.txt"

rule grouped:
    output: "grouped{number}.txt"
    group: "pairs"
    shell: "touch {output}"

rule alone:
    output: "alone.txt"
    shell: "touch {output}"

rule local:
    output: "local.txt"
    localrule: True
    shell: "touch {output}"
"""


def names_of(groups):
    return sorted([job.rule.name for job in group] for group in groups)


def test_cluster_jobs(folder):
    write(GROUPS)
    found = private.cluster_jobs(private.planned("all", [], PROFILE))
    assert names_of(found) == [["alone"], ["grouped"], ["grouped", "grouped"]]
    Path("alone.txt").touch()
    found = private.cluster_jobs(private.planned("all", [], PROFILE))
    assert names_of(found) == [["grouped"], ["grouped", "grouped"]]


def test_dry_run(folder):
    tell = "lambda: print('dry:', private.dry_run(workflow) is not None)"
    write(f"import atexit\natexit.register({tell})\n", GROUPS)
    assert "dry: True" in run("-n").stdout
    assert "dry: False" in run("-n", "--quiet", "all").stdout
    assert "dry: False" in run("-n", "nowhere.txt", check=False).stdout
    assert "dry: False" in run().stdout  # it runs


def test_asked_for(folder):
    write("import atexit\natexit.register(lambda: print(private.asked_for(workflow)))\n", GROUPS)
    Path("own.yaml").write_text("a: 1\n")
    said = run("-n", "local.txt", "alone.txt", "--configfile", "own.yaml").stdout
    assert "(['alone.txt', 'local.txt'], ['own.yaml'])" in said


def test_config_files(folder):
    for name in ("one", "two", "own"):
        Path(f"{name}.yaml").write_text("a: 1\n")
    write(
        'configfile: "one.yaml"\n', 'configfile: "two.yaml"\n',
        "print([Path(file).name for file in private.config_files(workflow)])\n", GROUPS,
    )  # fmt: skip
    said = run("-n", "local.txt", "--configfile", "own.yaml").stdout
    assert "['one.yaml', 'two.yaml', 'own.yaml']" in said


def test_explain_missing_rule(folder):
    explain = "lambda target, can_be_made: f\"{target}? {can_be_made('local.txt')}.\""
    write(f"private.explain_missing_rule({explain})\n", GROUPS)
    done = run("-n", "local.text", check=False)
    assert done.returncode == 1
    assert "No rule to produce local.text. local.text? True." in done.stdout
    assert "Traceback" not in done.stdout and "File" not in done.stdout


SPY = """
import logging
class Spy(logging.Handler):
    def emit(self, record):
        print("spy:", getattr(record, "event", None))
made = private.replace_terminal_lines(workflow, lambda plain: Spy())
print("made:", made)
"""


def test_replace_terminal_lines(folder):
    write(SPY, GROUPS)
    said = run("local.txt").stdout
    assert "spy: job_info" in said and "spy: job_finished" in said
    assert "localrule local" not in said
    Path("local.txt").unlink()
    for options in ("-p", "--verbose", "--quiet"):
        assert "made: None" in run("-n", "local.txt", options).stdout


def test_planned(folder):
    write('configfile: "one.yaml"\n', 'rule end:\n    output: config["name"]\n',
          '    shell: "touch {output}"\n')  # fmt: skip
    Path("one.yaml").write_text("name: one.txt\n")
    Path("two.yaml").write_text("name: two.txt\n")
    dag = private.planned("end", ["two.yaml"])
    assert [str(job.output[0]) for job in dag.jobs] == ["two.txt"]
    assert dag.workflow.globals["config"] == {"name": "two.txt"}
    assert not Path("two.txt").exists()


def test_planned_refuses_in_one_sentence(folder):
    write(CHAIN)
    with pytest.raises(SystemExit) as end:
        plan("nowhere.txt")
    assert end.value.code.startswith("framefault: ")
    assert "nowhere.txt" in end.value.code
