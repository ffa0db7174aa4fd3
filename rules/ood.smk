rule ood:
    input:
        clean="results/predictions/{dataset}/none/seed{seed}/none/0.parquet",
        predictions="results/predictions/{dataset}/none/seed{seed}/{corruption}/{level}.parquet",
    output:
        cell="results/ood/{dataset}/{defense}/seed{seed}/{corruption}/{level}.json",
        provenance="results/ood/{dataset}/{defense}/seed{seed}/{corruption}/{level}.provenance.json",
    log:
        "results/logs/ood/{dataset}/{defense}/seed{seed}/{corruption}/{level}.log",
    wildcard_constraints:
        defense="odin|energy",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("ood"),
        options=ood_options,
        playable=canonical(config["playable"]),
        confidence=config["tables"]["confidence"],
    shell:
        "python scripts/run.py ood --clean {input.clean} --predictions {input.predictions}"
        " --dataset {wildcards.dataset} --defense {wildcards.defense} --seed {wildcards.seed}"
        " --corruption {wildcards.corruption} --level {wildcards.level}"
        " --options {params.options:q} --playable {params.playable:q}"
        " --confidence {params.confidence} --cell {output.cell}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
