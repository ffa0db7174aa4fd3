"""The moment that a figure shows: chosen by rule, and found among decoded frames."""


def chosen_moment(tracks, sequences, numbers):
    """(sequence, frame) that all conditions show and that has most people, or None.

    `tracks` is the ground truth, `sequences` are names in order, and `numbers` holds for each
    condition {sequence: numbers, from 0, of the clean frames that decoded frames stand for}. It is
    the first sequence with such a frame, and of equal frames the middle one.
    """
    for sequence in sequences:
        shared = set.intersection(*({n + 1 for n in each[sequence]} for each in numbers))
        if shared:
            frames = tracks.loc[tracks["sequence"] == sequence, "frame"]
            people = frames.value_counts().reindex(sorted(shared), fill_value=0)
            fullest = people.index[people == people.max()]
            return sequence, int(fullest[(len(fullest) - 1) // 2])
    return None


def place_of(frame, numbers):
    """Place, from 0, of the decoded frame that stands for a clean one, from 1; None without one.

    `numbers` are those, from 0, of the clean frames that the decoded ones stand for.
    """
    return list(numbers).index(frame - 1) if frame - 1 in numbers else None
