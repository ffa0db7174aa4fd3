PUBLISHED = {
    "table1": "config/published/paperA_table1.csv",
    "table2": "config/published/paperA_table2.csv",
}


rule compare:
    input:
        table="results/tables/{table}.csv",
        # Its time says nothing after a git checkout; its digest is a parameter.
        published=ancient(lambda wildcards: PUBLISHED[wildcards.table]),
    output:
        comparison="results/comparison/{table}.csv",
        provenance="results/comparison/{table}.provenance.json",
    log:
        "results/logs/compare/{table}.log",
    wildcard_constraints:
        table="|".join(PUBLISHED),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("compare"),
        published=lambda wildcards: digest(PUBLISHED[wildcards.table]),
    shell:
        "python scripts/run.py compare --table {input.table} --published {input.published}"
        " --comparison {output.comparison}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
