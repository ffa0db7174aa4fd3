"""The configuration: complete, strict, with messages that name what to change."""

import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from snakemake.utils import update_config

from framefault.corruption.registry import corruptions
from framefault.errors import UserError
from framefault.tasks.recognition.methods import detectors, networks
from framefault.workflow import config as config_module
from framefault.workflow.config import canonical, read_yaml, schema, validated

CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"
SHIPPED = yaml.safe_load(CONFIG.read_text(encoding="utf-8")) | yaml.safe_load(
    CONFIG.with_name("sources.yaml").read_text(encoding="utf-8")
)
LEVELS = SHIPPED["evaluate"]
NETWORK = "recognition.network"
RECIPE = "recognition.recipes.scratch"
PICTURES = {"type": "pictures", "folder": "photos"}
FOLDER = {"type": "folder", "path": "videos", "split": {"by": "ratio", "test": 0.3}}


def changed(dotted, value):
    """The shipped configuration with one value replaced or added."""
    config = deepcopy(SHIPPED)
    *parents, key = dotted.split(".")
    section = config
    for parent in parents:
        section = section.setdefault(parent, {})
    section[key] = value
    return config


def refusal(dotted, value):
    with pytest.raises(UserError) as error:
        validated(changed(dotted, value))
    return str(error.value)


def test_shipped_configuration_is_valid():
    names = {"motion", "textures", "scenes", "shorts", "stills", "crowd"}
    assert validated(SHIPPED)["datasets"].keys() == names


def test_configuration_of_the_papers_is_valid():
    config = deepcopy(SHIPPED)
    update_config(config, yaml.safe_load(CONFIG.with_name("paper.yaml").read_text("utf-8")))
    filled = validated(config)
    assert filled["tables"]["datasets"] == ["hmdb51"]
    assert filled["datasets"]["vid"]["path"].endswith("/imagenet-vid-robust")
    assert filled["datasets"]["ytbb"]["path"].endswith("/ytbb-robust")


def test_validation_leaves_its_argument_alone():
    config = deepcopy(SHIPPED)
    validated(config)
    assert config == SHIPPED


def resolved(rule):
    if "$ref" in rule:
        return schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    return rule


def missing_keys(rule, section, place):
    """Dotted names of the schema's keys that a section of the configuration does not show."""
    missing = []
    for key, value in resolved(rule).get("properties", {}).items():
        if key not in section:
            missing.append(f"{place}{key}")
        elif isinstance(section[key], dict):
            missing += missing_keys(value, section[key], f"{place}{key}.")
    return missing


def test_configuration_shows_every_key_of_the_schema():
    missing = missing_keys(read_yaml(CONFIG.with_name("schema.yaml")), SHIPPED, "")
    missing = [key for key in missing if key.split(".")[-1] not in corruptions()]
    for task in ("recognition", "frames"):
        rules = schema()["properties"][task]["properties"]["recipes"]["additionalProperties"]
        for name, recipe in SHIPPED[task]["recipes"].items():
            missing += missing_keys(rules, recipe, f"{task}.recipes.{name}.")
    for name, dataset in SHIPPED["datasets"].items():
        if dataset["type"] in ("motion", "stills"):
            rules = schema()["$defs"][dataset["type"]]
            missing += missing_keys(rules, dataset, f"datasets.{name}.")
    assert missing == []


def test_commented_example_shows_every_key_of_a_folder():
    folder = schema()["$defs"]["folder"]["properties"]
    example = "\n".join(re.findall(r"^  # .*", CONFIG.read_text(encoding="utf-8"), re.MULTILINE))
    shared = schema()["$defs"]["motion"]["properties"].keys()
    assert [key for key in folder.keys() - shared if f"#   {key}:" not in example] == []
    shown = {
        rule: {key for group in re.findall(rf"{{by: {rule}(.*)}}", example)
               for key in re.findall(r"(\w+):", group)}
        for rule in folder["split"]["properties"]["by"]["enum"]
    }  # fmt: skip
    for case in folder["split"]["allOf"]:
        by = case["if"]["properties"]["by"]
        for rule in by.get("enum", [by.get("const")]):
            assert case["then"]["properties"].keys() - {"by"} == shown[rule], rule


