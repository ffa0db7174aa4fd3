"""Small wrongs in the science, one at a time: `make mutants N=100`. Which do the tests not notice?

A mutant is one wrong comparison, operator, number, sign, `not`, minimum or maximum in a module of
tests/mutants.yaml. The module's tests are run on a copy of the project with it. SEED draws which
are tried. Writes results/mutants.md with those that survived; tests/mutants_explained.txt says of
which it is known why. What was tried is not tried again while its module is the same: after new
tests, `rm -r results/mutants`.
"""

import argparse
import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

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
SECONDS = 900  # that the tests of a mutant may take


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
        for path in sorted((root / LIBRARY).glob(pattern)):
            source, file = path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()
            for number, (line, before, after, _) in enumerate(mutants(source)):
                key = f"{file} {sha256(source.encode())[:16]} {number}"
                change = f"`{before}` -> `{after}`"
                yield {"key": key, "file": file, "line": line, "change": change, "tests": tests}


def outcome(root, tests, mutant=None):
    """What a module's tests say of a mutant in a copy: "survived", "killed" or "timed out"."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider"]

    def ignored(folder, names):
        made = {"results", "data", "site", "build"} if Path(folder) == root else set()
        return {name for name in names if name.startswith(".") or name in {"__pycache__", *made}}

    with tempfile.TemporaryDirectory(prefix="framefault-mutants-") as folder:
        project = Path(shutil.copytree(root, Path(folder, "copy"), ignore=ignored, symlinks=True))
        if mutant:
            path, number = project / mutant["file"], int(mutant["key"].split()[-1])
            *_, tree = next(islice(mutants(path.read_text(encoding="utf-8")), number, None))
            path.write_text(ast.unparse(tree), encoding="utf-8")
        running = subprocess.Popen(
            [*command, *tests], cwd=project, env=os.environ | {"FRAMEFAULT_DATA": str(SHARED)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            return "killed" if running.wait(SECONDS) else "survived"
        except subprocess.TimeoutExpired:
            return "timed out"
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


def written(rows, explained):
    """The report's text. `explained` has lines `file: change: reason`."""
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
    todo = [mutant for mutant in chosen if mutant["key"] not in done]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool, state.open("a") as file:
        suites = sorted({tuple(mutant["tests"]) for mutant in todo})
        for tests, said in zip(suites, pool.map(lambda t: outcome(root, t), suites), strict=True):
            if said != "survived":
                sys.exit(f"{' '.join(tests)}: {said} without any mutant; mend this first.")
        tried = pool.map(lambda mutant: outcome(root, mutant["tests"], mutant), todo)
        for mutant, status in zip(todo, tried, strict=True):
            done[mutant["key"]] = mutant | {"status": status}
            print(json.dumps(done[mutant["key"]]), file=file, flush=True)
    explained = root / "tests/mutants_explained.txt"
    reasons = explained.read_text(encoding="utf-8").splitlines() if explained.exists() else []
    text = written([done[mutant["key"]] for mutant in chosen], reasons)
    (root / "results/mutants.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
