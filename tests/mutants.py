"""Small wrongs in the science, one at a time: `make mutants N=100`. Which do the tests not notice?

A mutant is one wrong comparison, operator, number, sign, `not`, minimum or maximum in a module of
tests/mutants.yaml. The module's tests are run on a copy of the project with it. SEED draws which
are tried. Writes results/mutants.md with those that survived; tests/mutants_explained.txt says of
which it is known why. What was killed is not tried again while its module is the same, and what
survived while its tests are, too.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

import yaml
from tabulate import tabulate

from campaign import read_state
from framefault.files import sha256
from framefault.seeds import rng
from workflow_tools import ROOT, SHARED

LIBRARY = "scripts/framefault"
SWAPPED = (
    (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot), (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.LShift, ast.RShift),
    (ast.BitAnd, ast.BitOr), (ast.And, ast.Or), ("min", "max"), ("minimum", "maximum"),
    ("argmin", "argmax"), ("floor", "ceil"),
)  # fmt: skip
OTHER = {one: two for pair in SWAPPED for one, two in (pair, pair[::-1])}
OTHER |= {ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitXor: ast.BitOr}
WARM = "av", "hypothesis", "matplotlib.pyplot", "pandas", "PIL.Image", "pyarrow.parquet"
WARM += "scipy.optimize", "scipy.stats", "sklearn.metrics", "torchvision", "xdist.plugin"
SERVER = Path(__file__).with_name("warm_pytest.py")
SECONDS = 60  # of CPU time that the tests of a mutant may take


def wrongs(node):
    """(attribute, wrong value) of all that can be wrong in one node of a syntax tree."""
    match node:
        case ast.Compare(ops=ops):
            for place, operator in enumerate(ops):
                yield "ops", [*ops[:place], OTHER[type(operator)](), *ops[place + 1 :]]
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() if type(node.op) in OTHER:
            yield "op", OTHER[type(node.op)]()
        case ast.UnaryOp(op=ast.USub()):
            yield "op", ast.UAdd()
        case ast.UnaryOp(op=ast.Not()):
            yield "operand", ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=bool() as value):
            yield "value", not value
        case ast.Constant(value=int() | float() as value):
            yield from (("value", value + step) for step in (1, -1))
        case ast.Name(id=name) if name in OTHER:
            yield "id", OTHER[name]
        case ast.Attribute(attr=name) if name in OTHER:
            yield "attr", OTHER[name]


def places(node):
    """The nodes that are worth a wrong: none of messages and annotations."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.Raise, ast.JoinedStr, ast.arg)):
            yield child
            yield from places(child)


def mutants(source):
    """(line, text before, text after, tree) of every mutant; the tree is wrong until the next."""
    tree = ast.parse(source)
    for node in list(places(tree)):
        for attribute, wrong in wrongs(node):
            before, right = ast.unparse(node), getattr(node, attribute)
            setattr(node, attribute, wrong)
            yield node.lineno, before, ast.unparse(node), tree
            setattr(node, attribute, right)


def all_mutants(root):
    """Every mutant of the modules as a dictionary; `key` is the same while the module is."""
    modules = yaml.safe_load((root / "tests/mutants.yaml").read_text(encoding="utf-8"))
    for pattern, tests in modules.items():
        tests = [f"tests/unit/test_{name}.py" for name in tests.split()]
        digest = sha256(b"".join((root / test).read_bytes() for test in tests))[:16]
        suite = {"tests": tests, "digest": digest}
        for path in sorted((root / LIBRARY).glob(pattern)):
            source, file = path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()
            lines = source.splitlines()
            for number, (line, before, after, _) in enumerate(mutants(source)):
                key = f"{file} {sha256(source.encode())[:16]} {number}"
                change = f"{lines[line - 1].strip()}: `{before}` -> `{after}`"
                yield {"key": key, "file": file, "line": line, "change": change} | suite


