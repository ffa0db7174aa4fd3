# Paper B, data: videos, metadata, pm-k sets, cached frames.
rule time_generate:
    output:
        folder=directory("results/time/raw/{dataset}"),
        provenance="results/time/raw/{dataset}.provenance.json",
    log:
        "results/logs/time_generate/{dataset}.log",
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["generate"]
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("time_generate"),
        options=lambda wildcards: canonical(
            {key: TIME_DATASETS[wildcards.dataset][key] for key in ("layout", "videos", "length")}
        ),
    shell:
        "python scripts/run.py time_generate --dataset {wildcards.dataset}"
        " --options {params.options:q} --folder {output.folder} --workers {threads}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_stills:
    output:
        cache="results/time/training/stills.npy",
        labels="results/time/training/stills.json",
        provenance="results/time/training/stills.provenance.json",
    log:
        "results/logs/time_stills/stills.log",
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["generate"]
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("time_stills"),
        images=TIME["stills"],
    shell:
        "python scripts/run.py time_stills --images {params.images} --cache {output.cache}"
        " --labels {output.labels} --workers {threads}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_training_frames:
    input:
        folder="results/time/raw/{dataset}",
        sets="results/time/{dataset}/sets.json",
    output:
        cache="results/time/training/frames/{dataset}.npy",
        labels="results/time/training/frames/{dataset}.json",
        provenance="results/time/training/frames/{dataset}.provenance.json",
    log:
        "results/logs/time_training_frames/{dataset}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("time_training_frames"),
        every=TIME["every"],
    shell:
        "python scripts/run.py time_training_frames --folder {input.folder} --sets {input.sets}"
        " --every {params.every} --cache {output.cache} --labels {output.labels}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_sets:
    input:
        release,
    output:
        sets="results/time/{dataset}/sets.json",
        provenance="results/time/{dataset}/sets.provenance.json",
    log:
        "results/logs/time_sets/{dataset}.log",
    group:
        UNPACK
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("time_sets"),
        folder=lambda wildcards: time_folder(wildcards.dataset),
        layout=time_layout,
        pmk_labels=pmk_labels,
        content=metadata_content,
        expect=lambda wildcards: canonical(TIME_DATASETS[wildcards.dataset]["expect"]),
    shell:
        "python scripts/run.py time_sets --folder {params.folder:q} --layout {params.layout}"
        " --pmk-labels {params.pmk_labels} --content {params.content:q}"
        " --expect {params.expect:q} --sets {output.sets}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_frames:
    input:
        release,
        sets="results/time/{dataset}/sets.json",
    output:
        cache="results/time/{dataset}/frames/{resize}_{size}.npy",
        provenance="results/time/{dataset}/frames/{resize}_{size}.provenance.json",
    log:
        "results/logs/time_frames/{dataset}/{resize}_{size}.log",
    group:
        UNPACK
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("time_frames"),
        folder=frames_folder,
    shell:
        "python scripts/run.py time_frames --sets {input.sets} --folder {params.folder:q}"
        " --resize {wildcards.resize} --size {wildcards.size} --cache {output.cache}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
