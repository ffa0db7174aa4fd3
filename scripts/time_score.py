"""One model's answers on one data set, and its accuracy under pm-k for every k."""

import json
from pathlib import Path

import numpy as np

from framefault.cli import Output, stage
from framefault.files import write_json
from framefault.pmk.scoring import check_outputs, pm_k, project, proportion
from framefault.pmk.sets import read_sets


@stage(sets=Path, logits=Path, dataset=str, model=str, rules=json.loads, cell=Output)
def main(args):
    sets, logits = read_sets(args.sets), np.load(args.logits)
    check_outputs(logits.shape[1], sets, args.model)
    answers = project(logits, sets, args.rules["merge"]).argmax(axis=1)
    counts, anchors = pm_k(answers, sets, args.rules["labels"])
    levels = [proportion(count, anchors, args.rules["confidence"]) for count in counts.tolist()]
    write_json(
        args.cell,
        {
            "dataset": args.dataset,
            "model": args.model,
            "rules": args.rules,
            "anchors": anchors,
            "pm": [{"k": k} | level for k, level in enumerate(levels)],
            "answers": answers.tolist(),
        },
    )


if __name__ == "__main__":
    main()
