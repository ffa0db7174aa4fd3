rule score:
    input:
        f"results/predictions/{CELL}.parquet",
    output:
        cell=f"results/cells/{CELL}.json",
        provenance=f"results/cells/{CELL}.provenance.json",
    log:
        f"results/logs/score/{CELL}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("score"),
        playable=canonical(config["playable"]),
        confidence=config["tables"]["confidence"],
    shell:
        "python scripts/run.py score --predictions {input} --dataset {wildcards.dataset}"
        " --defense {wildcards.defense} --seed {wildcards.seed}"
        " --corruption {wildcards.corruption} --level {wildcards.level}"
        " --playable {params.playable:q} --confidence {params.confidence}"
        " --cell {output.cell} --code {params.code} --provenance {output.provenance} --log {log}"
