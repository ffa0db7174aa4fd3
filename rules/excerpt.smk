# What figures and the report show of clips and frames, cut out of all. It is small, and is all that
# they need once clips and frames are gone.
for paper in PAPERS.values():
    for kind in dict.fromkeys(figure["kind"] for figure in paper.figures.values()):
        if kind in EXCERPT_INPUTS:

            rule:
                name:
                    f"excerpt_{paper.name}_{kind}"
                input:
                    unpack(
                        lambda wildcards, paper=paper, kind=kind: EXCERPT_INPUTS[kind](
                            paper, paper.figures[wildcards.figure]
                        )
                    ),
                output:
                    excerpt="results/excerpts/{figure}.zip",
                    provenance="results/excerpts/{figure}.provenance.json",
                log:
                    "results/logs/excerpt/{figure}.log",
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
                        f"excerpt_{kind}",
                        in_order=True,
                        excerpt=lambda wildcards, paper=paper: paper.excerpt_settings(
                            wildcards.figure
                        ),
                    ),
                shell:
                    COMMAND


rule excerpt_clips:
    input:
        unpack(clips_shown),
    output:
        excerpt="results/excerpts/clips/{dataset}.json",
        provenance="results/excerpts/clips/{dataset}.provenance.json",
    log:
        "results/logs/excerpt/clips/{dataset}.log",
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=4, minutes=30),
    params:
        **stage(
            "excerpt_clips",
            in_order=True,
            conditions=lambda wildcards: [each[:2] for each in exemplary(wildcards.dataset)],
            limits=LIMITS,
            gaps=config["decode"]["gaps"],
        ),
    shell:
        COMMAND
