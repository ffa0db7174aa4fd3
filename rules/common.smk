# The checked configuration, how a run starts, and what rules of all stages share. What is for a
# group of stages is in common/.
import atexit
import json
import sys
import threading
from pathlib import Path

from snakemake.dag import DAG
from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

import run
from framefault.config import CORRUPTIONS, canonical, validated
from framefault.errors import UserError
from framefault.shards import shard_names
from framefault.workflow.cluster import cluster_jobs
from framefault.workflow.fingerprint import fingerprint
from framefault.workflow.provenance import digest, read_record
from framefault.workflow.resume import (
    go_on,
    keep_records_with_results,
    note_machine,
    unlock_after_kill,
)

try:
    config = validated(config)
except UserError as error:
    raise WorkflowError(str(error))

run.use_this_python()
keep_records_with_results()
if workflow.is_main_process:
    go_on(DAG, alone=unlock_after_kill())


onstart:
    note_machine()
    # On SIGTERM, Snakemake's handler asks for this lock in the thread that may hold it.
    workflow.scheduler._lock = threading.RLock()
    if workflow.local_exec:
        run.warm_up()
        # While there is a rate limit, which only clusters need, every round of scheduling sets a
        # timer that starts one more round: after 200 jobs they keep a core half busy.
        workflow.scheduler.job_rate_limiter = None


# Which short jobs share a job of a cluster; profiles/slurm says how many of each.
ON_CLUSTER = workflow.resource_settings.nodes is not None
UNPACK, PREPARE, PREDICT = ("unpack", "prepare", "predict") if ON_CLUSTER else (None, None, None)


def tell_cluster_jobs():
    """After a dry-run: Snakemake counts its own jobs only."""
    if workflow.dag is not None and workflow.dryrun and not workflow.output_settings.quiet:
        print(f"These are {len(cluster_jobs(workflow.dag))} jobs of the cluster.", file=sys.stderr)


if ON_CLUSTER and workflow.is_main_process:
    atexit.register(tell_cluster_jobs)


# Predictions that share a job take turns on its GPU.
resource_scopes:
    turn="local",


workflow.global_resources["turn"] = 1

DATASETS = config["datasets"]


wildcard_constraints:
    source="|".join(config["sources"]),
    part="[a-z][a-z0-9_]*",
    dataset="[A-Za-z0-9][A-Za-z0-9_-]*",
    split="train|test",
    shard=r"\d{5}-of-\d{5}",
    corruption="none|packet_loss|random|contiguous",
    level=r"[0-9.]+(e[+-]?[0-9]+)?",
    seed="[0-9]+",
    defense=r"none|at_eps[0-9]+|bat|bat_low|bat_high|bat_oracle/[a-z_]+/[0-9.e+-]+",


CONDITION = "{dataset}/{split}/{corruption}/{level}/seed{seed}"
CORRUPTED = f"results/corrupted/{CONDITION}/{{shard}}"
DECODED = f"results/decoded/{CONDITION}"


def dataset_options(dataset, *keys):
    """The named settings of a data set, canonical: what a rule reads and nothing else."""
    return canonical({key: DATASETS[dataset].get(key) for key in keys})


def shards(dataset, split, pattern, **wildcards):
    """The files of all shards of a split."""
    names = shard_names(DATASETS[dataset]["shards"][split])
    return expand(pattern, dataset=dataset, split=split, shard=names, **wildcards)


def decoded(dataset, split, corruption="none", level="0", seed="0"):
    """Cached frames of one condition, and their accounts."""
    return shards(
        dataset,
        split,
        [f"{DECODED}/{{shard}}.frames", f"{DECODED}/{{shard}}.parquet"],
        corruption=corruption,
        level=level,
        seed=seed,
    )


def growing(first):
    """A resource that grows with every attempt of a job that a cluster ended for lack of it."""
    return lambda wildcards, attempt: first * attempt
