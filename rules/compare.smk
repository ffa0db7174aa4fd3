# Our numbers beside the printed ones, and the papers' claims.
for paper in PAPERS.values():
    if paper.published:

        rule:
            name:
                f"compare_{paper.name}"
            input:
                table="results/tables/{table}.csv",
            output:
                comparison=report(
                    "results/comparison/{table}.csv",
                    caption="captions/comparison.rst",
                    category=paper.spec["title"],
                    subcategory="Ours beside the paper's",
                    labels={"table": "{table}"},
                ),
                provenance="results/comparison/{table}.provenance.json",
            log:
                "results/logs/compare/{table}.log",
            wildcard_constraints:
                table=alternatives(paper.published),
            localrule: True
            conda:
                "../envs/framefault.yaml"
            resources:
                **needs(gb=1, minutes=10),
            params:
                **stage(
                    "compare",
                    lambda wildcards, paper=paper: {
                        "published": str(paper.published[wildcards.table])
                    },
                    published=lambda wildcards, paper=paper: file_digest(
                        paper.published[wildcards.table]
                    ),
                    incomparable=lambda wildcards, paper=paper: paper.incomparable(
                        paper.tables[wildcards.table]
                    ),
                    given=lambda wildcards, paper=paper: paper.given(
                        paper.tables[wildcards.table]
                    ),
                    confidence=config["tables"]["confidence"],
                ),
            shell:
                COMMAND


for paper in PAPERS.values():
    if paper.claims():

        rule:
            name:
                f"claims_{paper.name}"
            input:
                unpack(paper.claim_inputs),
            output:
                csv=report(
                    f"results/comparison/{paper.spec['prefix']}claims.csv",
                    caption="captions/claims.rst",
                    category=paper.spec["title"],
                    subcategory="Claims",
                    labels={"table": "claims"},
                ),
                md=f"results/comparison/{paper.spec['prefix']}claims.md",
                provenance=f"results/comparison/{paper.spec['prefix']}claims.provenance.json",
            log:
                f"results/logs/compare/{paper.spec['prefix']}claims.log",
            localrule: True
            conda:
                "../envs/framefault.yaml"
            resources:
                **needs(gb=1, minutes=10),
            params:
                **stage(
                    "claims",
                    claims=paper.claims(),
                    sources={name: DATASETS[name]["same_source"] for name in RECOGNITION},
                    labels=config["frames"]["score"]["labels"],
                    caption=paper.claims_caption(),
                    **JUDGED,
                ),
            shell:
                COMMAND
