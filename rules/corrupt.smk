# One rule and one script per corruption, so that a change to one leaves the others alone.
for corruption in CORRUPTIONS:

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
            **stage(f"corrupt_{corruption}", **config.get(corruption, {})),
        shell:
            COMMAND
