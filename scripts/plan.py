"""What a target will cost on a cluster: jobs, hours and disk per stage, before anything runs."""

import argparse
import sys
from collections import Counter, defaultdict

from tabulate import tabulate

from framefault.errors import UserError
from framefault.workflow.config import read_yaml
from framefault.workflow.costs import GUESS, cost, rates, wall
from framefault.workflow.snakemake_private import cluster_jobs, planned

# Snakemake starts twice in every SLURM job.
SNAKEMAKE_SECONDS = 3.3
START_SECONDS = 10
SHORT_MINUTES = 2


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="a file or a rule")
    parser.add_argument("--configfile", nargs="*", default=[])
    parser.add_argument("--profile", default="profiles/slurm/config.yaml")
    args = parser.parse_args()
    for file in args.configfile:
        read_yaml(file)
    profile = read_yaml(args.profile)
    dag = planned(args.target, args.configfile, profile)
    config = dag.workflow.globals["config"]
    known = rates([described(job) for job in dag.jobs if not job.rule.norun], config)
    to_run = [job for job in dag.jobs if dag.needrun(job) and not job.rule.norun]
    if not to_run:
        print(f"{args.target} is up to date.")
        return
    costs = {job: cost(job.rule.name, job.wildcards_dict, known, config) for job in to_run}
    submitted = cluster_jobs(dag)
    print(f"{args.target}: {len(to_run)} jobs in {len(submitted)} SLURM jobs\n")
    print_stages(to_run, submitted, costs, known)
    print_times(submitted, costs)
    print_disk(to_run, costs)
    print_frames(to_run)


def described(job):
    return job.rule.name, job.wildcards_dict, str(next(iter(job.log), "")), str(job.output[0])


def duration(jobs, costs):
    """Expected seconds of a SLURM job: its members run side by side, predictions in turn."""
    by_rule = defaultdict(list)
    for job in jobs:
        by_rule[job.rule.name].append(wall(costs[job], job.threads))
    turns = {job.rule.name for job in jobs if job.resources.get("turn")}
    return START_SECONDS + sum(
        sum(each) if rule in turns else max(each) for rule, each in by_rule.items()
    )


def print_stages(jobs, submitted, costs, known):
    by_rule = {rule.name: [] for rule in jobs[0].dag.workflow.rules}
    for job in jobs:
        by_rule[job.rule.name].append(job)
    by_rule = {rule: members for rule, members in by_rule.items() if members}
    shared = Counter(rule for group in submitted for rule in {job.rule.name for job in group})
    rows = []
    for rule, members in by_rule.items():
        cpu, gpu, size = (sum(costs[job][part] for job in members) for part in range(3))
        first = members[0]
        asked = [f"{first.threads} CPU", f"{first.resources.get('mem_mb', 0) / 1000:.0f} GB"]
        if first.resources.get("gpu"):
            asked.append("1 GPU")
        rows.append(
            [rule, len(members), shared[rule] or "here", ", ".join(asked), hours(cpu), hours(gpu),
             gigabytes(size), known.get(rule, GUESS).basis]
        )  # fmt: skip
    total = [sum(cost[part] for cost in costs.values()) for part in range(3)]
    rows.append(["all", len(jobs), len(submitted), "", hours(total[0]), hours(total[1]),
                 gigabytes(total[2]), ""])  # fmt: skip
    head = ["stage", "jobs", "in SLURM jobs", "each asks for", "CPU hours", "GPU hours", "GB",
            "hours known from"]  # fmt: skip
    print(tabulate(rows, head, disable_numparse=True, colalign=["left"] + ["right"] * 6 + ["left"]))


def print_times(submitted, costs):
    if not submitted:
        return
    minutes = sorted(duration(group, costs) / 60 for group in submitted)
    work_seconds = sum(cpu for cpu, _, _ in costs.values())
    overhead = SNAKEMAKE_SECONDS * len(submitted)
    print(
        f"\nA SLURM job takes from {minutes[0]:.0f} to {minutes[-1]:.0f} minutes;"
        f" {sum(each < SHORT_MINUTES for each in minutes)} of {len(minutes)} less than"
        f" {SHORT_MINUTES}.\nSnakemake's own share of the CPU time:"
        f" {overhead / (overhead + work_seconds):.1%}."
    )


def print_disk(jobs, costs):
    """Disk space, with all caches kept and with decoded frames deleted after their last use."""
    size = {path: costs[job][2] for job in jobs for path in map(str, job.output[:1])}
    decoded = {path for path in size if path.endswith(".frames")}
    rest = sum(size[path] for path in size if path not in decoded)
    cache = sum(size[path] for path in decoded)
    largest = max(sum(size[path] for path in decoded & set(map(str, job.input))) for job in jobs)
    if not decoded:
        print(f"\nDisk: {gigabytes(rest)} GB.")
        return
    print(
        f"\nDisk: {gigabytes(rest + cache)} GB with all caches kept, the default. With"
        f" compute.keep_decoded: false, {gigabytes(rest)} GB stay;\non the way, decoded frames"
        f" take from {gigabytes(largest)} GB (what one job needs) to {gigabytes(cache)} GB"
        " (if all is decoded first)."
    )


def print_frames(jobs):
    """Paper B: how often frames are decoded and preprocessed, and for how many predictions."""
    number = Counter(job.rule.name for job in jobs)
    if number["decode_frames"]:
        print(
            "\nFrames of paper B are decoded and preprocessed once per data set and input size,"
            f" not once per\nmodel: {number['decode_frames']} caches for"
            f" {number['predict_frames']} predictions."
        )


def hours(seconds):
    return short(seconds / 3600) if seconds else "-"


def gigabytes(size):
    return short(size / 1e9)


def short(value):
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"framefault: {error}")
