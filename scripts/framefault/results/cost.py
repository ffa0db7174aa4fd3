"""What protection costs, as scores."""

from framefault.results.scores import mean, score


def cost_scores(accounts, plain, confidence):
    """Bytes of all clips in shares of the plain ones, and by how many ms playing is delayed.

    `accounts` are those of corrupted clips, `plain` of the same clips without protection: frames
    with "bytes", and with "wait", the ms that a clip is delayed by at most.
    """
    ratio = float(accounts["bytes"].sum() / plain["bytes"].sum())
    return [
        score("bytes", ratio) | {"of": len(accounts)},
        mean("wait", accounts["wait"].to_numpy(float), confidence),
    ]
