"""What a person sees of a run: one line that says how far it is, and at its end what failed.

The Snakefile puts this handler in the place of Snakemake's own lines on the terminal, which its log
file keeps. A logger plugin would have to be installed before Snakemake starts; this needs a clone
only, and reads the same documented events.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from logging import WARNING, Handler
from pathlib import Path

from framefault.workflow import snakemake_private as snakemake
from framefault.workflow.cluster import why_failed
from framefault.workflow.missing import in_lines, missing

QUIET = "FRAMEFAULT_PROGRESS"  # tells jobs that what they have to say is shown from their logs
COMMAND = "FRAMEFAULT_COMMAND"  # what the user gave, where that was not Snakemake
# Seconds between looks, the least between two lines on a terminal, and where there is none.
TICK, BLINK, REPORT = 1.0, 0.1, 60.0
CLEAR = "\r\x1b[K"
STAMP = re.compile(r"[0-9-]{10} [0-9:,]{12} ")
SAID = "framefault: "
SHOWN = 3  # stages that the line names
FEW = 100  # jobs that weigh all the same
RUN = Path(__file__).resolve().parents[2] / "run.py"
LONG = 30  # jobs of a plan that few people read
# Lines of Snakemake that tell nothing, or once more what is told at the end.
NOISE = (
    "Assuming unrestricted shared filesystem", "Config file ", "Building DAG of jobs",
    "Reasons:", "Some jobs were triggered by provenance", "Rules with provenance triggered",
    "RuleException:\nCalledProcessError", "Exiting because a job",
    "WorkflowError:\nAt least one job",
)  # fmt: skip

KILLED = "It ended without a word; it may have been killed."
INTERRUPTED = "Terminating processes"
NEWS = (INTERRUPTED, "Will exit after finishing", snakemake.NOTHING_TO_DO)


def show(workflow):
    """Tell how far the run of a workflow is, unless Snakemake's own lines are asked for.

    Returns the handler, or None.
    """
    snakemake.tell_why_groups_failed()
    progress = snakemake.replace_terminal_lines(workflow, lambda plain: Progress(plain, workflow))
    os.environ.pop(QUIET, None)
    if progress and not snakemake.on_cluster(workflow):
        os.environ[QUIET] = "1"
    return progress


@dataclass
class Begun:
    """A job under way: its stage, when it was begun, and its log files as they were then."""

    stage: str
    start: float
    logs: list
    before: list = field(default_factory=list)

    @property
    def at_work(self):
        """Whether it has opened its log since; a cluster lets jobs wait."""
        return not self.logs or changed(self.logs[0]) != self.before[0]


class Tally:
    """How far a run is, and how long the rest will take.

    What a job was expected to take is corrected by what others of its stage took in this run.
    """

    def __init__(self, clock=time.monotonic):
        self.clock, self.start, self.total = clock, clock(), 0
        self.jobs = {}  # {number: (stage, seconds that it is expected to take)}
        self.begun, self.done, self.failed = {}, {}, {}  # by number; `done` has seconds

    def begin(self, job, stage, logs=()):
        self.failed.pop(job, None)  # it is tried again
        self.begun[job] = Begun(stage, self.clock(), logs, list(map(changed, logs)))

    def finish(self, job):
        begun = self.begun.pop(job, None)
        self.done[job] = self.clock() - begun.start if begun else 0.0

    def fail(self, job, failure):
        self.begun.pop(job, None)
        self.failed[job] = failure

    def rest(self):
        """(share of the work that is done, seconds left); None while nothing is known."""
        took, expected = Counter(), Counter()  # of finished jobs, by stage
        for job, seconds in self.done.items():
            if job in self.jobs:
                stage, guess = self.jobs[job]
                took[stage] += seconds
                expected[stage] += guess
        if not took.total() or not expected.total():
            return None
        pace, now, rest, busy = took.total() / expected.total(), self.clock(), 0.0, took.total()
        for job, (stage, guess) in self.jobs.items():
            if job not in self.done:
                own = guess * (took[stage] / expected[stage] if expected[stage] else pace)
                spent = now - self.begun[job].start if job in self.begun else 0.0
                busy += spent
                rest += max(own - spent, 0.0)
        return took.total() / (took.total() + rest), rest * (now - self.start) / busy


class Progress(Handler):
    """Snakemake's messages as one line; what is no such message goes on to the `plain` handler."""

    def __init__(self, plain, workflow):
        super().__init__()
        self.plain, self.workflow, self.stream = plain, workflow, plain.stream
        self.on_terminal = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.tally, self.running, self.drawn, self.told = Tally(), False, False, 0.0
        self.interrupted = False
        self.ended = threading.Event()
        self.read = {
            snakemake.LogEvent.WORKFLOW_STARTED: self.started,
            snakemake.LogEvent.RUN_INFO: self.planned,
            snakemake.LogEvent.JOB_INFO: self.job_begun,
            snakemake.LogEvent.JOB_FINISHED: self.job_finished,
            snakemake.LogEvent.JOB_ERROR: self.job_failed,
            snakemake.LogEvent.GROUP_ERROR: self.group_failed,
        }

    def emit(self, record):
        try:
            event = getattr(record, "event", None)
            if event in self.read:
                self.read[event](record)
            elif event in (None, snakemake.LogEvent.ERROR) and self.is_news(record):
                self.write(record)
        except Exception:
            self.handleError(record)

    def is_news(self, record):
        """Whether a message is for people: in a run, what warns and what ends it."""
        said = str(record.msg)
        if said.startswith(NOISE):
            return False
        self.interrupted |= said.startswith(INTERRUPTED)
        return not self.running or record.levelno >= WARNING or said.startswith(NEWS)

    def write(self, record):
        self.clear()
        self.plain.handle(record)
        self.draw()

    # What happens in a run ------------------------------------------------------------------
    def started(self, _):
        if self.on_terminal:
            self.stream.write("Planning ...")
            self.stream.flush()
            self.drawn = True
        self.running = not self.workflow.output_settings.dryrun

    def planned(self, record):
        """The table of jobs: a dry-run shows it, once."""
        if self.running:
            self.tally.total = record.stats["total"]
            threading.Thread(target=self.watch, daemon=True).start()
        elif not self.tally.total:
            self.tally.total = record.stats["total"]
            self.write(record)

    def job_begun(self, record):
        if self.running:
            self.tally.begin(record.jobid, record.rule_name, list(record.log))
            self.draw()

    def job_finished(self, record):
        self.tally.finish(record.job_id)
        self.draw()

    def job_failed(self, record):
        if not record.indent:  # members of a group are told by the group
            self.fail(record.__dict__)

    def group_failed(self, record):
        """Jobs that shared one of a cluster: those whose logs say that they failed, or all."""
        jobs = {job["jobid"]: job for job in record.job_error_info}
        guilty = [
            job
            for number, job in jobs.items()
            if number in self.tally.begun
            and self.tally.begun[number].at_work
            and sentence(job["log"])
        ]
        for job in guilty or jobs.values():
            self.fail({**job, "log": job["log"] + record.aux_logs, "rule_msg": record.why})
        for number in jobs:
            self.tally.begun.pop(number, None)

    def fail(self, job):
        """Remember a failed job; where the others go on, it is named at once."""
        begun = self.tally.begun.get(job["jobid"])
        own = sentence(job["log"]) if begun and begun.at_work else None
        why = None if own else why_failed(job["rule_msg"])
        failure = {"job": f"{job['rule_name']} of {job['output'][0]}", "log": job["log"]}
        failure["said"] = own or why or KILLED
        self.tally.fail(job["jobid"], failure)
        if self.workflow.execution_settings.keep_going:
            self.say(f"Failed: {failure['job']}" + (f": {why.splitlines()[0]}" if why else ""))

    def expect(self, config):
        """Learn in the background what the jobs of this run will take."""
        dag = self.workflow.dag
        jobs = [job for job in dag.jobs if dag.needrun(job)]
        self.tally.jobs = {job.jobid: (job.rule.name, 1.0) for job in jobs}
        if len(jobs) < FEW:
            return
        asked = [[job.rule.name, job.wildcards_dict, job.threads] for job in jobs]
        script = [sys.executable, str(RUN), "expected"]

        def ask():
            text = json.dumps({"config": config, "jobs": asked})
            told = subprocess.run(script, input=text, capture_output=True, text=True, check=False)
            if told.returncode == 0:
                seconds = json.loads(told.stdout)
                with self.lock:
                    self.tally.jobs = {
                        job.jobid: (job.rule.name, 0.0 if job.rule.norun else each)
                        for job, each in zip(jobs, seconds, strict=True)
                    }

        threading.Thread(target=ask, daemon=True).start()

    # One line -------------------------------------------------------------------------------
    def line(self):
        tally = self.tally
        words = [f"{len(tally.done)} of {tally.total} jobs"]
        if snakemake.on_cluster(self.workflow):
            at_work = sum(begun.at_work for begun in list(tally.begun.values()))
            words.append(f"{len(tally.begun)} submitted, {at_work} of them running")
        if (rest := tally.rest()) and len(tally.done) < tally.total:
            words.append(f"{rest[0]:.0%} of the work, about {in_words(rest[1])} left")
        if tally.failed:
            words.append(f"{len(tally.failed)} failed")
        stages = Counter(begun.stage for begun in tally.begun.values()).most_common()
        names = [f"{count} × {name}" if count > 1 else name for name, count in stages]
        more = ["…"] if len(names) > SHOWN else []
        return ", ".join(words) + (": " if names else "") + ", ".join(names[:SHOWN] + more)

    def draw(self):
        if not self.running or not (self.tally.begun or self.tally.done):
            return
        if self.on_terminal:
            if self.drawn and time.monotonic() - self.told < BLINK:
                return
            self.told = time.monotonic()
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(CLEAR + self.line()[:width])
            self.drawn = True
        elif self.is_time():
            self.told = time.monotonic()
            self.stream.write(self.line() + "\n")
        self.stream.flush()

    def is_time(self):
        """Lines in a file come ever more rarely, so that a day's run has a hundred."""
        run = time.monotonic() - self.tally.start
        return not self.told or time.monotonic() - self.told > max(REPORT, run / 20)

    def watch(self):
        while not self.ended.wait(TICK):
            with self.lock:
                if not self.ended.is_set():
                    self.draw()

    def clear(self):
        if self.drawn:
            self.stream.write(CLEAR)
            self.drawn = False

    def say(self, text):
        self.clear()
        self.stream.write(text + "\n")
        self.draw()
        self.stream.flush()

    # The end --------------------------------------------------------------------------------
    def close(self):
        with self.lock:
            if not self.ended.is_set():
                self.ended.set()
                self.clear()
                if self.running and (self.tally.done or self.tally.begun or self.tally.failed):
                    self.running = False
                    self.say("\n".join(self.summary()))
        super().close()

    def summary(self):
        """What a run made, or what failed, where it is told in full, and how to go on."""
        tally = self.tally
        if len(tally.done) == tally.total:
            took = in_words(tally.clock() - tally.start)
            yield f"Done: {tally.total} {'job' if tally.total == 1 else 'jobs'} in {took}."
            return
        for failure in tally.failed.values():
            if self.interrupted and failure["said"] == KILLED:
                continue
            yield f"\nFailed: {failure['job']}\n{failure['said']}"
            for file in failure["log"]:
                yield f"  log: {os.path.relpath(file)}"
                if self.workflow.output_settings.show_failed_logs and Path(file).is_file():
                    yield Path(file).read_text(encoding="utf-8", errors="replace")
        yield f"\nStopped after {len(tally.done)} of {tally.total} jobs."
        files = self.workflow.logger_manager.get_logfile()
        yield from (f"  log of the run: {os.path.relpath(file)}" for file in files)
        yield f"  to go on from here: {os.environ.get(COMMAND) or command()}"


