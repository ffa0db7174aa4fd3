"""Which clips count as playable."""


def is_playable(accounts, rule):
    """Whether each clip of a frame counts as playable, from its account of decoding.

    `rule` is the `playable` section of the configuration.
    """
    playable = (accounts["status"] == "ok") & (accounts["frames"] >= rule["min_frames"])
    if rule["max_errors"] is not None:
        playable &= accounts["errors"] <= rule["max_errors"]
    return playable & (accounts["full_length"] | (not rule["full_length"]))
