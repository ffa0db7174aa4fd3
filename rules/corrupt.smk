# One rule and one script per corruption, so that a change to one leaves the others alone.
for corruption in CORRUPTIONS:

    rule:
        name:
            f"corrupt_{corruption}"
        input:
            "results/clips/{dataset}/{split}/{shard}.zip",
        output:
            archive=f"{CORRUPTED}.zip",
            account=f"{CORRUPTED}.csv",
            provenance=f"{CORRUPTED}.provenance.json",
        log:
            f"results/logs/corrupt/{CONDITION}/{{shard}}.log",
        wildcard_constraints:
            corruption=corruption,
        group:
            PREPARE
        conda:
            "../envs/framefault.yaml"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            script=f"corrupt_{corruption}",
            code=fingerprint(f"corrupt_{corruption}"),
            options=canonical(config.get(corruption, {})),
        shell:
            "python scripts/run.py {params.script} --clips {input}"
            " --dataset {wildcards.dataset} --level {wildcards.level} --seed {wildcards.seed}"
            " --options {params.options:q} --archive {output.archive} --account {output.account}"
            " --code {params.code} --provenance {output.provenance} --log {log}"
