"""Snakemake's graph of jobs, as its command line would plan it."""

import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    GroupSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)


def planned(target, configfiles, profile=None):
    """The graph of jobs for a target; with a profile's settings, as on its cluster.

    Ends the program with one sentence where Snakemake refuses.
    """
    resources = ResourceSettings(nodes=profile["jobs"]) if profile else ResourceSettings(cores=1)
    components = (each.split("=") for each in (profile or {}).get("group-components", ()))
    groups = GroupSettings(group_components={name: int(number) for name, number in components})
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            workflow = api.workflow(
                resources,
                config_settings=ConfigSettings(configfiles=[Path(file) for file in configfiles]),
            )
            workflow.dag(DAGSettings(targets={target})).execute_workflow(
                executor="dryrun", group_settings=groups
            )
        except Exception as error:
            sys.exit(f"framefault: {error}")
    return workflow._workflow.dag
