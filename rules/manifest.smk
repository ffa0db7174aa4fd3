rule manifest:
    input:
        raw_videos,
    output:
        "results/manifests/{dataset}.csv",
    log:
        "results/logs/manifest/{dataset}.log",
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["manifest"]
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=fingerprint("manifest"),
        folder=video_folder,
        options=manifest_options,
    shell:
        "python scripts/run.py manifest --dataset {wildcards.dataset} --folder {params.folder:q}"
        " --options {params.options:q} --manifest {output} --workers {threads} --log {log}"
