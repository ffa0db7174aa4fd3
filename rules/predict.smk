# What each model says of every clip or frame of one condition: logits, and accounts of decoding.
for task, room in ROOMS.items():

    rule:
        name:
            f"predict_{task}"
        input:
            unpack(room["predict"]["inputs"]),
        output:
            predictions=PREDICTIONS,
            provenance=PREDICTIONS.replace(".parquet", ".provenance.json"),
        log:
            PREDICTIONS.replace("results", "results/logs").replace(".parquet", ".log"),
        wildcard_constraints:
            dataset=alternatives(room["datasets"]),
            model=room["predict"]["models"],
        group:
            room["predict"]["group"]
        conda:
            "../envs/framefault.yaml"
        threads: THREADS["train"]
        resources:
            **needs(gb=4, minutes=room["predict"]["minutes"], gpu=True, turn=1),
        params:
            **stage(f"predict_{task}", **room["predict"]["settings"]),
        shell:
            COMMAND


# What a network that a user brings says of every clip of one condition.
rule predict_model:
    input:
        unpack(clips_in_view),
        facts=FACTS,
        published=video_weights,
    output:
        predictions=PREDICTIONS,
        provenance=PREDICTIONS.replace(".parquet", ".provenance.json"),
    log:
        PREDICTIONS.replace("results", "results/logs").replace(".parquet", ".log"),
    wildcard_constraints:
        dataset=pairs(NETWORKS),
    group:
        cluster_group("predict_model")
    conda:
        "../envs/framefault.yaml"
    threads: THREADS["train"]
    resources:
        **needs(gb=8, minutes=60, gpu=True, turn=1),
    params:
        **stage(
            "predict_model",
            own_place,
            model=own_model("factory", "arguments"),
            sees=own_model(*SEES),
            gaps=gaps_seen,
        ),
    shell:
        COMMAND


# A user's predictions of clips need no network.
rule import_scores:
    input:
        clips=lambda wildcards: decoded(
            wildcards.dataset, "test", wildcards.corruption, wildcards.level, wildcards.seed
        ),
    output:
        predictions=PREDICTIONS,
        provenance=PREDICTIONS.replace(".parquet", ".provenance.json"),
    log:
        PREDICTIONS.replace("results", "results/logs").replace(".parquet", ".log"),
    wildcard_constraints:
        dataset=pairs(SCORES),
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=2, minutes=10),
    params:
        **stage(
            "import_scores",
            lambda wildcards: {"file": scores_file(wildcards)},
            content=scores_content,
        ),
    shell:
        COMMAND


# Checksums as a detector of corruption: which files are as they were.
rule predict_checksum:
    input:
        clips=archives_before,
        corrupted=archives,
    output:
        predictions=PREDICTIONS,
        provenance=PREDICTIONS.replace(".parquet", ".provenance.json"),
    log:
        PREDICTIONS.replace("results", "results/logs").replace(".parquet", ".log"),
    wildcard_constraints:
        model="checksum",
    group:
        cluster_group("prepare")
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=10),
    params:
        **stage("predict_checksum"),
    shell:
        COMMAND


# A user's predictions need no network and no frames.
rule import_predictions:
    input:
        manifest=SETS,
    output:
        predictions=PREDICTIONS,
        provenance=PREDICTIONS.replace(".parquet", ".provenance.json"),
    log:
        PREDICTIONS.replace("results", "results/logs").replace(".parquet", ".log"),
    wildcard_constraints:
        dataset=pairs(HANDED_IN),
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=4, minutes=10),
    params:
        **stage("import_predictions", predictions=handed_in, content=handed_in_content),
    shell:
        COMMAND


# A user's boxes, of any detector.
rule import_detections:
    input:
        manifest=SETS,
        boxes=BOXES,
    output:
        predictions=PREDICTIONS,
        provenance=PREDICTIONS.replace(".parquet", ".provenance.json"),
    log:
        PREDICTIONS.replace("results", "results/logs").replace(".parquet", ".log"),
    wildcard_constraints:
        dataset=pairs(BOXES_GIVEN),
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=4, minutes=10),
    params:
        **stage("import_detections", predictions=boxes_given, content=boxes_given_content),
    shell:
        COMMAND


ruleorder: import_predictions > predict_frames
ruleorder: import_detections > predict_detection
