# One rule per family of defences: a change to one family's code trains only that family again.
MODEL = "results/models/{dataset}/{defense}/seed{seed}"


rule import_weights:
    output:
        weights="results/weights/{dataset}.safetensors",
        provenance="results/weights/{dataset}.provenance.json",
    log:
        "results/logs/import_weights/{dataset}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        code=fingerprint("import_weights"),
        file=lambda wildcards: DATASETS[wildcards.dataset]["weights"],
        options=lambda wildcards: dataset_options(wildcards.dataset, "weights_sha256"),
        content=weights_content,
    shell:
        "python scripts/run.py import_weights --file {params.file:q} --options {params.options:q}"
        " --weights {output.weights}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


for family, defenses, options, corrupted in (
    ("none", "none", "{}", []),
    ("at", r"at_eps\d+", adversarial_options, []),
    ("bat", r"bat|bat_low|bat_high|bat_oracle/[a-z_]+/[0-9.e+-]+", bat_options, corrupted_clips),
):

    rule:
        name:
            f"train_{family}"
        input:
            clean=lambda wildcards: decoded(wildcards.dataset, "train"),
            validation=validation_clips,
            start=start_weights,
            corrupted=corrupted,
        output:
            weights=f"{MODEL}/weights.safetensors",
            history=f"{MODEL}/history.csv",
            provenance=f"{MODEL}/weights.provenance.json",
        log:
            f"results/logs/train/{MODEL.removeprefix('results/models/')}.log",
        wildcard_constraints:
            defense=defenses,
        # The longest jobs first, so that short ones fill the gaps.
        priority: 1
        conda:
            "../envs/framefault.yaml"
        threads: config["compute"]["threads"]["train"]
        resources:
            mem_mb=growing(4000),
            runtime=growing(240),
            gpu=config["compute"]["gpus"],
        params:
            script=f"train_{family}",
            code=fingerprint(f"train_{family}"),
            model=canonical(config["model"]),
            recipe=lambda wildcards: canonical(recipe(wildcards)),
            options=options,
        shell:
            "python scripts/run.py {params.script} --dataset {wildcards.dataset}"
            " --seed {wildcards.seed} --clean {input.clean} --validation {input.validation}"
            " --corrupted {input.corrupted} --start {input.start} --model {params.model:q}"
            " --recipe {params.recipe:q} --options {params.options:q}"
            " --weights {output.weights} --history {output.history}"
            " --checkpoint results/checkpoints/{wildcards.dataset}/{wildcards.defense}/seed{wildcards.seed}.pt"
            " --workers {threads} --code {params.code} --provenance {output.provenance} --log {log}"
