# What comes before the configuration: the library, and what a person sees of a run.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from framefault.workflow.progress import show

PROGRESS = show(workflow)
