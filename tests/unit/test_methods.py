"""A folder with method.yaml and its function is a method; what is wrong with one is a sentence."""

import re

import pytest

import code_tree
from framefault.errors import UserError
from framefault.methods import methods

ABOUT = """title: Cut short
text: The file ends early.
source: a disk
parameters:
  at_least: {type: integer, minimum: 1, default: 8}
"""
CODE = "def cut(data, level, at_least):\n    return data[:at_least], level\n"


def folder(root, name="short", about=ABOUT, code=CODE):
    code_tree.write(root, {f"cuts/{name}/method.yaml": about, f"cuts/{name}/__init__.py": code})


def found(root, **more):
    return methods("cuts", "cut", root=root, **more)


def test_folders_are_found_by_order_then_name_and_others_are_left_alone(tmp_path):
    for name, order in (("z", "order: 1\n"), ("b", "order: 2\n"), ("y", ""), ("x_1", "")):
        folder(tmp_path, name, ABOUT + order)
    code_tree.write(tmp_path, {"cuts/shared/__init__.py": "", "cuts/__init__.py": ""})
    assert list(found(tmp_path)) == ["z", "b", "x_1", "y"]
    assert methods("nothing", "cut", root=tmp_path) == {}


def test_method_has_its_words_its_schema_and_its_function(tmp_path, monkeypatch):
    folder(tmp_path, "loads")
    monkeypatch.syspath_prepend(tmp_path)
    method = found(tmp_path)["loads"]
    assert (method.title, method.module) == ("Cut short", "cuts.loads")
    assert method.about["source"] == "a disk"
    assert method.schema == {
        "type": "object", "additionalProperties": False,
        "properties": {"at_least": {"type": "integer", "minimum": 1, "default": 8}},
    }  # fmt: skip
    assert method.load()(b"0123456789", 1) == (b"01234567", 1)
    assert method.load(at_least=2)(b"0123456789", 1) == (b"01", 1)


def test_finding_a_method_imports_nothing(tmp_path):
    folder(tmp_path, code="raise SystemExit('imported')\n" + CODE)
    assert list(found(tmp_path)) == ["short"]


def test_kind_of_methods_may_ask_for_more(tmp_path):
    more = {"unit": {"enum": ["bit", "byte"]}, "far": {"type": "integer", "default": 3}}
    folder(tmp_path, about=ABOUT + "unit: bit\n")
    about = found(tmp_path, about=more)["short"].about
    assert (about["unit"], about["far"]) == ("bit", 3)
    folder(tmp_path, about=ABOUT + "unit: word\n")
    with pytest.raises(UserError, match="unit: 'word' is not one of"):
        found(tmp_path, about=more)
    folder(tmp_path)
    with pytest.raises(UserError, match="'unit' is a required property"):
        found(tmp_path, about=more)


@pytest.mark.parametrize(
    "code",
    [
        "from somewhere import cut\n",
        "from somewhere import other as cut\n",
        "def cut(data, level, **parameters): ...\n",
        "def cut(data, level, *, at_least=1): ...\n",
    ],
)
def test_function_may_be_bound_in_other_ways(tmp_path, code):
    folder(tmp_path, code=code)
    assert found(tmp_path)


WRONG = {
    "a name": ({"name": "Short-1"}, "Short-1: Short-1 is no name of a method"),
    "a missing key": ({"about": "title: x\ntext: y\n"}, "'source' is a required property"),
    "an unknown key": ({"about": ABOUT + "colour: red\n"}, "('colour' was unexpected)"),
    "an empty title": ({"about": ABOUT.replace("Cut short", "''")}, "title: '' should be non-"),
    "an empty file": ({"about": ""}, "None is not of type 'object'"),
    "no YAML": ({"about": "title: [\n"}, "method.yaml is no YAML: "),
    "no schema": (
        {"about": ABOUT.replace("integer", "number of bytes")},
        "parameters.at_least is no JSON schema: 'number of bytes' is not valid",
    ),
    "no default": ({"about": ABOUT.replace(", default: 8", "")}, "'default' is a required"),
    "a wrong default": (
        {"about": ABOUT.replace("default: 8", "default: 0")},
        "parameters.at_least.default: 0 is less than the minimum of 1",
    ),
    "another function": ({"code": CODE.replace("cut", "trim")}, "lacks the function cut"),
    "a method of a class": (
        {"code": "class A:\n    def cut(self, at_least): ...\n"}, "lacks the function cut",
    ),
    "another parameter": (
        {"code": CODE.replace("at_least", "most")},
        "cut does not take the parameter 'at_least' of method.yaml",
    ),
    "no Python": ({"code": CODE + "return(\n"}, "__init__.py, line 3: "),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "sentence"), WRONG.values(), ids=WRONG)
def test_wrong_folder_is_one_sentence_that_names_the_file(tmp_path, wrong, sentence):
    folder(tmp_path, **wrong)
    with pytest.raises(UserError, match=re.escape(sentence)) as error:
        found(tmp_path)
    assert str(tmp_path / "cuts") in str(error.value)
    assert "\n" not in str(error.value)


def test_folder_without_code_is_one_sentence(tmp_path):
    folder(tmp_path)
    (tmp_path / "cuts/short/__init__.py").unlink()
    with pytest.raises(UserError, match="__init__.py is missing; it must have the function cut"):
        found(tmp_path)
