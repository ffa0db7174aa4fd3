# Paper B, results: tables, figures, and the paper's numbers beside ours.

# Tables and figures by the data sets they show, and what they read beside answers.
TIME_TABLES = {
    "time_table1": {"roles": ROLES},
    "time_table2": {"roles": ROLES, "needs": ["representatives"]},
    "time_table4": {"roles": ROLES},
    "time_table5": {"roles": ["vid"]},
    "time_table6": {"roles": ["ytbb"]},
    "time_table7": {"roles": ["vid"], "needs": ["videos"]},
    "time_table8": {"roles": ["vid"], "needs": ["videos"]},
    "time_table9": {"roles": ["vid"], "needs": ["narrow"]},
    "time_table10": {"roles": []},
}
TIME_FIGURES = {
    "time_figure1": {"roles": ["vid"], "pictures": True, "logits": True},
    "time_figure3": {"roles": ROLES},
    "time_figure5": {"roles": ROLES},
    "time_figure6": {"roles": ROLES},
    "time_figure7": {"roles": ROLES},
    "time_figure8": {"roles": ROLES, "needs": ["representatives"]},
    "time_figure9": {"roles": []},
    "time_figure10": {"roles": ["vid"], "pictures": True},
    "time_figure11": {"roles": ROLES, "needs": ["representatives"]},
}
TIME_PUBLISHED = {
    "time_table2": "config/published/paperB_table2.csv",
    "time_table4": "config/published/paperB_table4.csv",
    "time_table5": "config/published/paperB_table5_vid.csv",
    "time_table6": "config/published/paperB_table6_ytbb.csv",
    "time_table7": "config/published/paperB_table7.csv",
    "time_table8": "config/published/paperB_table8.csv",
    "time_table9": "config/published/paperB_table9.csv",
}


TIME_TABLES = {name: item for name, item in TIME_TABLES.items() if can_be_made(item)}
TIME_FIGURES = {name: item for name, item in TIME_FIGURES.items() if can_be_made(item)}


rule time_streams:
    input:
        made_videos,
        sets="results/time/{dataset}/sets.json",
    output:
        streams="results/time/{dataset}/streams.csv",
        provenance="results/time/{dataset}/streams.provenance.json",
    log:
        "results/logs/time_streams/{dataset}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        code=fingerprint("time_streams"),
        folder=time_video_folder,
    shell:
        "python scripts/run.py time_streams --sets {input.sets} --folder {params.folder:q}"
        " --streams {output.streams}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_table:
    input:
        sets=shown_sets,
        cells=shown_cells,
        streams=shown_streams,
    output:
        csv="results/tables/{table}.csv",
        md="results/tables/{table}.md",
        tex="results/tables/{table}.tex",
        provenance="results/tables/{table}.provenance.json",
    log:
        "results/logs/time_table/{table}.log",
    wildcard_constraints:
        table="|".join(TIME_TABLES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("time_table"),
        facts=time_facts,
        recipes=time_recipes,
        caption=time_caption,
    shell:
        "python scripts/run.py time_table --table {wildcards.table} --facts {params.facts:q}"
        " --sets {input.sets} --cells {input.cells} --streams {input.streams}"
        " --recipes {params.recipes:q} --caption {params.caption:q}"
        " --csv {output.csv} --md {output.md} --tex {output.tex}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_figure:
    input:
        sets=shown_sets,
        cells=shown_cells,
        arrays=shown_arrays,
    output:
        pdf="results/figures/{figure}.pdf",
        png="results/figures/{figure}.png",
        csv="results/figures/{figure}.csv",
        provenance="results/figures/{figure}.provenance.json",
    log:
        "results/logs/time_figure/{figure}.log",
    wildcard_constraints:
        figure="|".join(TIME_FIGURES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        code=fingerprint("time_figure"),
        facts=time_facts,
        generated=time_generated,
    shell:
        "python scripts/run.py time_figure --figure {wildcards.figure} --facts {params.facts:q}"
        " --sets {input.sets} --cells {input.cells} --arrays {input.arrays}"
        " --generated {params.generated} --pdf {output.pdf} --png {output.png} --csv {output.csv}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_compare:
    input:
        table="results/tables/{table}.csv",
        published=ancient(lambda wildcards: TIME_PUBLISHED[wildcards.table]),
    output:
        comparison="results/comparison/{table}.csv",
        provenance="results/comparison/{table}.provenance.json",
    log:
        "results/logs/time_compare/{table}.log",
    wildcard_constraints:
        table="|".join(TIME_PUBLISHED),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("time_compare"),
        published=lambda wildcards: digest(TIME_PUBLISHED[wildcards.table]),
        generated=time_generated,
    shell:
        "python scripts/run.py time_compare --table {input.table} --published {input.published}"
        " --generated {params.generated} --comparison {output.comparison}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
