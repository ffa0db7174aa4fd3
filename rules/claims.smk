rule claims:
    input:
        predictions=claimed_predictions,
        ood=claimed_detection,
        files=claimed_files,
    output:
        csv="results/comparison/claims.csv",
        md="results/comparison/claims.md",
        provenance="results/comparison/claims.provenance.json",
    log:
        "results/logs/claims.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("claims"),
        claims=json.dumps(CLAIMS),
        caption=caption("Claims of the paper"),
        datasets=json.dumps(config["tables"]["datasets"]),
        seeds=json.dumps(config["seeds"]),
        playable=canonical(config["playable"]),
        confidence=config["tables"]["confidence"],
    shell:
        "python scripts/run.py claims --predictions {input.predictions} --ood {input.ood}"
        " --files {input.files} --claims {params.claims:q} --datasets {params.datasets:q}"
        " --seeds {params.seeds:q} --playable {params.playable:q}"
        " --confidence {params.confidence} --caption {params.caption:q}"
        " --csv {output.csv} --md {output.md}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