@pytest.mark.parametrize(
    ("dotted", "value", "said"),
    [
        ("epoch", 3, ["top level", "'epoch'", "'evaluate'"]),
        (f"{NETWORK}.layers", 3, [f"{NETWORK} has", "'layers'", "'depth'", "'width'"]),
        ("datasets.motion.heigth", 120, ["datasets.motion has", "'heigth'", "'height'"]),
        ("compute.threads.score", 1, ["compute.threads has", "'score'", "'train'"]),
        ("datasets.mine", FOLDER | {"width": 3}, ["datasets.mine has", "'width'", "'exclude'"]),
        (f"{RECIPE}.epochs", "many", [f"{RECIPE}.epochs", "'many'", "integer"]),
        (f"{RECIPE}.epochs", 2.5, [f"{RECIPE}.epochs", "2.5", "integer"]),
        (NETWORK, None, [f"{NETWORK} is None", "object"]),
        ("playable.full_length", "yes", ["playable.full_length", "'yes'", "boolean"]),
        ("encode.crf", 52, ["encode.crf", "52", "at most 51"]),
        ("packet_loss.mtu", 100, ["packet_loss.mtu", "100", "at least 128"]),
        ("evaluate.random", [1e-3, 0], ["evaluate.random.1", "0", "greater than 0"]),
        ("evaluate.random", [1], ["evaluate.random.0", "1", "less than 1"]),
        ("datasets.motion.width", 161, ["datasets.motion.width", "161", "multiple of 2"]),
        ("burst_loss.burst_length", 0.5, ["burst_loss.burst_length", "0.5", "at least 1"]),
        ("burst_loss.burst", 5, ["burst_loss has unknown key 'burst'", "'burst_length'"]),
        ("sector_loss.fill", "ones", ["sector_loss.fill", "'ones'", "zeros, random"]),
        ("evaluate.sector_loss", [1], ["evaluate.sector_loss.0", "1", "less than 1"]),
        ("evaluate.bursts", [0.1], ["evaluate has unknown key 'bursts'", "'burst_loss'"]),
        ("random.flips", 3, ["top level has unknown key 'random'"]),
        (f"{NETWORK}.depth", 20, [f"{NETWORK}.depth", "20", "10, 18, 34, 50"]),
        ("encode.preset", "quick", ["encode.preset", "'quick'", "medium"]),
        ("datasets.motion.type", "film", ["datasets.motion.type", "'film'", "motion, folder"]),
        ("seeds.training", [], ["seeds.training", "[]", "at least 1"]),
        ("seeds.corruption", [0, 0], ["seeds.corruption", "[0, 0]", "without repetitions"]),
        ("seeds.training_of", {"bat": []}, ["seeds.training_of.bat", "[]", "at least 1"]),
        ("seeds.training_of", {"odin": [0]}, ["seeds.training_of", "'odin'", "at_eps<k>"]),
        (f"{RECIPE}.validate_on", 2, [f"{RECIPE}.validate_on", "2", "test"]),
        ("frames.recipes.scratch.flip", 2, ["frames.recipes.scratch.flip", "2", "at most 1"]),
        ("frames.models.vgg_deep.kind", "x", ["frames.models.vgg_deep.kind", "'x'", "finetuned"]),
        ("sources.hmdb51.archives.videos.root", "a/../../b", ["'a/../../b'"]),
        (f"datasets.{'x' * 81}", FOLDER, ["datasets", "of at most 80 characters"]),
        ("tables.roles.vid", 3, ["tables.roles.vid", "3", "string"]),
        ("datasets.photos", {"type": "pictures"}, ["datasets.photos needs one", "'list'"]),
        ("datasets.photos", PICTURES | {"list": "a"}, ["datasets.photos needs one", "'folder'"]),
    ],
)  # fmt: skip
def test_refusal_names_key_value_and_what_is_allowed(dotted, value, said):
    message = refusal(dotted, value)
    assert [part for part in said if part not in message] == []


