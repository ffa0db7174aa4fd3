"""A bare Snakemake workflow of the same graph as a plan: what planning costs without framefault.

In a folder of the project: `python tests/twin.py FOLDER TARGET [--configfile FILE ...]`. Every
rule, job, input, output and log of the plan has one in the twin, whose jobs touch their outputs.
"""

import argparse
import json
from pathlib import Path

from framefault.workflow.snakemake_private import planned

SNAKEFILE = """
import json

with open("graph.json") as file:
    GRAPH = json.load(file)


rule all:
    input:
        GRAPH["asked for"],


for name, each in GRAPH["rules"].items():

    rule:
        name:
            f"do_{name}"
        input:
            lambda wildcards, each=each: each["inputs"][int(wildcards.job)],
        output:
            [touch(f"{name}/{{job}}.{number}") for number in range(each["outputs"])],
        log:
            f"logs/{name}/{{job}}.log",
        wildcard_constraints:
            job="[0-9]+",
"""


def write_twin(dag, folder):
    """Write the twin of a graph of jobs into a folder."""
    rules, twin = {}, {}
    for job in dag.jobs:
        if not job.rule.norun:
            members = rules.setdefault(job.rule.name, [])
            twin |= {
                str(file): f"{job.rule.name}/{len(members)}.{number}"
                for number, file in enumerate(job.output)
            }
            members.append(job)
    told = {
        name: {
            "outputs": len(members[0].output),
            "inputs": [[twin[file] for file in map(str, job.input)] for job in members],
        }
        for name, members in rules.items()
    }
    needed = {file for each in told.values() for files in each["inputs"] for file in files}
    asked = [file for file in twin.values() if file.endswith(".0") and file not in needed]
    folder.mkdir()
    graph = json.dumps({"asked for": asked, "rules": told})
    (folder / "graph.json").write_text(graph, encoding="utf-8")
    (folder / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("target")
    parser.add_argument("--configfile", nargs="*", default=[])
    args = parser.parse_args()
    write_twin(planned(args.target, args.configfile), args.folder)


if __name__ == "__main__":
    main()
