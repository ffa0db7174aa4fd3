"""Every part of Snakemake that is not its documented interface, in one place.

Each function says what for; tests/unit/test_snakemake_private.py has a test for each, which fails
where a new Snakemake lacks what is used here. Nothing else in the project touches these parts.
"""

import os
import sys
import threading
from pathlib import Path

from snakemake import common, jobs, rules
from snakemake.api import SnakemakeApi
from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.dag import DAG
from snakemake.exceptions import ApiError, MissingRuleException, WorkflowError
from snakemake.logging import LogEvent as LogEvent
from snakemake.logging import logger
from snakemake.persistence import PersistenceBase
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    GroupSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)
from snakemake.shell import shell

from framefault.errors import UserError

STATE = Path(".snakemake")
# Snakemake's own, before any of them is replaced.
MINTIME, CODE_CHANGED = jobs.Job.output_mintime, PersistenceBase._code_changed
PARAMETERS = common.get_function_params
CHECK_INCOMPLETE, CHECK_MTIME = DAG.check_incomplete, DAG.check_output_mtime
CLEAN_UP, LOG_GROUP_ERROR = jobs.Job.cleanup, jobs.GroupJob.log_error
NOTHING_TO_DO = NOTHING_TO_BE_DONE_MSG


def keep_metadata_in(folder):
    """Have Snakemake keep what it remembers of every job in a folder inside results/.

    So it is copied and moved with them. The official data base (--persistence-backend db) is one
    SQLite file, which network file systems cannot share.
    """
    metadata = STATE / "metadata"
    folder.mkdir(parents=True, exist_ok=True)
    # Without this folder, Snakemake takes the other for one of an old version.
    (STATE / "incomplete").mkdir(parents=True, exist_ok=True)
    if not metadata.exists():
        metadata.symlink_to(os.path.relpath(folder, STATE))


def lock_files():
    """The files that lock this folder for a run."""
    return list((STATE / "locks").glob("*.lock"))


def is_module(workflow):
    """Whether another workflow uses the Snakefile that is being read, as a module."""
    return not workflow.modifier.is_main_snakefile()


def prefix(workflow):
    """What a module's `prefix:` puts before all of its paths, "" where there is none."""
    path = str(workflow.modifier.modify_path("results/"))
    if not path.endswith("results/"):
        raise WorkflowError("framefault as a module takes `prefix:`, and not `replace_prefix:`.")
    return path.removesuffix("results/")


def runs_stage(job):
    """Whether a job is framefault's: its rule's parameters name the stage and its settings."""
    return {"stage", "settings"} <= set(job.rule.params.keys())


def ignore_times():
    """Have Snakemake take no output for older than its inputs: a copy's times say nothing.

    Nor after a job: where a clock was set back, its outputs are older, however often it runs.
    """

    async def no_time(job):
        return None if runs_stage(job) else await MINTIME.fget(job)

    async def not_compared(dag, job, outputs):
        if not runs_stage(job):
            await CHECK_MTIME(dag, job, outputs)

    jobs.Job.output_mintime = property(no_time)
    DAG.check_output_mtime = not_compared


def ignore_commands():
    """Have Snakemake not compare the text of a stage's command, which says where the clone lies.

    The code that runs is among the parameters.
    """

    def changed(self, job, file=None):
        return not runs_stage(job) and CODE_CHANGED(self, job, file)

    PersistenceBase._code_changed = changed


def remember_parameters():
    """Have Snakemake look once at what a function of a rule takes, not many times for every job."""
    known = {}

    def remembered(function):
        code = getattr(function, "__code__", None)
        if code is None or hasattr(function, common.FUNC_OVERWRITE_PARAMS_ATTR):
            return PARAMETERS(function)
        if code not in known:
            known[code] = PARAMETERS(function)
        return known[code]

    common.get_function_params = rules.get_function_params = remembered


def before_choosing_jobs(judge):
    """Call `await judge(dag)` when all jobs are known and before it is decided which must run.

    Its UserError ends the run with the sentence alone.
    """

    async def judged(dag):
        try:
            await judge(dag)
        except UserError as error:
            # Of its errors, the one that is shown without lines of code.
            raise ApiError(str(error)) from error
        # What a killed run left behind has been judged; without this, Snakemake gives up.
        dag.workflow.dag_settings.force_incomplete = True
        await CHECK_INCOMPLETE(dag)

    DAG.check_incomplete = judged


def prepare_to_accept(dag):
    """Number the jobs, which accepting one needs."""
    dag.update_jobids()


async def left_incomplete(dag, job):
    """Whether a run was killed while it made this job's outputs."""
    return await dag.workflow.persistence.incomplete(job)


def is_known(dag, job):
    """Whether Snakemake remembers how this job's outputs were made."""
    return dag.workflow.persistence.has_metadata(job)


async def accept(dag, job):
    """Remember this job's outputs as made just as it is planned now.

    A folder gets the mark that Snakemake leaves in each one that a job has finished.
    """
    for folder in filter(os.path.isdir, job.output):
        Path(folder, ".snakemake_timestamp").touch()
    await dag.workflow.persistence.finished(job)


def run_again(dag, files):
    """Have the job that makes these files run."""
    dag.forcefiles.update(files)


def keep_outputs(is_made):
    """Have a failed job's outputs stay where `is_made(job)`, which Snakemake would delete.

    Of jobs that share one of a cluster, all count as failed when one has.
    """

    async def clean_up(job, spared):
        if not (runs_stage(job) and is_made(job)):
            await CLEAN_UP(job, spared)

    jobs.Job.cleanup = clean_up


