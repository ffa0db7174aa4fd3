"""WordNet: which ILSVRC classes lie below the classes of a data set."""

import json
from pathlib import Path

from framefault.errors import UserError

UPWARDS = ("@", "@i")  # WordNet's marks of a more general synset


def read_parents(folder):
    """{WordNet id: ids of the synsets above it} of all nouns, from WordNet 3.0's data.noun.

    Offsets into that file are the WordNet ids of ImageNet; Debian's package wordnet-base has it in
    /usr/share/wordnet. Raises UserError where it is not there, or is of another version.
    """
    path, parents = Path(folder, "data.noun"), {}
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.startswith(" "):  # the licence
                    continue
                fields = line.split(" ")
                first = 4 + 2 * int(fields[3], 16)  # after the words, in base 16
                pointers = fields[first + 1 : first + 1 + 4 * int(fields[first])]
                above = zip(pointers[::4], pointers[1::4], strict=True)
                parents[f"n{fields[0]}"] = [f"n{each}" for mark, each in above if mark in UPWARDS]
    except (OSError, ValueError, IndexError) as error:
        raise UserError(
            f"{path} is not WordNet's list of nouns ({error}); install Debian's wordnet-base, or"
            " name the folder where it is."
        ) from error
    return parents


def read_ilsvrc(path):
    """[(WordNet id, name)] of ILSVRC's 1000 classes, in order.

    `path` is imagenet_class_index.json, {"0": [id, name], …}, or a text with a class per line, its
    id first. Raises UserError for other files.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        if Path(path).suffix == ".json":
            found = json.loads(text)
            classes = [tuple(found[str(number)]) for number in range(len(found))]
        else:
            rows = [line.strip().partition(" ") for line in text.splitlines() if line.strip()]
            classes = [(wnid, name or wnid) for wnid, _, name in rows]
        ids = [wnid for wnid, _ in classes]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no list of ILSVRC's classes: {error!r}.") from error
    if len(ids) != 1000 or ids != sorted(set(ids)):
        raise UserError(
            f"{path} should list ILSVRC's 1000 classes in the order of their WordNet ids."
        )
    return classes


def distances_above(wnid, parents):
    """{synset: steps} of a synset and all above it, by the shortest way."""
    steps, todo = {wnid: 0}, [wnid]
    for each in todo:
        for above in parents[each]:
            if above not in steps:
                steps[above] = steps[each] + 1
                todo.append(above)
    return steps


def subclasses(targets, ilsvrc, parents):
    """{target: ILSVRC classes at or below it}, all by index; targets without any are absent.

    Below two targets, a class counts for the nearer one: a minivan is a car, although a truck lies
    above it, too. `targets` and `ilsvrc` are WordNet ids, `parents` as of `read_parents`. This
    gives the released maps: 288 classes of ImageNet-VID and 231 of YouTube-BB. The paper's 293 and
    229 follow from neither WordNet nor these maps.
    """
    unknown = [wnid for wnid in ilsvrc if wnid not in parents]
    if unknown:
        raise UserError(
            f"WordNet has no synset {unknown[0]} of ILSVRC; take version 3.0 of WordNet."
        )
    found = {}
    for number, wnid in enumerate(ilsvrc):
        steps = distances_above(wnid, parents)
        near = [(steps[each], target) for target, each in enumerate(targets) if each in steps]
        if near:
            found.setdefault(min(near)[1], []).append(number)
    return dict(sorted(found.items()))
