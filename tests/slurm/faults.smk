# Jobs that go wrong, under the project's own profile and with its own growing resources. They
# have nodes of their own, because a whole run is under way beside them.
include: "Snakefile"


rule fails_twice:
    output:
        "results/faults/fails_twice",
    resources:
        **needs(gb=1, minutes=5, slurm_partition="spare"),
    shell:
        "echo {resources.mem_mb} >> results/attempts; [ {resources.mem_mb} -ge 3000 ] && touch {output}"


rule needs_memory:
    output:
        "results/faults/needs_memory",
    resources:
        **needs(gb=1, minutes=5, slurm_partition="spare"),
    shell:
        "python -c 'import time; block = bytes(1) * 1_200_000_000; time.sleep(6)' && touch {output}"


rule needs_time:
    output:
        "results/faults/needs_time",
    resources:
        **needs(gb=1, minutes=1, slurm_partition="spare"),
    shell:
        "sleep 70 && touch {output}"


rule sees_gpu:
    output:
        "results/faults/sees_gpu",
    resources:
        slurm_partition="gpu",
        gpu=1,
        mem_mb=1000,
        runtime=5,
    shell:
        "echo $CUDA_VISIBLE_DEVICES $SLURMD_NODENAME > {output}"


rule sees_gres:
    output:
        "results/faults/sees_gres",
    resources:
        slurm_partition="gpu",
        gres="gpu:1",
        mem_mb=1000,
        runtime=5,
    shell:
        "echo $CUDA_VISIBLE_DEVICES $SLURMD_NODENAME > {output}"


rule slow:
    output:
        made="results/faults/slow_{number}.txt",
        provenance="results/faults/slow_{number}.provenance.json",
    resources:
        slurm_partition="spare",
        mem_mb=1000,
        runtime=5,
    log:
        "results/logs/slow_{number}.log",
    params:
        **stage("slow"),
    shell:
        "echo {wildcards.number} >> results/started; " + COMMAND


rule misplaced:
    output:
        "results/faults/misplaced",
    resources:
        mem_mb=1000,
        runtime=5,
    shell:
        "touch {output}"
