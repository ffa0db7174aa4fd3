"""Fingerprints of the code that decides a result.

A stage's fingerprint covers its script and all that it imports below scripts/. It does not change
with comments, docstrings, layout, the text of errors and log lines, the order of imports, or the
names and places of modules. Nor does it cover PLUMBING, on which no result depends. A script that
runs a method of `framefault.methods` does not import it: it is told the module, which counts too.
"""

import ast
import atexit
import hashlib
import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from framefault.files import write_json

SCRIPTS = Path(__file__).resolve().parents[2]
PLUMBING = {"framefault.errors", "framefault.workflow.job", "framefault.workflow.provenance"}
SKIPPED = ("ctx", "kind", "type_comment")
_known = {}  # fingerprints by stage and its modules
_open = []  # modules whose digest is being made, to notice imports in a circle


def fingerprint(script, *modules):
    """Digest of the code that `scripts/<script>.py` runs, and of the modules that it is told."""
    stage = " ".join([script, *modules])
    if stage not in _known:
        _known[stage] = taken(script, *modules)
    return _known[stage]


def taken(script, *modules):
    if not modules:
        return code_digest(script)
    packages = sorted({name for module in modules for name in above(module) if own_code(name)})
    return digest("\n".join(map(code_digest, [script, *modules, *packages])))


def recall(file):
    """Take fingerprints from a file, if all code is as it was then; write them when all is done.

    To take them anew is a tenth of the time in which a run learns that nothing is to do.
    """
    code = all_code()
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(file.read_text(encoding="utf-8"))
        _known.update(told["fingerprints"] if told["code"] == code else {})
    recalled = len(_known)

    @atexit.register
    def keep():
        if len(_known) > recalled and all_code() == code:
            with suppress(OSError):
                write_json(file, {"code": code, "fingerprints": _known})


def all_code():
    """Digest of all files of code, byte by byte."""
    files = sorted(SCRIPTS.rglob("*.py"))
    return digest(repr([(str(path.relative_to(SCRIPTS)), path.read_bytes()) for path in files]))


def code_modules(*modules):
    """Digest of the own code of every module that these run, by name, in order."""
    return {name: digest(own_code(name)) for name in sorted(import_closure(*modules))}


def libraries(*modules):
    """Names of the installed packages that these and their modules import themselves."""
    names = {
        module.partition(".")[0]
        for name in import_closure(*modules)
        for _, module, _ in imports(name)
    }
    return {name for name in names - sys.stdlib_module_names if not source_file(name)}


def import_closure(*modules):
    """Names of `modules` and of all below scripts/ that they import, without those of PLUMBING."""
    found, todo = set(), [name for module in modules for name in (module, *above(module))]
    while todo:
        name = todo.pop()
        if name not in found and name not in PLUMBING:
            found.add(name)
            todo.extend(imported(name))
    return found


@cache
def imported(module):
    """Modules and packages below scripts/ that one module imports."""
    names = {target(found)[0] for found in imports(module)}
    names = names.union(*map(above, names))
    return frozenset(name for name in names if source_file(name))


def above(module):
    """Names of the packages that a module lies in."""
    return {module.rsplit(".", depth)[0] for depth in range(1, module.count(".") + 1)}


@cache
def imports(module):
    """(name it is bound to, module, attribute or None) of all that one module imports."""
    found = set()
    for node in statements(parsed(module)):
        if isinstance(node, ast.Import):
            found |= {(alias.asname or alias.name, alias.name, None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {(alias.asname or alias.name, node.module, alias.name) for alias in node.names}
    return frozenset(found)


def target(found):
    """(module, attribute or None) that an import means: `from package import module` is one."""
    _, module, attribute = found
    if attribute and source_file(f"{module}.{attribute}"):
        return f"{module}.{attribute}", None
    return module, attribute


def statements(node):
    """All statements below a node, at any depth; faster than a walk through all expressions."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, field, ()):
            yield child
            yield from statements(child)


@cache
def code_digest(module):
    """Digest of a module's code and of all that it imports; what it imports counts by content."""
    if module in _open:
        raise ValueError(f"modules import each other: {' → '.join([*_open, module])}")
    _open.append(module)
    try:
        lines = sorted(described(found) for found in imports(module))
        packages = sorted(
            code_digest(name)
            for name in imported(module)
            if source_file(name).name == "__init__.py" and own_code(name)
        )
        return digest("\n".join([own_code(module), *lines, *packages]))
    finally:
        _open.pop()


def described(found):
    """One import as text: the bound name, and the content that it stands for."""
    name, attribute = target(found)
    bound = found[0] if found[1] != found[0] else ""
    if name in PLUMBING:
        return f"{bound} plumbing.{attribute}"
    return f"{bound} {code_digest(name) if source_file(name) else name}.{attribute}"


@cache
def own_code(module):
    """Text of one module's syntax tree without imports, docstrings, positions and messages."""
    return canonical_tree(parsed(module).body)


@cache
def parsed(module):
    path = source_file(module)
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    if ast.get_docstring(tree, clean=False) is not None:
        del tree.body[0]
    return tree


@cache
def source_file(module):
    path = SCRIPTS.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def canonical_tree(node, words=True):
    """Text of a syntax tree that is the same on every Python version: empty fields are left out.

    Without `words`, all text is alike.
    """
    if isinstance(node, list):
        kept = [each for each in node if not is_left_out(each)]
        return "[" + ",".join(canonical_tree(each, words) for each in kept) + "]" if kept else ""
    if not isinstance(node, ast.AST):
        return repr(node)
    words = words and not is_message(node)
    if not words and (isinstance(node, ast.JoinedStr) or is_text(node)):
        return "text"
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(value, list) and value and is_docstring(node, value[0]):
            value = value[1:]
        if value is not None and value != [] and name not in SKIPPED:
            fields.append(f"{name}={canonical_tree(value, words)}")
    return f"{type(node).__name__}({','.join(fields)})"


def is_left_out(node):
    """Imports, which count by content, and lines of the log."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and isinstance(node.value.func.value, ast.Name)
        and node.value.func.value.id == "log"
    )


def is_message(node):
    """Whether the text below a node only tells what went wrong."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id.endswith("Error")
    return isinstance(node, ast.Raise)


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_docstring(parent, statement):
    return (
        isinstance(parent, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and isinstance(statement, ast.Expr)
        and is_text(statement.value)
    )


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]
