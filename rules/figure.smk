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


# One rule per figure of example clips, so that each is drawn again only for its own code.
for figure, (script, _) in EXAMPLES.items():

    rule:
        name:
            script
        input:
            unpack(example_inputs),
        output:
            pdf=f"{FIGURE}.pdf",
            png=f"{FIGURE}.png",
            csv=f"{FIGURE}.csv",
            provenance=f"{FIGURE}.provenance.json",
        log:
            "results/logs/figure/{figure}.log",
        wildcard_constraints:
            figure=figure,
        conda:
            "../envs/framefault.yaml"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            script=script,
            code=fingerprint(script),
            conditions=lambda wildcards: json.dumps(example_pairs(wildcards)),
            titles=json.dumps(TITLES),
            playable=canonical(config["playable"]),
            limits=canonical({key: config["decode"][key] for key in ("timeout", "memory_mb")}),
            note=embedded_note(),
            more=example_draw if script == "figure_bits" else "",
        shell:
            "python scripts/run.py {params.script} --manifest {input.manifest}"
            " --archives {input.archives} --predictions {input.predictions}"
            " --conditions {params.conditions:q} --titles {params.titles:q}"
            " --playable {params.playable:q} --limits {params.limits:q} --note {params.note:q}"
            " {params.more} --pdf {output.pdf} --png {output.png} --csv {output.csv}"
            " --code {params.code} --provenance {output.provenance} --log {log}"
