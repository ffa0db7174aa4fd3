"""Bit-corruption Augmented Training (paper A, sections 3.2 and 4.4)."""


def conditions(defence, levels, low_up_to):
    """The (corruption, level) pairs a variant trains on, in one order however they are listed.

    `defence` is bat, bat_low, bat_high or bat_oracle/<corruption>/<level>; `levels` maps a
    corruption to its levels, `low_up_to` to the highest one that counts as low (paper A, F.1).
    """
    if defence.startswith("bat_oracle/"):
        _, corruption, level = defence.split("/")
        return [(corruption, level)]
    keep = {
        "bat": lambda corruption, level: True,
        "bat_low": lambda corruption, level: float(level) <= float(low_up_to[corruption]),
        "bat_high": lambda corruption, level: float(level) > float(low_up_to[corruption]),
    }[defence]
    listed = [(c, level) for c, values in levels.items() for level in values if keep(c, level)]
    return sorted(listed, key=lambda pair: (pair[0], float(pair[1])))


def corrupting(clean, corrupted, probability):
    """A `pick` function for `TrainingClips`.

    With `probability`, the version of the clip under one uniformly drawn condition of
    `corrupted` (a list of DecodedClips); the clean clip otherwise, and where that version has
    no frame.
    """

    def pick(index, draw):
        if draw.random() < probability:
            frames = corrupted[draw.integers(len(corrupted))][index]
            if len(frames):
                return frames
        return clean[index]

    return pick
