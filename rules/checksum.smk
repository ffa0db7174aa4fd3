CHECKSUMS = f"results/checksums/{CONDITION}/{{shard}}"
SUPPORT = "results/checksums/{dataset}/seed{seed}/{corruption}/{level}"


rule checksum:
    input:
        clips="results/clips/{dataset}/{split}/{shard}.zip",
        corrupted=corrupted_archive,
    output:
        files=f"{CHECKSUMS}.csv",
        provenance=f"{CHECKSUMS}.provenance.json",
    log:
        f"results/logs/checksum/{CONDITION}/{{shard}}.log",
    group:
        PREPARE
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("checksum"),
    shell:
        "python scripts/run.py checksum --clips {input.clips} --corrupted {input.corrupted}"
        " --files {output.files}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule support:
    input:
        files=checksum_files,
        predictions="results/predictions/{dataset}/none/seed{seed}/{corruption}/{level}.parquet",
    output:
        cell=f"{SUPPORT}.json",
        provenance=f"{SUPPORT}.provenance.json",
    log:
        "results/logs/support/{dataset}/seed{seed}/{corruption}/{level}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("support"),
        playable=canonical(config["playable"]),
        confidence=config["tables"]["confidence"],
    shell:
        "python scripts/run.py support --files {input.files} --predictions {input.predictions}"
        " --dataset {wildcards.dataset} --seed {wildcards.seed}"
        " --corruption {wildcards.corruption} --level {wildcards.level}"
        " --playable {params.playable:q} --confidence {params.confidence} --cell {output.cell}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
