rule encode:
    input:
        videos=made_data,
        manifest="results/manifests/{dataset}.csv",
    output:
        archive="results/clips/{dataset}/{split}/{shard}.zip",
        provenance="results/clips/{dataset}/{split}/{shard}.provenance.json",
    log:
        "results/logs/encode/{dataset}/{split}/{shard}.log",
    priority: starts_first
    group:
        cluster_group("unpack")
    conda:
        "../envs/framefault.yaml"
    threads: THREADS["encode"]
    resources:
        **needs(gb=2, minutes=60),
    params:
        **stage("encode", folder=data_folder, encoding=encoding),
    shell:
        COMMAND
