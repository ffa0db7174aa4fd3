"""Seconds that the jobs of a run will take, for the line that tells how far it is.

It reads {"config": …, "jobs": [[stage, wildcards, threads], …]} and writes a list of seconds. Some
stages count the operations of their networks, which takes torch: not in the process of Snakemake.
"""

import json
import sys

from framefault.errors import UserError
from framefault.workflow.costs import IMPORT_SECONDS, cost, rates, wall


def main():
    asked = json.load(sys.stdin)
    known = rates((), asked["config"])
    json.dump([seconds(*job, known, asked["config"]) for job in asked["jobs"]], sys.stdout)


def seconds(stage, wildcards, threads, known, config):
    try:
        return wall(cost(stage, wildcards, known, config), threads)
    except UserError:  # the size of a user's folder is known once it has been listed
        return IMPORT_SECONDS


if __name__ == "__main__":
    main()
