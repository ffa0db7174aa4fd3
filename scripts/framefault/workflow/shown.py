"""What the report shows of a run beside its tables and figures."""

from framefault.protection.settings import protection_of
from framefault.tasks.recognition.methods import detectors
from framefault.workflow.papers import CLEAN, predictions_of


def datasets(papers):
    """{data set: its task, and whether it is generated} of all that tables and figures show."""
    return {
        name: {"task": paper.task(name), "generated": paper.is_generated(name)}
        for paper in papers
        for name in paper.all_shown()
    }


def conditions(papers):
    """The conditions of clips in tables: {"dataset", "corruption", "level", "predictions"}.

    Clean ones come first, then each corruption by rising level. `predictions` are a file for each
    draw, of the first model that is asked: all see the same clips.
    """
    judges = {*detectors(), "checksum", "cost"}  # they look at others' predictions, or at files
    found = {}
    for paper in papers:
        for table in paper.tables.values():
            for cell in paper.table_cells(table):
                _, _, dataset, model, *_, corruption, level, draw = cell.split("/")
                shows_clips = paper.task(dataset) != "frames" and model not in judges
                if shows_clips and not protection_of(corruption):
                    draws = found.setdefault((dataset, corruption, level), {})
                    draws.setdefault(draw, predictions_of(cell))
    names = [list(dict.fromkeys(key[place] for key in found)) for place in range(2)]

    def order(key):
        dataset, corruption, level = key
        places = names[0].index(dataset), names[1].index(corruption)
        return places[0], (corruption, level) != CLEAN, places[1], float(level)

    return [
        {"dataset": key[0], "corruption": key[1], "level": key[2]}
        | {"predictions": list(found[key].values())}
        for key in sorted(found, key=order)
    ]