@pytest.mark.parametrize(
    ("dotted", "value", "meant"),
    [
        ("sedes", [0], "seeds"),
        ("recognition.netwrok", {}, "network"),
        ("datasets.motion.type", "motoin", "motion"),
        ("tables.datasets", ["moton"], "motion"),
        ("tables.tracking", ["crowds"], "crowd"),
        ("tables.roles", {"vid": "scene", "ytbb": None}, "scenes"),
        ("seeds.training_of", {"bat_hi": [0]}, "bat_high"),
        ("figures", {"figur3": ["motion"]}, "figure3"),
        ("datasets.motion.recipe", "finetun", "finetune"),
        ("datasets.motion.weights", "texture", "textures"),
    ],
)
def test_a_mistyped_name_says_what_was_probably_meant(dotted, value, meant):
    assert f"(did you mean '{meant}'?)" in refusal(dotted, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: {c: 1, d: 2}\na: 2\n", "line 3: the key 'a' is there already, in line 1"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "line 4: the key 'b' is there already, in line 2"),
        ("- a: 1\n  a: 1\n", "line 2: the key 'a'"),
        ("a: 1\nb: [1, 2\nc: 3\n", "line 3: "),
        ("a: 1\n\tb: 2\n", "line 2: "),
        ("a: b: c\n", "line 1: "),
    ],
)
def test_wrong_yaml_names_file_and_line(tmp_path, text, said):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UserError) as error:
        read_yaml(tmp_path / "mine.yaml")
    assert f"mine.yaml, {said}" in str(error.value)
    assert "\n" not in str(error.value)


def test_yaml_that_shares_and_merges_parts_is_right(tmp_path):
    text = "a: &a {b: 1, c: 2}\nd: {<<: *a, b: 3}\ne: [{b: 1}, {b: 2}]\n"
    (tmp_path / "mine.yaml").write_text(text)
    assert read_yaml(tmp_path / "mine.yaml")["d"] == {"b": 3, "c": 2}


def test_missing_keys_are_named_once():
    message = refusal("recognition.network", {"name": "r3d"})
    assert message.count("recognition.network lacks the key 'frames', 'size'") == 1


def test_missing_type_is_the_only_complaint():
    message = refusal("datasets.mine", {"path": "videos", "split": FOLDER["split"]})
    assert "datasets.mine lacks the key 'type'" in message
    assert "unknown" not in message


def test_all_problems_are_told_at_once():
    config = changed("recognition.network.depth", 20)
    config["encode"]["crf"] = 99
    with pytest.raises(UserError, match=r"encode\.crf.*; .*|network\.depth.*; .*") as error:
        validated(config)
    assert "recognition.network.depth" in str(error.value)
    assert "encode.crf" in str(error.value)


def test_levels_keep_their_spelling():
    config = validated(changed("evaluate.random", ["1e-4", 0.2]))
    assert config["evaluate"]["random"] == ["1e-4", "0.2"]
    assert validated(SHIPPED)["evaluate"]["packet_loss"] == ["0.2", "0.1", "0.01", "1e-3", "1e-4"]
    assert validated(SHIPPED)["recognition"]["bat"]["levels"]["packet_loss"][-1] == "1e-4"


def test_parameters_and_levels_of_every_corruption_have_their_defaults():
    config = validated(changed("sector_loss.fill", "random"))
    assert config["packet_loss"] == {"mtu": 1472, "keyframe_gate": True}
    assert config["sector_loss"] == {"sector_bytes": 4096, "fill": "random"}
    assert config["burst_loss"]["burst_length"] == 4
    assert config["evaluate"]["burst_loss"] == []
    assert config["recognition"]["bat"]["levels"]["sector_loss"] == []
    assert validated(changed("evaluate.burst_loss", ["1e-2"]))["evaluate"]["burst_loss"] == ["1e-2"]


def test_bat_on_a_corruption_needs_to_know_which_of_its_levels_are_low():
    config = changed("recognition.bat.levels.burst_loss", [0.1])
    with pytest.raises(UserError, match="recognition.bat.low_up_to lacks 'burst_loss'"):
        validated(config)
    config["recognition"]["bat"]["low_up_to"]["burst_loss"] = 0.01
    assert validated(config)["recognition"]["bat"]["levels"]["burst_loss"] == ["0.1"]


@pytest.mark.parametrize("name", ["decode", "seeds", "clean", "others"])
def test_corruption_with_a_name_that_means_something_else_is_refused(monkeypatch, name):
    monkeypatch.setattr(config_module, "corruptions", lambda: {name: corruptions()["random"]})
    schema.cache_clear()
    with pytest.raises(UserError, match=f"A corruption cannot be called '{name}'"):
        schema()
    schema.cache_clear()


@pytest.mark.parametrize("name", ["kept", "average", "none", "at_eps4", "checksum"])
def test_detector_with_a_name_that_means_something_else_is_refused(monkeypatch, name):
    monkeypatch.setattr(config_module, "detectors", lambda: {name: detectors()["odin"]})
    schema.cache_clear()
    with pytest.raises(UserError, match=f"A detector cannot be called '{name}'"):
        schema()
    schema.cache_clear()


