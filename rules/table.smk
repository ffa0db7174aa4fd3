for paper in PAPERS.values():

    rule:
        name:
            f"table_{paper.name}"
        input:
            cells=lambda wildcards, paper=paper: paper.table_cells(paper.tables[wildcards.table]),
        output:
            csv=report(
                "results/tables/{table}.csv",
                caption="captions/table.rst",
                category=paper.spec["title"],
                subcategory="Tables",
                labels={"table": "{table}"},
            ),
            md="results/tables/{table}.md",
            tex="results/tables/{table}.tex",
            provenance="results/tables/{table}.provenance.json",
        log:
            "results/logs/table/{table}.log",
        wildcard_constraints:
            table=alternatives(paper.tables),
        localrule: True
        conda:
            "../envs/framefault.yaml"
        resources:
            **needs(gb=1, minutes=10),
        params:
            **stage(
                "table",
                in_order=True,
                table=lambda wildcards, paper=paper: paper.table_settings(wildcards.table),
            ),
        shell:
            COMMAND
