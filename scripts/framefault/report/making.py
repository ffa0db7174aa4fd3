"""How everything was made: stages, devices and versions, from the records of jobs."""

from collections import defaultdict


def stages(records, costs):
    """A row per stage, earlier stages first: its jobs, devices, code and costs.

    `records` are those of all jobs; `costs` are {stage: (CPU seconds, GPU seconds, basis)}.
    """
    by_stage = defaultdict(list)
    for record in records:
        by_stage[record["stage"]].append(record)
    return [
        {
            "stage": " ".join(name.rpartition(".")[2] for name in stage.split()),
            "jobs": len(members),
            "devices": distinct(str(each["device"]) for each in members if "device" in each),
            "code": distinct(each["code"]["fingerprint"] for each in members),
            "cpu": costs[stage][0],
            "gpu": costs[stage][1],
            "basis": costs[stage][2],
        }
        for stage, members in by_stage.items()
    ]


def versions(records):
    """{library: versions} that any job ran with."""
    found = defaultdict(set)
    for record in records:
        for name, version in record["versions"].items():
            found[name].add(version)
    return {name: sorted(found[name]) for name in sorted(found)}


def distinct(values):
    return sorted(set(values))