def test_network_cannot_have_a_parameter_that_all_have(monkeypatch):
    about = {"parameters": {"frames": {"default": 8}}}
    odd = replace(networks()["r3d"], about=about)
    monkeypatch.setattr(config_module, "networks", lambda: {"odd": odd})
    schema.cache_clear()
    with pytest.raises(UserError, match="The network odd cannot have the parameter 'frames'"):
        schema()
    schema.cache_clear()


def test_numbers_that_yaml_reads_as_text_become_numbers():
    config = validated(SHIPPED)["recognition"]
    assert config["recipes"]["scratch"]["learning_rate"] == 0.01
    assert config["bat"]["low_up_to"]["random"] == 1e-6


@pytest.mark.parametrize(
    ("dotted", "value"),
    [
        ("datasets.mine", FOLDER | {"path": "2024"}),
        ("datasets.mine", FOLDER | {"split": {"by": "pattern", "test": "07"}}),
    ],
)
def test_text_that_looks_like_a_number_stays_text(dotted, value):
    assert validated(changed(dotted, value))["datasets"]["mine"].items() >= value.items()


@pytest.mark.parametrize("place", ["evaluate.random", "recognition.bat.levels.random"])
def test_level_listed_twice_is_refused(place):
    assert f"{place} lists a level twice" in refusal(place, ["1e-4", 0.0001])


@pytest.mark.parametrize("place", ["evaluate.random", "recognition.bat.levels.random"])
@pytest.mark.parametrize("level", [" 0.1", "0.1 ", "1_0e-3", "٠.١"])
def test_level_that_names_no_path_is_refused(place, level):
    message = refusal(place, [level])
    assert f"{place} has the level {level!r}; levels name paths, so spell it" in message


def test_level_spelled_in_two_ways_is_refused():
    message = refusal("recognition.bat.levels.random", [0.0001])
    assert "1e-4 in evaluate.random is spelled 0.0001 in recognition.bat.levels" in message


