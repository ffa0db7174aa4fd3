# Archives of publishers. The archive itself is no output: Snakemake would delete the user's file
# before making it again.
SOURCE = "results/sources/{source}/{part}"


rule fetch:
    output:
        facts=f"{SOURCE}.archive.json",
        provenance=f"{SOURCE}.archive.provenance.json",
    log:
        "results/logs/fetch/{source}/{part}.log",
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=480),
    params:
        **stage("fetch", whereabouts, **archive("file", "bytes", "sha256")),
    shell:
        COMMAND


rule unpack:
    input:
        facts=f"{SOURCE}.archive.json",
    output:
        folder=directory(SOURCE),
        provenance=f"{SOURCE}.provenance.json",
    log:
        "results/logs/unpack/{source}/{part}.log",
    group:
        cluster_group("unpack")
    conda:
        "../envs/framefault.yaml"
    threads: THREADS["manifest"]
    resources:
        **needs(gb=1, minutes=60),
    params:
        **stage("unpack", whereabouts, **archive("root", "nested")),
    shell:
        COMMAND
