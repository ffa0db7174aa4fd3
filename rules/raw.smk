# Data that are made at run time: one rule and one script per kind.
GENERATED = {
    "motion": ("pictures", "clips", "width", "height", "frames", "fps", "noise"),
    "scenes": ("layout", "videos", "length"),
    "stills": ("images",),
    "crowd": ("sequences", "frames", "width", "height", "fps", "objects"),
}


for kind, keys in GENERATED.items():

    rule:
        name:
            f"generate_{kind}"
        output:
            data=directory("results/raw/{dataset}"),
            provenance="results/raw/{dataset}.provenance.json",
        log:
            "results/logs/generate/{dataset}.log",
        wildcard_constraints:
            dataset=alternatives(name for name, each in DATASETS.items() if each["type"] == kind),
        priority: starts_first
        group:
            cluster_group("unpack") if kind == "motion" else None
        conda:
            "../envs/framefault.yaml"
        threads: THREADS["generate"]
        resources:
            **needs(gb=2, minutes=10),
        params:
            **stage(f"generate_{kind}", **dataset_settings(*keys)),
        shell:
            COMMAND
