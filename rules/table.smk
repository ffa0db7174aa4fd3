rule table:
    input:
        table_cells,
    output:
        csv="results/tables/{table}.csv",
        md="results/tables/{table}.md",
        tex="results/tables/{table}.tex",
        provenance="results/tables/{table}.provenance.json",
    log:
        "results/logs/table/{table}.log",
    wildcard_constraints:
        table="|".join(TABLES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("table"),
        columns=lambda wildcards: json.dumps(TABLES[wildcards.table]["columns"]),
        counts=lambda wildcards: json.dumps(TABLES[wildcards.table]["counts"]),
        conditions=lambda wildcards: json.dumps(table_conditions(wildcards)),
        caption=lambda wildcards: caption(TABLES[wildcards.table]["caption"]),
        datasets=json.dumps(config["tables"]["datasets"]),
        seeds=json.dumps(config["seeds"]),
    shell:
        "python scripts/run.py table --cells {input} --columns {params.columns:q}"
        " --counts {params.counts:q} --conditions {params.conditions:q}"
        " --datasets {params.datasets:q} --seeds {params.seeds:q} --caption {params.caption:q}"
        " --csv {output.csv} --md {output.md} --tex {output.tex}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
