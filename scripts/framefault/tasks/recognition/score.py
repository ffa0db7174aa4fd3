"""Scores of action recognition, from judged predictions (paper A, section 4.1, appendix A)."""

from framefault.results.scores import mean, score, share


def accuracy_scores(judged, classes, confidence):
    """Accuracy on playable clips and on all, where an unplayable one is wrong, the playable share,
    what a guess among so many `classes` would give, and distances.

    `judged` as of `predictions.judged`. Distances are means to the clean clip over playable clips:
    all, those classified right, those classified wrong (paper A, figure 3); None of no clip.
    """
    playable, correct = judged[judged["playable"]], judged["right"].sum()
    chosen = {
        "all": playable,
        "correct": playable[playable["right"]],
        "incorrect": playable[~playable["right"]],
    }
    return [
        share("accuracy_playable", correct, len(playable), confidence),
        share("accuracy_all", correct, len(judged), confidence),
        share("playable_share", len(playable), len(judged), confidence),
        score("chance", 1 / classes),
        *(
            mean(f"distance_{name}", clips["distance"].dropna(), confidence)
            for name, clips in chosen.items()
        ),
    ]
