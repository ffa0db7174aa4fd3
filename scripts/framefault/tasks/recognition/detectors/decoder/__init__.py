"""The decoder as a detector of corruption: how many pictures it says are corrupt."""


def score(logits, account):
    """The number of flagged pictures. No network is asked, and a sound clip has none."""
    return account["flagged"]
