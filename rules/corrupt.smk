# One rule per corruption, which counts its own code: a change to one leaves the others alone.
for corruption, method in CORRUPTIONS.items():

    rule:
        name:
            f"corrupt_{corruption}"
        input:
            clips="results/clips/{dataset}/{split}/{shard}.zip",
        output:
            archive=f"{CORRUPTED}.zip",
            account=f"{CORRUPTED}.csv",
            provenance=f"{CORRUPTED}.provenance.json",
        log:
            f"results/logs/corrupt/{CONDITION}/{{shard}}.log",
        wildcard_constraints:
            corruption=corruption,
        group:
            cluster_group("prepare")
        conda:
            "../envs/framefault.yaml"
        resources:
            **needs(gb=1, minutes=10),
        params:
            **stage(
                "corrupt",
                modules=[method.module],
                unit=method.about["unit"],
                parameters=config.get(corruption, {}),
            ),
        shell:
            COMMAND
