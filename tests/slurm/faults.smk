# The workflow, and beside it jobs that go wrong, with its own growing resources. They have nodes of
# their own, because a whole run is under way beside them.
import asyncio

from snakemake_executor_plugin_slurm import Executor


include: "Snakefile"


# The plugin waits for its next look at its jobs 10 s longer each time that none has ended.
async def one_second(_):
    await asyncio.sleep(1)


Executor.sleep = one_second


def asks(minutes=5, partition="spare", **more):
    return needs(gb=1, minutes=minutes, slurm_partition=partition, **more)


# Takes more memory than it has at first, then more time.
rule needs_more:
    output:
        "results/faults/needs_more",
    resources:
        **asks(minutes=1),
    shell:
        "echo {resources.mem_mb} {resources.runtime} >> results/attempts;"
        " case {resources.runtime} in"
        " 1) python -c 'import time; block = bytes(1) * 1_200_000_000; time.sleep(60)';;"
        " 2) sleep 200;;"
        " *) touch {output};;"
        " esac"


rule sees_gpu:
    output:
        "results/faults/sees_gpu",
    resources:
        **asks(partition="gpu") | {"gpu": 1},
    shell:
        "echo $CUDA_VISIBLE_DEVICES $SLURMD_NODENAME > {output}"


rule sees_gres:
    output:
        "results/faults/sees_gres",
    resources:
        **asks(partition="gpu", gres="gpu:1"),
    shell:
        "echo $CUDA_VISIBLE_DEVICES $SLURMD_NODENAME > {output}"


# The partition lets jobs run for a minute only.
rule too_long:
    output:
        "results/faults/too_long",
    resources:
        **asks(partition="short"),
    shell:
        "touch {output}"


# The partition takes one job of a user at a time.
rule crowded:
    output:
        "results/faults/crowded_{number}",
    resources:
        **asks(partition="few"),
    shell:
        "touch {output}"


rule slow:
    output:
        made="results/faults/slow_{number}.txt",
        provenance="results/faults/slow_{number}.provenance.json",
    log:
        "results/logs/slow_{number}.log",
    resources:
        **asks(partition="frail"),
    params:
        **stage("slow"),
    shell:
        "echo {wildcards.number} >> results/started; " + COMMAND


# One SLURM job makes all parts.
rule part:
    output:
        made="results/faults/part_{number}.txt",
        provenance="results/faults/part_{number}.provenance.json",
    log:
        "results/logs/part_{number}.log",
    group:
        cluster_group("prepare")
    resources:
        **asks(),
    params:
        **stage("part"),
    shell:
        "echo {wildcards.number} >> results/parts; " + COMMAND


rule misplaced:
    output:
        "results/faults/misplaced",
    resources:
        mem_mb=1000,
        runtime=5,
    shell:
        "touch {output}"