class Tester:
    """Runs tests in copies of the project, in forks of one process that has imported much."""

    def __init__(self, root):
        self.root = root
        environment = os.environ | {"FRAMEFAULT_DATA": str(SHARED), "OMP_NUM_THREADS": "1"}
        environment.pop("PYTHONPATH", None)  # a copy has its own library
        self.server = subprocess.Popen(
            [sys.executable, "-P", SERVER, *WARM], env=environment, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def close(self):
        self.server.stdin.close()
        self.server.wait()

    def outcome(self, tests, mutant=None):
        """What they say of a mutant, or of none: "survived", "killed" or "timed out"."""

        def ignored(folder, names):
            made = {"results", "data", "site", "build"} if Path(folder) == self.root else set()
            return {name for name in names if name.startswith(".") or name in made}

        with tempfile.TemporaryDirectory(prefix="framefault-mutants-") as folder:
            project = Path(folder, "copy")
            shutil.copytree(self.root, project, ignore=ignored, symlinks=True)
            if mutant:
                path, number = project / mutant["file"], int(mutant["key"].split()[-1])
                *_, tree = next(islice(mutants(path.read_text(encoding="utf-8")), number, None))
                path.write_text(ast.unparse(tree), encoding="utf-8")
            print(json.dumps([str(project), SECONDS, *tests]), file=self.server.stdin, flush=True)
            said = self.server.stdout.readline().strip()
        if not said:
            sys.exit(f"{SERVER.name} has ended.")
        return {"0": "survived", "timed out": said}.get(said, "killed")


def written(rows, explained):
    """The report's text. `explained` has lines `file: source line: change: reason`."""
    tried = Counter(row["file"] for row in rows)
    lived = sorted(
        (row for row in rows if row["status"] == "survived"), key=lambda r: (r["file"], r["line"])
    )
    survived = Counter(row["file"] for row in lived)
    table = [{"module": f, "tried": tried[f], "survived": survived[f]} for f in sorted(tried)]
    reasons = dict(line.rsplit(": ", 1) for line in explained if line)
    lines = [
        f"- {row['file']}:{row['line']}: {row['change']}"
        f" ({reasons.get(row['file'] + ': ' + row['change'], 'not explained')})"
        for row in lived
    ]
    about = f"{len(rows)} mutants tried, {len(lived)} survived."
    return "\n\n".join([about, tabulate(table, "keys", "github"), "\n".join(lines)]).rstrip() + "\n"


def main(arguments=None, root=ROOT):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="mutants, with those tried before")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="modules with this in their paths")
    given = parser.parse_args(arguments)
    found = [each for each in all_mutants(root) if given.only in each["file"]]
    order = rng("mutants", given.seed).permutation(len(found))[: given.count]
    chosen = [found[place] for place in order]
    state = root / "results/mutants/tried.jsonl"
    done = {row["key"]: row for row in read_state(state)}

    def is_known(mutant):
        row = done.get(mutant["key"], {})
        return row and (row["status"] != "survived" or row["digest"] == mutant["digest"])

    todo = [mutant for mutant in chosen if not is_known(mutant)]
    testers = [Tester(root) for _, mutant in zip(os.sched_getaffinity(0), todo, strict=False)]
    free = SimpleQueue()
    for tester in testers:
        free.put(tester)

    def outcome(tests, mutant=None):
        tester = free.get()
        try:
            return tester.outcome(tests, mutant)
        finally:
            free.put(tester)

    with ThreadPoolExecutor(max(1, len(testers))) as pool, state.open("a") as file:
        suites = sorted({tuple(mutant["tests"]) for mutant in todo})
        for tests, said in zip(suites, pool.map(outcome, suites), strict=True):
            if said != "survived":
                sys.exit(f"{' '.join(tests)}: {said} without any mutant; mend this first.")
        tried = pool.map(lambda mutant: outcome(mutant["tests"], mutant), todo)
        for mutant, status in zip(todo, tried, strict=True):
            done[mutant["key"]] = mutant | {"status": status}
            print(json.dumps(done[mutant["key"]]), file=file, flush=True)
    for tester in testers:
        tester.close()
    explained = root / "tests/mutants_explained.txt"
    reasons = explained.read_text(encoding="utf-8").splitlines() if explained.exists() else []
    rows = [mutant | {"status": done[mutant["key"]]["status"]} for mutant in chosen]
    text = written(rows, reasons)
    (root / "results/mutants.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
