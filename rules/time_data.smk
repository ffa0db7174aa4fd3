# Paper B, data: videos, metadata, pm-k sets, cached frames.
from framefault.pmk.settings import available, completed, generated, input_size, recipe_of

try:
    TIME, REGISTRY = completed(config["time"])
except UserError as error:
    raise WorkflowError(str(error))

TIME_DATASETS = TIME["datasets"]


wildcard_constraints:
    dataset="[A-Za-z0-9][A-Za-z0-9_-]*",
    model="[A-Za-z0-9][A-Za-z0-9_.-]*",
    size="[0-9]+",
    resize="[0-9]+",


def time_folder(dataset):
    """Where a data set's metadata and frames lie."""
    if generated(TIME_DATASETS, dataset):
        return f"results/time/raw/{dataset}"
    return TIME_DATASETS[dataset]["path"]


def made_videos(wildcards):
    return time_folder(wildcards.dataset) if generated(TIME_DATASETS, wildcards.dataset) else []


def time_layout(wildcards):
    dataset = TIME_DATASETS[wildcards.dataset]
    return dataset.get("layout", dataset["type"])


def frames_folder(wildcards):
    folder = time_folder(wildcards.dataset)
    return TIME_DATASETS[wildcards.dataset].get("frames") or folder


def pmk_labels(wildcards):
    """The review of frame pairs; YTBB-Robust only."""
    if time_layout(wildcards) == "vid":
        return ""
    if generated(TIME_DATASETS, wildcards.dataset):
        return f"results/time/raw/{wildcards.dataset}/metadata/pmk_labels.json"
    return TIME_DATASETS[wildcards.dataset]["pmk_labels"]


def metadata_content(wildcards):
    """Digest of a release's metadata; where it is gone, of what was read."""
    if generated(TIME_DATASETS, wildcards.dataset):
        return "generated"
    files = sorted(Path(time_folder(wildcards.dataset)).glob("m[ei][ts][ac]*/*.*"))
    files += [file for file in [Path(pmk_labels(wildcards))] if file.is_file()]
    if files:
        return canonical([digest(file)[:16] for file in files])
    record = read_record(f"results/time/{wildcards.dataset}/sets.json")
    return record["settings"]["content"] if record else "absent"


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
        made_videos,
    output:
        sets="results/time/{dataset}/sets.json",
        provenance="results/time/{dataset}/sets.provenance.json",
    log:
        "results/logs/time_sets/{dataset}.log",
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
        made_videos,
        sets="results/time/{dataset}/sets.json",
    output:
        cache="results/time/{dataset}/frames/{resize}_{size}.npy",
        provenance="results/time/{dataset}/frames/{resize}_{size}.provenance.json",
    log:
        "results/logs/time_frames/{dataset}/{resize}_{size}.log",
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
