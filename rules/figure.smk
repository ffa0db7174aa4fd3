# One rule and one script per kind of figure, so that each is drawn again only for its own code.
for paper in PAPERS.values():
    for kind in dict.fromkeys(figure["kind"] for figure in paper.figures.values()):

        rule:
            name:
                f"figure_{paper.name}_{kind}"
            input:
                unpack(lambda wildcards, paper=paper: figure_inputs(paper, wildcards.figure)),
            output:
                pdf="results/figures/{figure}.pdf",
                png=report(
                    "results/figures/{figure}.png",
                    caption="captions/figure.rst",
                    category=paper.spec["title"],
                    subcategory="Figures",
                    labels={"figure": "{figure}"},
                ),
                csv="results/figures/{figure}.csv",
                provenance="results/figures/{figure}.provenance.json",
            log:
                "results/logs/figure/{figure}.log",
            wildcard_constraints:
                figure=alternatives(
                    name for name, figure in paper.figures.items() if figure["kind"] == kind
                ),
            localrule: True
            conda:
                "../envs/framefault.yaml"
            resources:
                **needs(gb=4, minutes=10),
            params:
                **stage(
                    f"figure_{kind}",
                    in_order=True,
                    figure=lambda wildcards, paper=paper: paper.figure_settings(wildcards.figure),
                ),
            shell:
                COMMAND
