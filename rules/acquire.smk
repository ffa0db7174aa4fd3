# The archive itself is no output: Snakemake would delete the user's file before making it again.
SOURCE = "results/sources/{source}/{part}"


rule fetch:
    output:
        facts=f"{SOURCE}.archive.json",
        provenance=f"{SOURCE}.archive.provenance.json",
    log:
        "results/logs/fetch/{source}/{part}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(480),
        downloads=whereabouts,
    params:
        code=fingerprint("fetch"),
        archive=lambda wildcards: archive_keys(wildcards, "file", "bytes", "sha256"),
    shell:
        "python scripts/run.py fetch --archive {params.archive:q} --downloads {resources.downloads:q}"
        " --facts {output.facts}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule unpack:
    input:
        facts=f"{SOURCE}.archive.json",
    output:
        folder=directory(SOURCE),
        provenance=f"{SOURCE}.provenance.json",
    log:
        "results/logs/unpack/{source}/{part}.log",
    group:
        UNPACK
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["manifest"]
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
        downloads=config["downloads"]["folder"],
    params:
        code=fingerprint("unpack"),
        options=lambda wildcards: archive_keys(wildcards, "root", "nested"),
    shell:
        "python scripts/run.py unpack --facts {input.facts} --downloads {resources.downloads:q}"
        " --options {params.options:q} --folder {output.folder} --workers {threads}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
