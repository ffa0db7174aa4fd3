# From predictions to scores: models and detectors of all tasks, in one form.
for task, room in ROOMS.items():
    for name, score in room["score"].items():

        rule:
            name:
                f"score_{name}"
            input:
                unpack(score["inputs"]),
            output:
                cell=CELL,
                provenance=CELL.replace(".json", ".provenance.json"),
            log:
                CELL.replace("results", "results/logs").replace(".json", ".log"),
            wildcard_constraints:
                dataset=alternatives(room["datasets"]),
                model=score["models"],
            localrule: True
            conda:
                "../envs/framefault.yaml"
            resources:
                **needs(gb=2, minutes=10),
            params:
                **stage(
                    score.get("script", f"score_{name}"),
                    modules=score.get("modules", ()),
                    **score["settings"],
                ),
            shell:
                COMMAND
