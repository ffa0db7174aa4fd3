rule manifest:
    input:
        raw_videos,
        lists=split_lists,
    output:
        manifest="results/manifests/{dataset}.csv",
        provenance="results/manifests/{dataset}.provenance.json",
    log:
        "results/logs/manifest/{dataset}.log",
    group:
        UNPACK
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["manifest"]
    resources:
        mem_mb=growing(1000),
        runtime=growing(20),
    params:
        code=fingerprint("manifest"),
        folder=video_folder,
        listed=videos_listed,
        options=manifest_options,
    shell:
        "python scripts/run.py manifest --dataset {wildcards.dataset} --folder {params.folder:q}"
        " --lists {input.lists} --listed {params.listed:q} --options {params.options:q}"
        " --manifest {output.manifest} --workers {threads}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
