"""What claims are asked of: the scores of every sequence, which stands for itself as a source."""

MEASURES = ("mota", "recall", "fp", "fn")


def outcomes(scores):
    """A row per sequence and condition with a column per measure, of a frame of scores.

    `scores` as of `results.scores.read_scores`; the part of a sequence's score is its name.
    """
    kept = scores[scores["measure"].isin(MEASURES) & scores["part"].str.startswith("sequence ")]
    keys = ["dataset", "model", "training", "corruption", "level", "seed", "part"]
    table = kept.set_index([*keys, "measure"])["value"].astype(float).unstack()
    table = table.reindex(columns=list(MEASURES)).reset_index()
    names = table.pop("part").str.removeprefix("sequence ")
    return table.assign(item=names, source=names)
