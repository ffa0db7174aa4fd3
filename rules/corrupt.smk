# One rule per corruption, which counts its own code: a change to one leaves the others alone.
for corruption, method in CORRUPTIONS.items():

    rule:
        name:
            f"corrupt_{corruption}"
        input:
            clips=CLIPS,
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


# Clips that are protected, by any chain of methods: these and the corruption count their code.
rule corrupt_protected:
    input:
        clips=lambda wildcards: archive_of(PROTECTIONS.clean_of(wildcards.corruption)),
    output:
        archive=f"{CORRUPTED}.zip",
        account=f"{CORRUPTED}.csv",
        provenance=f"{CORRUPTED}.provenance.json",
    log:
        f"results/logs/corrupt/{CONDITION}/{{shard}}.log",
    wildcard_constraints:
        corruption=alternatives(map(re.escape, PROTECTIONS.conditions)),
    group:
        cluster_group("prepare")
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=10),
    params:
        **stage(
            "corrupt_protected",
            modules=protected_by,
            unit=lambda wildcards: CORRUPTIONS[damage_of(wildcards.corruption)].about["unit"],
            parameters=corruption_parameters,
            protection=protection_parameters,
        ),
    shell:
        COMMAND
