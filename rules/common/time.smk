# Paper B: the checked `time` section of the configuration.
from framefault.pmk.settings import completed, generated

try:
    TIME, REGISTRY = completed(config["time"])
except UserError as error:
    raise WorkflowError(str(error))

TIME_DATASETS = TIME["datasets"]
ROLES = [role for role in ("vid", "ytbb") if TIME["roles"][role]]


wildcard_constraints:
    model="[A-Za-z0-9][A-Za-z0-9_.-]*",
    size="[0-9]+",
    resize="[0-9]+",
