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
            priority: 1
            conda:
                "../envs/framefault.yaml"
            threads: THREADS["train"]
            resources:
                **needs(gb=4, minutes=room["training_minutes"], gpu=True),
            params:
                **stage(f"train_{task}_{family}", **room["training"], **training["settings"]),
            shell:
                COMMAND
