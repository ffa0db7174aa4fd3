rule compare:
    input:
        table="results/tables/{table}.csv",
        # Its time says nothing after a git checkout; its digest is a parameter.
        published=ancient(lambda wildcards: TABLES[wildcards.table]["published"]),
    output:
        comparison="results/comparison/{table}.csv",
        provenance="results/comparison/{table}.provenance.json",
    log:
        "results/logs/compare/{table}.log",
    wildcard_constraints:
        table="|".join(TABLES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("compare"),
        columns=lambda wildcards: json.dumps(printed_columns(wildcards)),
        published=lambda wildcards: digest(TABLES[wildcards.table]["published"]),
    shell:
        "python scripts/run.py compare --table {input.table} --published {input.published}"
        " --columns {params.columns:q} --comparison {output.comparison}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
