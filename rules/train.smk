# A user's own checkpoint.
rule import_weights:
    output:
        weights="results/weights/{dataset}.safetensors",
        provenance="results/weights/{dataset}.provenance.json",
    log:
        "results/logs/import_weights/{dataset}.log",
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=4, minutes=10),
    params:
        **stage(
            "import_weights",
            content=weights_content,
            **dataset_settings("weights", "weights_sha256"),
        ),
    shell:
        COMMAND


# Weights that libraries publish, before any job on a GPU: nodes of clusters may have no network.
rule fetch_weights:
    output:
        facts="results/weights/published/{model}.json",
        provenance="results/weights/published/{model}.provenance.json",
    log:
        "results/logs/fetch_weights/{model}.log",
    wildcard_constraints:
        model=alternatives(
            re.escape(model) for model, row in REGISTRY.items() if row["source"] in PUBLISHED
        )
        + "|"
        + alternatives(map(re.escape, PUBLISHED_VIDEO)),
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=2, minutes=120),
    params:
        **stage(
            "fetch_weights",
            lambda wildcards: config["downloads"],
            registered=lambda wildcards: PUBLISHED_VIDEO.get(wildcards.model)
            or published(REGISTRY[wildcards.model]),
        ),
    shell:
        COMMAND


# A user's network is tried before anything waits for it.
rule check_model:
    input:
        manifest="results/manifests/{dataset}.csv",
        published=video_weights,
    output:
        facts=FACTS,
        provenance=FACTS.replace(".json", ".provenance.json"),
    log:
        "results/logs/check_model/{dataset}/{model}.log",
    wildcard_constraints:
        dataset=pairs(NETWORKS),
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=4, minutes=10),
    params:
        **stage(
            "check_model",
            own_place,
            model=own_model("factory", "arguments"),
            sees=own_model(*SEES),
            published=lambda wildcards: PUBLISHED_VIDEO.get(wildcards.model),
            content=own_content,
        ),
    shell:
        COMMAND


# One rule per family of models: a change to one family's code trains only that family again.
for task, room in ROOMS.items():
    for family, training in room["train"].items():

        rule:
            name:
                f"train_{task}_{family}"
            input:
                unpack(training["inputs"]),
            output:
                weights=WEIGHTS,
                history=f"{MODEL}/history.csv",
                provenance=f"{MODEL}/weights.provenance.json",
            log:
                "results/logs/train/{dataset}/{model}/seed{training}.log",
            wildcard_constraints:
                model=training["models"],
            # The longest jobs first, so that short ones fill the gaps.
            priority: lambda wildcards: max(1, starts_first(wildcards))
            conda:
                "../envs/framefault.yaml"
            threads: THREADS["train"]
            resources:
                **needs(gb=4, minutes=room["training_minutes"], gpu=True),
            params:
                **stage(
                    f"train_{task}_{family}",
                    precision=config["training"]["cpu_precision"],
                    **room["training"],
                    **training["settings"],
                ),
            shell:
                COMMAND
