# framefault: every table cell and every plot of two papers as a file you can ask for.
#
#   snakemake -c2 results/tables/table1.csv
#
# A target's path says which rule makes it (results/decoded/... is made in rules/decode.smk by
# scripts/decode.py). README.md has the map, config/config.yaml every setting.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/raw.smk"
include: "rules/manifest.smk"
include: "rules/encode.smk"
include: "rules/corrupt.smk"
include: "rules/decode.smk"
include: "rules/train.smk"
include: "rules/predict.smk"
include: "rules/score.smk"
include: "rules/table.smk"
include: "rules/compare.smk"
include: "rules/time_common.smk"
include: "rules/time_data.smk"
include: "rules/time_models.smk"
include: "rules/time_results.smk"


rule paper_a:
    input:
        expand("results/tables/{table}.csv", table=ACCURACY_TABLES),
        expand("results/comparison/{table}.csv", table=PUBLISHED),


rule paper_b:
    input:
        expand("results/tables/{table}.csv", table=TIME_TABLES),
        expand("results/figures/{figure}.pdf", figure=TIME_FIGURES),
        expand(
            "results/comparison/{table}.csv", table=[t for t in TIME_TABLES if t in TIME_PUBLISHED]
        ),


rule all:
    default_target: True
    input:
        rules.paper_a.input,
        rules.paper_b.input,


# What takes seconds stays where Snakemake runs; on a cluster that is no job of its own.
localrules:
    all,
    paper_a,
    import_weights,
    score,
    table_accuracy,
    compare,
    paper_b,
    time_sets,
    time_import,
    time_score,
    time_streams,
    time_table,
    time_figure,
    time_compare,