def tell_plan(workflow, in_clone=True):
    """Print what a dry-run ends with: what is missing, jobs of a cluster, where to see more.

    `make` is of use only where the working folder is that of the clone.
    """
    dag = snakemake.dry_run(workflow)
    if dag is None:
        return
    if lacking := missing(dag):
        print(f"Missing, and to be put there before this can run:{in_lines(lacking)}")
    if snakemake.on_cluster(workflow):
        print(f"These are {len(snakemake.cluster_jobs(dag))} jobs of the cluster.")
    if in_clone and sum(map(dag.needrun, dag.jobs)) >= LONG:
        targets, files = snakemake.asked_for(workflow)
        words = " ".join([f"TARGET={(*targets, 'all')[0]}", *(f"CONFIG={file}" for file in files)])
        print(f"`make plan {words}` tells hours and disk,")
        print(f"`make why {words}` why each job would run, and -p lists all of them.")


def command():
    """The command that started this program."""
    return shlex.join(["snakemake", *sys.argv[1:]])


def changed(file):
    """When a file was last written; None if it is not there."""
    try:
        return os.stat(file).st_mtime_ns
    except OSError:
        return None


def sentence(logs):
    """The sentence that ends the log of a failed stage, or its unexpected error; or None."""
    try:
        lines = Path(logs[0]).read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, IndexError):
        return None
    stamped = [number for number, line in enumerate(lines) if STAMP.match(line)]
    if not stamped:
        return None
    last = STAMP.sub("", lines[stamped[-1]])
    if last.startswith(SAID):
        return "\n".join([last, *lines[stamped[-1] + 1 :]])
    return f"unexpected error: {lines[-1]}" if last == "unexpected error" else None


def in_words(seconds):
    """A duration to two digits or so: 40 s, 12 min, 3 h 20 min, 2 days."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours / 24:.0f} days"
