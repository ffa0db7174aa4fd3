"""Fingerprints of code: what a script runs, whatever its comments, docstrings and layout."""

import ast
import hashlib
import sys
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]


def fingerprint(script):
    """Digest of the code that `scripts/<script>.py` runs: itself and all it imports in scripts/."""
    return digest("\n".join(f"{name} {each}" for name, each in code_modules(script).items()))


def code_modules(script):
    """Digest of every module that the script runs, by name, in order."""
    return {name: module_digest(name) for name in sorted(import_closure(script))}


def libraries(script):
    """Names of the installed packages that the script and its modules import themselves."""
    names = {
        name.partition(".")[0] for module in import_closure(script) for name in imports(module)
    }
    return {name for name in names - sys.stdlib_module_names if not source_file(name)}


def import_closure(module):
    """Names of `module` and of every module below scripts/ that it imports, transitively."""
    found, todo = set(), [module]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(imported(name))
    return found


@cache
def imported(module):
    """Modules below scripts/ that one module names in its import statements."""
    names = imports(module)
    packages = {
        ".".join(parts[:end])
        for parts in (name.split(".") for name in names)
        for end in range(1, len(parts))
    }
    return frozenset(name for name in names | packages if source_file(name))


@cache
def imports(module):
    """All that one module names in its import statements."""
    names = set()
    for node in statements(parsed(module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def statements(node):
    """All statements below a node, at any depth; faster than a walk through all expressions."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, field, ()):
            yield child
            yield from statements(child)


@cache
def module_digest(module):
    """Digest of one module's syntax tree without docstrings and positions."""
    return digest(canonical_tree(parsed(module)))


@cache
def parsed(module):
    path = source_file(module)
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def source_file(module):
    path = SCRIPTS.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def canonical_tree(node):
    """Text of a syntax tree that is the same on every Python version: empty fields are left out."""
    if isinstance(node, list):
        return "[" + ",".join(map(canonical_tree, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(value, list) and value and is_docstring(node, value[0]):
            value = value[1:]
        if value is not None and value != [] and name not in ("ctx", "kind", "type_comment"):
            fields.append(f"{name}={canonical_tree(value)}")
    return f"{type(node).__name__}({','.join(fields)})"


def is_docstring(parent, statement):
    return (
        isinstance(parent, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]
