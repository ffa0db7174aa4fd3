# framefault: every table cell and every plot of two papers as a file you can ask for.
#
#   snakemake -c2 results/tables/table1.csv
#
# A target's path says which rule makes it (results/decoded/... is made in rules/decode.smk by
# scripts/decode.py). README.md has the map, config/config.yaml every setting.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/sources.yaml"
configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/common/clips.smk"
include: "rules/common/models.smk"
include: "rules/common/results.smk"
include: "rules/common/time.smk"
include: "rules/common/time_data.smk"
include: "rules/common/time_models.smk"
include: "rules/common/time_results.smk"
include: "rules/acquire.smk"
include: "rules/raw.smk"
include: "rules/manifest.smk"
include: "rules/encode.smk"
include: "rules/corrupt.smk"
include: "rules/decode.smk"
include: "rules/train.smk"
include: "rules/predict.smk"
include: "rules/score.smk"
include: "rules/ood.smk"
include: "rules/checksum.smk"
include: "rules/table.smk"
include: "rules/figure.smk"
include: "rules/compare.smk"
include: "rules/claims.smk"
include: "rules/time_data.smk"
include: "rules/time_models.smk"
include: "rules/time_results.smk"


rule paper_a:
    input:
        expand("results/tables/{table}.csv", table=TABLES),
        expand("results/comparison/{table}.csv", table=TABLES),
        "results/comparison/claims.csv",
        expand("results/figures/{figure}.pdf", figure=[*CURVES, *EXAMPLES]),


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


# What takes seconds, or needs the internet, stays where Snakemake runs; on a cluster that is no
# job of its own.
localrules:
    all,
    paper_a,
    fetch,
    import_weights,
    score,
    ood,
    support,
    table,
    compare,
    claims,
    figure_overview,
    figure_bits,
    figure_curves,
    figure_levels,
    figure_pairs,
    paper_b,
    time_import,
    time_score,
    time_table,
    time_figure,
    time_compare,
