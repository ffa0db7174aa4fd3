rule generate:
    output:
        videos=directory("results/raw/{dataset}"),
        provenance="results/raw/{dataset}.provenance.json",
    log:
        "results/logs/generate/{dataset}.log",
    group:
        UNPACK
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["generate"]
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("generate"),
        options=lambda wildcards: dataset_options(
            wildcards.dataset, "pictures", "clips", "width", "height", "frames", "fps", "noise"
        ),
    shell:
        "python scripts/run.py generate --options {params.options:q} --videos {output.videos}"
        " --workers {threads} --code {params.code} --provenance {output.provenance} --log {log}"
