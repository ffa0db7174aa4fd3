# framefault: every table cell and every plot of two papers as a file you can ask for.
#
#   snakemake -c2 results/tables/table1.csv
#
# A target's path says which rule makes it (results/decoded/... is made in rules/decode.smk by
# scripts/decode.py). docs/design.md has the map, config/config.yaml every setting, and
# docs/elsewhere.md how to run it from another folder or as a module.
from snakemake.utils import min_version

min_version("9.0")


include: "rules/start.smk"
include: "rules/common.smk"
include: "rules/tasks/recognition.smk"
include: "rules/tasks/frames.smk"
include: "rules/tasks/detection.smk"
include: "rules/tasks/tracking.smk"
include: "rules/inputs.smk"
include: "rules/acquire.smk"
include: "rules/raw.smk"
include: "rules/manifest.smk"
include: "rules/encode.smk"
include: "rules/corrupt.smk"
include: "rules/decode.smk"
include: "rules/train.smk"
include: "rules/predict.smk"
include: "rules/score.smk"
include: "rules/table.smk"
include: "rules/excerpt.smk"
include: "rules/figure.smk"
include: "rules/compare.smk"
include: "rules/export.smk"
include: "rules/report.smk"


# All of one paper: paper_a, paper_b, and protection, which neither asks about.
for paper in PAPERS.values():

    rule:
        name:
            paper.name
        input:
            paper.targets(),


rule all:
    default_target: True
    input:
        [paper.targets() for paper in PAPERS.values()],
        "results/report.html",
