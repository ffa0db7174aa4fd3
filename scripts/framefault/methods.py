"""Methods that bring themselves: one folder each, named nowhere else.

A folder below a package is a method if it holds `method.yaml`, which says what the method is called
and takes, beside `__init__.py` with its function. Finding methods imports none of them, so that
planning a run stays quick.
"""

import ast
import json
import re
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match

from framefault.errors import UserError, in_one_line

ROOT = Path(__file__).resolve().parents[1]
FILE = "method.yaml"
TEXT = {"type": "string", "minLength": 1}
# What any method says of itself. Keys without a default must be there.
ABOUT = {
    "title": TEXT,
    "text": TEXT,
    "source": TEXT,
    "order": {"type": "integer", "default": 1000},
    "parameters": {
        "type": "object",
        "additionalProperties": {"type": "object", "required": ["default"]},
        "default": {},
    },
}


@dataclass(frozen=True)
class Method:
    """A method: its name, its module and the function there, and what `method.yaml` says of it."""

    name: str
    module: str
    function: str
    about: dict

    @property
    def title(self):
        return self.about["title"]

    @property
    def schema(self):
        """The JSON schema of its parameters, as a section of a configuration."""
        known = {"properties": self.about["parameters"]}
        return {"type": "object", "additionalProperties": False} | known

    @property
    def defaults(self):
        """{parameter: default}."""
        return {name: rule["default"] for name, rule in self.about["parameters"].items()}

    def load(self, **changes):
        """Its function, with all parameters at their defaults but for the `changes`."""
        function = getattr(import_module(self.module), self.function)
        return partial(function, **self.defaults | changes)


def methods(package, function, about=None, root=ROOT):
    """{name: Method} of the folders below a package, by `order` in method.yaml and name.

    Each module must have the `function`, which takes the parameters by their names. `about` are
    the JSON schemas of what method.yaml says beside ABOUT, by key. Raises UserError for a folder
    that is no method though it has the file.
    """
    folder, rules = root.joinpath(*package.split(".")), ABOUT | (about or {})
    found = [
        read_method(file, package, function, rules) for file in sorted(folder.glob(f"*/{FILE}"))
    ]
    found.sort(key=lambda method: (method.about["order"], method.name))
    return {method.name: method for method in found}


def described(method, lines=()):
    """What a method says of itself in Markdown, with `lines` of its kind before its parameters."""
    about = method.about
    found = [f"### {method.title}: `{method.name}`", "", about["text"], "", *lines]
    found += [
        f"- `{name}: {json.dumps(rule['default'])}`: {rule.get('description', '')}."
        for name, rule in about["parameters"].items()
    ]
    return "\n".join([*found, f"- From {about['source']}.", ""])


def read_method(file, package, function, rules):
    """The Method that a method.yaml describes."""
    name = file.parent.name
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise UserError(
            f"{file.parent}: {name} is no name of a method, which has small letters, digits and _."
        )
    about = read_about(file, rules)
    check_function(file.with_name("__init__.py"), function, about["parameters"])
    return Method(name, f"{package}.{name}", function, about)


def read_about(file, rules):
    """What a method.yaml says, with defaults, checked by the schemas of its keys."""
    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise UserError(f"{file} is no YAML: {in_one_line(error)}.") from error
    required = [key for key, rule in rules.items() if "default" not in rule]
    check(written, {"type": "object", "properties": rules, "required": required,
                    "additionalProperties": False}, str(file))  # fmt: skip
    defaults = {key: rule["default"] for key, rule in rules.items() if "default" in rule}
    about = defaults | written
    for name, rule in about["parameters"].items():
        place = f"{file}: parameters.{name}"
        try:
            Draft202012Validator.check_schema(rule)
        except SchemaError as error:
            raise UserError(f"{place} is no JSON schema: {error.message}.") from error
        check(rule["default"], rule, f"{place}.default")
    return about


def check(value, schema, place):
    """Raise UserError for a value that its schema does not allow."""
    error = best_match(Draft202012Validator(schema).iter_errors(value))
    if error is not None:
        where = ".".join(map(str, error.absolute_path))
        raise UserError(f"{place}: {f'{where}: ' if where else ''}{error.message}.")


def check_function(file, function, parameters):
    """Raise UserError unless a module has the function, and that takes the parameters."""
    if not file.is_file():
        raise UserError(f"{file} is missing; it must have the function {function}.")
    try:
        statements = ast.parse(file.read_text(encoding="utf-8")).body
    except SyntaxError as error:
        raise UserError(f"{file}, line {error.lineno}: {error.msg}.") from error
    defined = [each for each in statements if getattr(each, "name", None) == function]
    bound = [
        alias
        for each in statements
        if isinstance(each, (ast.Import, ast.ImportFrom))
        for alias in each.names
        if (alias.asname or alias.name) == function
    ]
    if not defined + bound:
        raise UserError(f"{file} lacks the function {function}.")
    for taken in (each.args for each in defined if isinstance(each, ast.FunctionDef)):
        names = {each.arg for each in (*taken.args, *taken.kwonlyargs)}
        missing = [name for name in parameters if name not in names]
        if missing and not taken.kwarg:
            raise UserError(
                f"{file}: {function} does not take the parameter {missing[0]!r} of {FILE}."
            )
