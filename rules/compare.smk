PUBLISHED = {
    "table1": "config/published/paperA_table1.csv",
    "table2": "config/published/paperA_table2.csv",
}


rule compare:
    input:
        table="results/tables/{table}.csv",
        published=lambda wildcards: PUBLISHED[wildcards.table],
    output:
        "results/comparison/{table}.csv",
    log:
        "results/logs/compare/{table}.log",
    wildcard_constraints:
        table="|".join(PUBLISHED),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=fingerprint("compare"),
    shell:
        "python scripts/run.py compare --table {input.table} --published {input.published}"
        " --comparison {output} --log {log}"
