ACCURACY_TABLES = {
    "table1": {
        "over": "playable",
        "caption": "Table 1: top-1 accuracy on playable videos (%)",
    },
    "table2": {
        "over": "all",
        "caption": "Table 2: top-1 accuracy on all videos, unplayable ones counted wrong (%)",
    },
}
DEFENSES = ("none", "at_eps2", "bat", "bat_low", "bat_high")


rule table_accuracy:
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
        table="|".join(ACCURACY_TABLES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("table_accuracy"),
        over=lambda wildcards: ACCURACY_TABLES[wildcards.table]["over"],
        caption=lambda wildcards: caption(ACCURACY_TABLES[wildcards.table]["caption"]),
        conditions=json.dumps(table_conditions()),
        datasets=json.dumps(config["tables"]["datasets"]),
        seed=config["seeds"][0],
    shell:
        "python scripts/run.py table_accuracy --cells {input} --over {params.over}"
        " --conditions {params.conditions:q} --datasets {params.datasets:q}"
        " --seed {params.seed} --caption {params.caption:q}"
        " --csv {output.csv} --md {output.md} --tex {output.tex}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
