# What comes before the configuration: the library, and what a person sees of a run.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The clone that this file lies in, whatever folder is worked in and whoever uses the rules.
PROJECT = Path(str(workflow.current_basedir)).parent
if not (PROJECT / "scripts").is_dir():
    raise WorkflowError("framefault is used from a clone: clone it, and name its Snakefile there.")
sys.path.insert(0, str(PROJECT / "scripts"))

from framefault.workflow import snakemake_private
from framefault.workflow.progress import show

# As a module, framefault leaves alone what belongs to the workflow that uses it.
IS_MODULE = snakemake_private.is_module(workflow)
PROGRESS = None if IS_MODULE else show(workflow)
