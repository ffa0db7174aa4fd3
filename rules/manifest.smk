# What a data set holds, and the ground truth of its task.
for task, room in ROOMS.items():

    rule:
        name:
            f"manifest_{task}"
        input:
            unpack(room["ground_truth"]["inputs"]),
        output:
            **room["ground_truth"].get("outputs", {}),
            manifest=room["manifest"],
            provenance=str(record_path(room["manifest"])),
        log:
            f"results/logs/manifest_{task}/{{dataset}}.log",
        wildcard_constraints:
            dataset=alternatives(room["datasets"]),
        priority: starts_first
        group:
            cluster_group("unpack")
        conda:
            "../envs/framefault.yaml"
        threads: THREADS["manifest"]
        resources:
            **needs(gb=1, minutes=20),
        params:
            **stage(
                f"manifest_{task}",
                room["ground_truth"].get("circumstances", lambda wildcards: {}),
                **room["ground_truth"]["settings"],
            ),
        shell:
            COMMAND


rule manifest_streams:
    input:
        videos=made_streams,
        manifest=SETS,
    output:
        streams="results/manifests/{dataset}.streams.csv",
        provenance="results/manifests/{dataset}.streams.provenance.json",
    log:
        "results/logs/manifest/{dataset}.streams.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=30),
    params:
        **stage("manifest_streams", folder=stream_folder),
    shell:
        COMMAND


# How the sets of pm-k are made: candidates, what annotators say of them, and what is kept.
rule manifest_candidates:
    input:
        data=made_data,
    output:
        candidates="results/manifests/{dataset}.candidates.json",
        provenance="results/manifests/{dataset}.candidates.provenance.json",
    log:
        "results/logs/manifest/{dataset}.candidates.log",
    wildcard_constraints:
        dataset=alternatives(REVIEWED),
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=60),
    params:
        **stage(
            "manifest_candidates",
            source=videos_to_draw_from,
            folder=data_folder,
            listed=lists_drawn_from,
            seed=REVIEW["seed"],
        ),
    shell:
        COMMAND


rule manifest_answers:
    input:
        candidates="results/manifests/{dataset}.candidates.json",
    output:
        answers="results/manifests/{dataset}.answers.csv",
        provenance="results/manifests/{dataset}.answers.provenance.json",
    log:
        "results/logs/manifest/{dataset}.answers.log",
    wildcard_constraints:
        dataset=alternatives(SCENES),
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=10),
    params:
        **stage(
            "manifest_answers",
            **dataset_settings("layout", "videos", "length"),
            review=lambda wildcards: REVIEW | {"anchors": layout(wildcards) == "ytbb"},
        ),
    shell:
        COMMAND


# What people answered on the review page.
rule import_answers:
    input:
        candidates="results/manifests/{dataset}.candidates.json",
    output:
        answers="results/manifests/{dataset}.answers.csv",
        provenance="results/manifests/{dataset}.answers.provenance.json",
    log:
        "results/logs/manifest/{dataset}.answers.log",
    wildcard_constraints:
        dataset=alternatives(BUILT),
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=10),
    params:
        **stage("import_answers", content=answers_content, **dataset_settings("answers")),
    shell:
        COMMAND


rule manifest_reviewed:
    input:
        candidates="results/manifests/{dataset}.candidates.json",
        answers="results/manifests/{dataset}.answers.csv",
    output:
        release=directory("results/reviewed/{dataset}"),
        provenance="results/reviewed/{dataset}.provenance.json",
    log:
        "results/logs/manifest/{dataset}.reviewed.log",
    wildcard_constraints:
        dataset=alternatives(REVIEWED),
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=10),
    params:
        **stage(
            "manifest_reviewed",
            layout=layout,
            classes=classes_reviewed,
            content=classes_content,
        ),
    shell:
        COMMAND
