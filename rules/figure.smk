FIGURE = "results/figures/{figure}"


rule figure_curves:
    input:
        cells=curve_cells,
        published=ancient(curve_published),
    output:
        pdf=f"{FIGURE}.pdf",
        png=f"{FIGURE}.png",
        csv=f"{FIGURE}.csv",
        provenance=f"{FIGURE}.provenance.json",
    log:
        "results/logs/figure/{figure}.log",
    wildcard_constraints:
        figure="|".join(CURVES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("figure_curves"),
        panels=lambda wildcards: json.dumps(curve_panels(wildcards)),
        conditions=json.dumps(conditions(NETWORK_AND_FILE, config["evaluate"])),
        seeds=json.dumps(config["seeds"]),
        note=figure_note,
        digests=lambda wildcards: [digest(path) for path in curve_published(wildcards)],
    shell:
        "python scripts/run.py figure_curves --cells {input.cells} --published {input.published}"
        " --panels {params.panels:q} --conditions {params.conditions:q} --seeds {params.seeds:q}"
        " --note {params.note:q} --pdf {output.pdf} --png {output.png} --csv {output.csv}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
