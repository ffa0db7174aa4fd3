# What leaves the workflow: clips as files, scores in one table, what is damaged in a folder.
from framefault.report import STORY_FILES

EXPORT = f"results/export/{CONDITION}"
WITH_CLIPS = [*RECOGNITION, *TRACKING]
AUDIT = "results/audit/{dataset}.csv"
FOLDERS = [name for name, each in DATASETS.items() if each["type"] == "folder"]


# A folder of playable files, for people and programs outside.
rule export:
    input:
        unpack(clips_to_export),
    output:
        folder=directory(EXPORT),
        provenance=f"{EXPORT}.provenance.json",
    log:
        f"results/logs/export/{CONDITION}.log",
    wildcard_constraints:
        dataset=alternatives(WITH_CLIPS),
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=60),
    params:
        **stage("export", playable=config["playable"]),
    shell:
        COMMAND


# All scores of a run.
rule scores:
    input:
        unpack(lambda wildcards: {name: cells_of(paper) for name, paper in PAPERS.items()}),
    output:
        scores="results/scores.parquet",
        provenance="results/scores.provenance.json",
    log:
        "results/logs/scores.log",
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=2, minutes=30),
    params:
        **stage("scores", tasks=tasks_shown),
    shell:
        COMMAND


# Which files of a user's folder are damaged, by the decoder's own account.
rule audit:
    input:
        videos=made_data,
    output:
        audit=AUDIT,
        provenance="results/audit/{dataset}.provenance.json",
    log:
        "results/logs/audit/{dataset}.log",
    wildcard_constraints:
        dataset=alternatives(FOLDERS),
    conda:
        "../envs/framefault.yaml"
    threads: THREADS["decode"]
    resources:
        **needs(gb=1 + 2 * THREADS["decode"], minutes=240),
    params:
        **stage("audit", folder=data_folder, listed=files_listed),
    shell:
        COMMAND


# The story of one clip: its damage, drawn and decoded anew, and what every model says.
rule story:
    input:
        unpack(clip_told),
    output:
        html="results/stories/{dataset}/{clip}/{corruption}/{level}/seed{seed}.html",
        provenance="results/stories/{dataset}/{clip}/{corruption}/{level}/seed{seed}.provenance.json",
    log:
        "results/logs/story/{dataset}/{clip}/{corruption}/{level}/seed{seed}.log",
    wildcard_constraints:
        dataset=alternatives(RECOGNITION),
        clip=".+",
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=2, minutes=10),
    params:
        **stage(
            "story",
            modules=protected_by,
            corruption=corruption_told,
            parameters=corruption_parameters,
            protection=protection_parameters,
            models=models_told,
            size=lambda wildcards: crop_size(SimpleNamespace(split="test")),
            limits=LIMITS,
            gaps=config["decode"]["gaps"],
            playable=config["playable"],
            page=[file_digest(file) for file in STORY_FILES],
        ),
    shell:
        COMMAND
