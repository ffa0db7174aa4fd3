# Paper B, models: training, logits, answers.


for family in ("plain", "noise", "linf"):

    rule:
        name:
            f"time_train_{family}"
        input:
            cache=training_cache,
            targets=training_targets,
            start=starting_weights,
        output:
            weights="results/time/models/{model}/weights.safetensors",
            history="results/time/models/{model}/history.csv",
            provenance="results/time/models/{model}/weights.provenance.json",
        log:
            "results/logs/time_train/{model}.log",
        wildcard_constraints:
            model=of_family(family),
        priority: 1
        conda:
            "../envs/framefault.yaml"
        threads: config["compute"]["threads"]["train"]
        resources:
            mem_mb=growing(4000),
            runtime=growing(1440),
            gpu=config["compute"]["gpus"],
        params:
            script=f"time_train_{family}",
            code=fingerprint(f"time_train_{family}"),
            source=lambda wildcards: canonical(trained(wildcards)["images"]),
            start_row=starting_row,
            network=lambda wildcards: canonical(trained(wildcards)["network"]),
            recipe=lambda wildcards: canonical(recipe_of(TIME, wildcards.model)),
            options=lambda wildcards: canonical(
                trained(wildcards)["noise"] or trained(wildcards)["linf"] or {}
            ),
        shell:
            "python scripts/run.py {params.script} --model {wildcards.model}"
            " --cache {input.cache} --source {params.source:q} --targets {input.targets}"
            " --start {input.start} --start-row {params.start_row:q} --network {params.network:q}"
            " --recipe {params.recipe:q} --options {params.options:q}"
            " --weights {output.weights} --history {output.history}"
            " --checkpoint results/checkpoints/time/{wildcards.model}.pt --workers {threads}"
            " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_predict:
    input:
        cache=cached_frames,
        weights=model_weights,
    output:
        logits="results/time/{dataset}/logits/{model}.npy",
        provenance="results/time/{dataset}/logits/{model}.provenance.json",
    log:
        "results/logs/time_predict/{dataset}/{model}.log",
    group:
        prediction_group
    conda:
        "../envs/framefault.yaml"
    threads: config["compute"]["threads"]["train"]
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
        gpu=config["compute"]["gpus"],
        turn=1,
    params:
        code=fingerprint("time_predict"),
        network=lambda wildcards: canonical(
            TIME["train"].get(wildcards.model, {"network": {}})["network"]
        ),
        row=lambda wildcards: canonical(
            {} if wildcards.model in TIME["train"] else REGISTRY[wildcards.model]
        ),
    shell:
        "python scripts/run.py time_predict --cache {input.cache} --weights {input.weights}"
        " --network {params.network:q} --row {params.row:q} --logits {output.logits}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


# A user's predictions need no network and no frames.
rule time_import:
    input:
        sets="results/time/{dataset}/sets.json",
    output:
        logits="results/time/{dataset}/handed_in/{model}.npy",
        provenance="results/time/{dataset}/handed_in/{model}.provenance.json",
    log:
        "results/logs/time_import/{dataset}/{model}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        code=fingerprint("time_import"),
        predictions=handed_in,
        content=lambda wildcards: (
            digest(handed_in(wildcards)) if Path(handed_in(wildcards)).is_file() else "absent"
        ),
    shell:
        "python scripts/run.py time_import --sets {input.sets}"
        " --predictions {params.predictions:q} --logits {output.logits}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_score:
    input:
        sets="results/time/{dataset}/sets.json",
        logits=logits_to_score,
    output:
        cell="results/cells/time/{dataset}/{model}.json",
        provenance="results/cells/time/{dataset}/{model}.provenance.json",
    log:
        "results/logs/time_score/{dataset}/{model}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("time_score"),
        rules=canonical(TIME["score"]),
    shell:
        "python scripts/run.py time_score --sets {input.sets} --logits {input.logits}"
        " --dataset {wildcards.dataset} --model {wildcards.model} --rules {params.rules:q}"
        " --cell {output.cell} --code {params.code} --provenance {output.provenance} --log {log}"
