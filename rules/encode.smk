rule encode:
    input:
        raw_videos,
        manifest="results/manifests/{dataset}.csv",
    output:
        archive="results/clips/{dataset}/{split}/{shard}.zip",
        provenance="results/clips/{dataset}/{split}/{shard}.provenance.json",
    log:
        "results/logs/encode/{dataset}/{split}/{shard}.log",
    group:
        UNPACK
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["encode"]
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=fingerprint("encode"),
        folder=video_folder,
        options=encode_options,
    shell:
        "python scripts/run.py encode --manifest {input.manifest} --folder {params.folder:q}"
        " --split {wildcards.split} --shard {wildcards.shard} --options {params.options:q}"
        " --archive {output.archive} --workers {threads}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