def keep_going(dag):
    """In a job of a cluster: --keep-going, which Snakemake does not hand on to it."""
    dag.workflow.execution_settings.keep_going = True


def is_retry(dag):
    """In a job of a cluster: whether it has failed before in this run."""
    return dag.workflow.execution_settings.attempt > 1


def leave_out(dag, is_made):
    """In a job of a cluster: what it was submitted for is not made where `is_made(job)`."""
    for job in filter(runs_stage, dag.targetjobs):
        if is_made(job):
            dag.forcefiles.difference_update(job.output)


def tell_why_groups_failed():
    """Have the message that a group has failed hold as `why` what the cluster said of it.

    Snakemake drops it.
    """

    def log_error(group, msg=None, aux_logs=None, **facts):
        LOG_GROUP_ERROR(group, msg, aux_logs, why=msg, **facts)

    jobs.GroupJob.log_error = log_error


def hear_of_cancelled_jobs():
    """Have the SLURM plugin understand sacct's `CANCELLED by 1000`; it waits for such a job."""
    if slurm := sys.modules.get("snakemake_executor_plugin_slurm"):
        original = slurm.query_job_status

        async def query(command, log):
            states, seconds = await original(command, log)
            return states and {job: state.split()[0] for job, state in states.items()}, seconds

        slurm.query_job_status = query


def is_acting(dag):
    """Whether this is a run, not a dry-run."""
    return not dag.workflow.dryrun


def replace_terminal_lines(workflow, make):
    """Put a handler of messages in the place of the one that prints them; returns it, or None.

    `make` gets the one that printed. Nothing is replaced where a user asks for less (`--quiet`),
    for more (`-p`, `--verbose`, `--debug-dag`), or for another logger.
    """
    settings = workflow.output_settings
    quiet = {Quietness.ALL, Quietness.PROGRESS} & set(settings.quiet or ())
    if quiet or settings.verbose or settings.printshellcmds or settings.debug_dag:
        return None
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler" and workflow.is_main_process:
            logger.removeHandler(handler)
            logger.addHandler(made := make(handler))
            return made
    return None


def on_cluster(workflow):
    """Whether jobs go to a cluster."""
    return workflow.resource_settings.nodes is not None


def limit_resource(workflow, name, amount):
    """Like --resources NAME=AMOUNT."""
    workflow.global_resources[name] = amount


def calm_scheduler(workflow):
    """Two defects of Snakemake's scheduler, put right when a run starts."""
    # On SIGTERM, Snakemake's handler asks for this lock in the thread that may hold it.
    workflow.scheduler._lock = threading.RLock()
    if workflow.local_exec:
        # While there is a rate limit, which only clusters need, every round of scheduling sets a
        # timer that starts one more round: after 200 jobs they keep a core half busy.
        workflow.scheduler.job_rate_limiter = None


def end_local_jobs():
    """Kill the commands of the jobs that run beside this process, on a cluster's login node."""
    for job in list(shell._processes):
        shell.kill(job)


def cluster_jobs(dag):
    """The jobs to run that a cluster sees: lists of the jobs that share one."""
    shared = {}
    for job in filter(dag.needrun, dag.jobs):
        if job.rule.name not in dag.workflow._localrules and not job.rule.norun:
            shared.setdefault(dag.get_job_group(job) or job, []).append(job)
    return list(shared.values())


def dry_run(workflow):
    """The graph of jobs after a dry-run that was not to be quiet, or None."""
    done = workflow.scheduler is not None and workflow.dryrun
    return workflow.dag if done and not workflow.output_settings.quiet else None


def asked_for(workflow):
    """(targets, configuration files) of the command line."""
    files = workflow.config_settings.configfiles
    return sorted(workflow.dag_settings.targets), list(map(os.path.relpath, files))


def config_files(workflow):
    """All configuration files that were read, those of the command line last."""
    given = [*map(str, workflow.config_settings.configfiles)]
    return [*(file for file in map(str, workflow.configfiles) if file not in given), *given]


def explain_missing_rule(explain):
    """Add what `explain(target, can_be_made)` says to the sentence on a target that no rule makes.

    `can_be_made(file)` tells whether a rule makes a file.
    """
    original = DAG.init

    async def init(dag, *arguments, **options):
        def can_be_made(file):
            return bool(dag.output_index.match_producers(file))

        try:
            await original(dag, *arguments, **options)
        except MissingRuleException as error:
            wrong = next((file for file in dag.targetfiles if not can_be_made(file)), None)
            if wrong is None:
                raise
            error.args = (f"No rule to produce {wrong}. {explain(str(wrong), can_be_made)}",)
            raise

    DAG.init = init


def planned(target, configfiles, profile=None):
    """The graph of jobs for a target; with a profile's settings, as on its cluster.

    Ends the program with one sentence where Snakemake refuses.
    """
    resources = ResourceSettings(nodes=profile["jobs"]) if profile else ResourceSettings(cores=1)
    components = (each.split("=") for each in (profile or {}).get("group-components", ()))
    groups = GroupSettings(group_components={name: int(number) for name, number in components})
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            workflow = api.workflow(
                resources,
                config_settings=ConfigSettings(configfiles=[Path(file) for file in configfiles]),
            )
            workflow.dag(DAGSettings(targets={target})).execute_workflow(
                executor="dryrun", group_settings=groups
            )
        except Exception as error:
            sys.exit(f"framefault: {error}")
    return workflow._workflow.dag