@pytest.mark.parametrize(
    ("dotted", "value", "said"),
    [
        (
            "datasets.motion.recipe",
            "fine",
            "recipe is 'fine', but recognition.recipes has 'scratch'",
        ),
        ("datasets.textures.weights", "motion", "datasets.textures.weights leads back to"),
        ("datasets.motion.weights", "motion", "datasets.motion.weights leads back to 'motion'"),
        ("datasets.textures.weights", "kinetics", "datasets.textures.weights is 'kinetics'"),
        ("tables.datasets", ["hmdb51"], "tables.datasets names 'hmdb51', but datasets has"),
        (
            "tables.datasets",
            ["scenes"],
            "tables.datasets names 'scenes', but datasets has 'motion'",
        ),
        (
            "tables.roles.vid",
            "motion",
            "tables.roles.vid is 'motion', but datasets has 'scenes', 's",
        ),
        ("tables.roles.ytbb", "stills", "tables.roles.ytbb is 'stills', but datasets has 'scenes'"),
        (
            "figures.figure9",
            ["motion"],
            "figures names 'figure9', but data sets can be chosen for 'figure1', 'figure2', 'figu",
        ),
        (
            "figures.paper_b_figure3",
            ["motion"],
            "figures names 'paper_b_figure3', but data sets can be chosen for 'figure1'",
        ),
        (
            "figures.figure3",
            ["scenes"],
            "figures.figure3 names 'scenes', but datasets has 'motion', 'textures'",
        ),
        (f"{RECIPE}.schedule", "plateau", f"{RECIPE}.schedule is plateau"),
        (
            "frames.registry",
            "nowhere.csv",
            "frames.registry names nowhere.csv, which does not exist",
        ),
        ("frames.models.vgg_deep.start", "vgg", "frames.models.vgg_deep.start is 'vgg', which is"),
        (
            "datasets.mine",
            FOLDER | {"split": {"by": "pattern", "test": "person(07"}},
            "datasets.mine.split.test is no regular expression",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(dotted, value, said):
    assert said in refusal(dotted, value)


@pytest.mark.parametrize("file", ["r3d18.pth", "r3d18.pt", "folder/r3d18.safetensors"])
def test_weights_may_be_a_file(file):
    config = validated(changed("datasets.textures.weights", file))
    assert config["datasets"]["textures"]["weights"] == file


def test_plateau_with_validation_is_accepted():
    config = changed(f"{RECIPE}.schedule", "plateau")
    config["recognition"]["recipes"]["scratch"]["validate_on"] = 0.1
    recipes = validated(config)["recognition"]["recipes"]
    assert recipes["scratch"]["validate_on"] == 0.1


@pytest.mark.parametrize("variant", ["bat_low", "bat_high"])
def test_variant_of_bat_without_any_level_is_refused(variant):
    bound = {"bat_low": 1e-9, "bat_high": 0.99}[variant]
    config = changed("recognition.bat.low_up_to", dict.fromkeys(LEVELS, bound))
    said = f"recognition.bat.levels leaves no level for {variant}; see recognition.bat.low_up_to"
    with pytest.raises(UserError, match=re.escape(said)):
        validated(config)


def test_role_may_be_left_open():
    assert validated(changed("tables.roles.ytbb", None))["tables"]["roles"]["ytbb"] is None


@pytest.mark.parametrize(
    "split",
    [
        {"by": "ratio", "test": 1},
        {"by": "ratio"},
        {"by": "ratio", "test": 0.3, "number": 1},
        {"by": "list", "train": "train.txt"},
        {"by": "hmdb51", "path": "splits", "number": 4},
        {"by": "ucf101", "path": "splits"},
        {"by": "chance", "test": 0.3},
    ],
)
def test_wrong_split_is_refused(split):
    assert "datasets.mine.split" in refusal("datasets.mine", FOLDER | {"split": split})


def test_folder_gets_its_defaults():
    filled = validated(changed("datasets.mine", FOLDER))["datasets"]["mine"]
    assert filled == FOLDER | {
        "source": None,
        "weights_sha256": None,
        "exclude": [],
        "container": "mp4",
        "shards": {"train": 1, "test": 1},
        "weights": None,
        "recipe": "scratch",
        "models": [],
        "expected": None,
        "same_source": None,
    }


def test_weights_are_finetuned_unless_another_recipe_is_named():
    for more, recipe in (({}, "finetune"), ({"recipe": "scratch"}, "scratch")):
        filled = validated(changed("datasets.mine", FOLDER | {"weights": "a.pth"} | more))
        assert filled["datasets"]["mine"]["recipe"] == recipe


@pytest.mark.parametrize(
    ("pattern", "said"), [("(g1", "no regular expression"), ("g1", "has no (group)")]
)
def test_a_pattern_that_is_none_is_refused(pattern, said):
    message = refusal("datasets.mine", FOLDER | {"same_source": pattern})
    assert "datasets.mine.same_source" in message and said in message


OFFICIAL = {"type": "folder", "source": "hmdb51", "split": {"by": "hmdb51", "number": 1}}


def test_source_stands_for_the_folders_that_are_not_named():
    filled = validated(changed("datasets.mine", OFFICIAL))["datasets"]["mine"]
    assert filled["path"] == "results/sources/hmdb51/videos"
    assert filled["split"]["path"] == "results/sources/hmdb51/splits"
    named = OFFICIAL | {"path": "mine", "split": OFFICIAL["split"] | {"path": "lists"}}
    assert validated(changed("datasets.mine", named))["datasets"]["mine"].items() >= named.items()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "hmdb"}, "source is 'hmdb', but sources has 'hmdb51', 'ucf101'"),
        ({"source": None}, "datasets.mine lacks the key 'path' or 'source'"),
        ({"source": None, "path": "mine"}, "datasets.mine.split lacks the key 'path'"),
        ({"weights_sha256": "0" * 64}, "weights_sha256 needs `weights` to name a file"),
        ({"weights_sha256": "0" * 64, "weights": "motion"}, "needs `weights` to name a file"),
        ({"weights_sha256": "abc", "weights": "a.pth"}, "weights_sha256 is 'abc', but must be"),
    ],
)
def test_source_or_digest_that_cannot_be_is_refused(changes, message):
    assert message in refusal("datasets.mine", OFFICIAL | changes)


RELEASE = {"type": "vid", "models": ["resnet50"]}


def test_source_stands_for_the_folder_of_a_release():
    release = RELEASE | {"source": "imagenet_vid_ytbb_robust"}
    filled = validated(changed("datasets.vid", release))["datasets"]["vid"]
    unpacked = "results/sources/imagenet_vid_ytbb_robust/all"
    assert filled["path"] == f"{unpacked}/imagenet-vid-robust"
    named = validated(changed("datasets.vid", release | {"path": "mine"}))
    assert named["datasets"]["vid"]["path"] == "mine"


