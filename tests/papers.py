"""The papers under the configurations that are shipped, with changes."""

from functools import cache

import yaml
from snakemake.utils import update_config

from framefault.tasks.frames.registry import read_registry
from framefault.workflow.config import CONFIG, validated
from framefault.workflow.papers import Paper

# Levels of each corruption that tests evaluate.
FEW = {"packet_loss": ["0.2", "0.01"], "random": ["1e-4", "1e-6", "1e-8"], "contiguous": ["0.5"]}
NOTHING = {"packet_loss": [], "random": [], "contiguous": []}
REGISTRY = read_registry(CONFIG / "models.csv")


@cache
def written(name):
    return (CONFIG / name).read_text(encoding="utf-8")


def shipped(*overlays, **changes):
    """The checked default configuration, overlaid by shipped files and by sections."""
    config = {}
    for name in ("sources.yaml", "config.yaml", *overlays):
        update_config(config, yaml.safe_load(written(name)))
    update_config(config, changes)
    config["frames"]["registry"] = str(CONFIG / "models.csv")
    return validated(config)


def paper(name, *overlays, **changes):
    return Paper(name, shipped(*overlays, **changes), REGISTRY)