def test_release_gets_its_defaults():
    given = RELEASE | {"path": "mine"}
    assert validated(changed("datasets.vid", given))["datasets"]["vid"] == given | {
        "source": None,
        "videos": None,
        "annotations": None,
        "build": None,
        "answers": None,
        "detectors": [],
        "detections": {},
        "expect": {},
        "narrow": [],
        "predictions": {},
        "representatives": {},
    }


def test_pictures_get_their_defaults():
    filled = validated(changed("datasets.photos", PICTURES))["datasets"]["photos"]
    assert filled == PICTURES | {"expected": None}
    listed = {"type": "pictures", "list": "a.csv", "expected": 7}
    assert validated(changed("datasets.photos", listed))["datasets"]["photos"] == listed


def test_model_gets_its_defaults():
    model = validated(SHIPPED)["frames"]["models"]["vgg_deep"]
    assert model == SHIPPED["frames"]["models"]["vgg_deep"] | {
        "targets": None,
        "start": None,
        "changes": {},
        "noise": None,
        "linf": None,
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "hmdb51"}, "source is 'hmdb51', but sources has 'imagenet_vid_ytbb_robust'"),
        ({}, "datasets.vid lacks the key 'path' or 'source'"),
    ],
)
def test_release_that_comes_from_nowhere_is_refused(changes, message):
    assert message in refusal("datasets.vid", RELEASE | changes)


def test_defaults_are_not_shared_between_data_sets():
    config = changed("datasets.one", FOLDER)
    config["datasets"]["two"] = FOLDER
    filled = validated(config)["datasets"]
    filled["one"]["shards"]["train"] = 7
    assert filled["two"]["shards"]["train"] == 1
    assert validated(config)["datasets"]["one"]["shards"]["train"] == 1


@pytest.mark.parametrize("spelling", ["1e-3", "0.001", 0.001, "1.0e-03"])
def test_numbers_may_arrive_as_text(spelling):
    for task in ("recognition", "frames"):
        config = validated(changed(f"{task}.recipes.finetune.learning_rate", spelling))
        assert config[task]["recipes"]["finetune"]["learning_rate"] == 0.001


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity"])
def test_text_that_spells_no_finite_number_is_refused(text):
    with pytest.raises(UserError, match=r"recognition\.bat\.probability"):
        validated(changed("recognition.bat.probability", text))


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("recognition.network.depth", "18", 18),
        ("packet_loss.keyframe_gate", "false", False),
        ("playable.max_errors", "null", None),
        ("recognition.recipes.finetune.validate_on", "0.1", 0.1),
        ("seeds.training", ["0", "1"], [0, 1]),
    ],
)
def test_text_from_the_command_line_is_read_by_what_the_key_takes(key, text, value):
    config = validated(changed(key, text))
    for part in key.split("."):
        config = config[part]
    assert config == value


NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
KEYS = st.text("abcd", max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text("abcd_", max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def rewritten(value):
    """The same settings in another writing: keys reversed, tuples, numbers spelled differently."""
    if isinstance(value, dict):
        return {key: rewritten(item) for key, item in reversed(value.items())}
    if isinstance(value, list):
        return tuple(map(rewritten, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


@given(VALUES)
def test_canonical_text_ignores_the_writing(value):
    assert canonical(rewritten(value)) == canonical(value)


@given(NUMBERS, NUMBERS)
def test_canonical_text_tells_numbers_apart(one, other):
    assert (canonical({"key": one}) == canonical({"key": other})) == (one == other)


def test_canonical_text_of_levels():
    assert canonical(1e-3) == canonical(0.001)
    assert canonical([25, (1,)]) == canonical((25.0, [1.0]))
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


def test_order_of_keys_counts_where_it_is_asked_for():
    one, other = {"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}
    assert canonical(one, in_order=True) != canonical(other, in_order=True)
    assert canonical(one, in_order=True) == canonical({"a": 1, "b": (2,)}, in_order=True)


def test_canonical_text_tells_values_apart():
    values = [
        None, True, False, 0, 1, -1, 0.5, 1e-3, 1e-4, "", "a", "b", "true", "1.2.3", "None",
        [], [0], [1], [0, 1], [1, 0], [[0], 1], {}, {"a": 0}, {"a": 1}, {"b": 0}, {"a": {"b": 0}},
    ]  # fmt: skip
    assert len({canonical(value) for value in values}) == len(values)


def test_registries_of_the_project_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = validated(SHIPPED)
    for room in ("frames", "recognition"):
        assert Path(config[room]["registry"]).is_absolute()
        assert Path(config[room]["registry"]).is_file()
