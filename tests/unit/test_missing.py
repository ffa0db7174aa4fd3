"""What jobs read from outside and is not there."""

import pytest

from framefault.workflow.missing import absent

FILES = {"wildcards": {"dataset": "mine", "corruption": "random", "level": "0.1", "seed": "0"}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/one.txt").write_text("1")
    monkeypatch.chdir(tmp_path)


def said(stage, settings, files=FILES):
    return [sentence for _, sentence in absent(stage, settings, files)]


def videos(folder, **split):
    return {"folder": folder, "rules": {"split": split}}


@pytest.mark.parametrize(
    ("stage", "settings", "missing"),
    [
        ("manifest_recognition", videos("there", by="ratio", test=0.5), []),
        ("manifest_recognition", videos("no", by="ratio", test=0.5), ["no"]),
        ("manifest_recognition", videos("there", by="pattern", test="no"), []),
        ("manifest_recognition", videos("no", by="list", test="a", train="b"), ["no", "a", "b"]),
        ("manifest_recognition", videos("results/raw/x", by="hmdb51", path="no"), ["no"]),
        ("manifest_frames", {"metadata": "there", "pmk_labels": "no.json"}, ["no.json"]),
        ("manifest_frames", {"metadata": "results/reviewed/x/metadata", "pmk_labels": None}, []),
        ("manifest_candidates", {"folder": "there", "source": {"tables": ["a", "b"]}}, ["a", "b"]),
        ("train_frames_plain", {"source": {"list": "no.csv"}}, ["no.csv"]),
        ("train_detection_plain", {"source": None}, []),
        ("import_weights", {"weights": "there/one.txt"}, []),
        ("import_weights", {"weights": "no.pth"}, ["no.pth"]),
        ("import_answers", {"answers": "no.csv"}, ["no.csv"]),
        ("audit", {"folder": "no"}, ["no"]),
        ("predict_tracking", {"detector": {"file": None}}, []),
        ("predict_tracking", {"detector": {"file": "no.onnx"}}, ["no.onnx"]),
        ("predict_tracking", {"detector": {"file": "there/{sequence}.txt"}}, []),
        ("predict_tracking", {"detector": {"file": "no/{level}/{sequence}"}}, ["no/0.1/*"]),
    ],
)
def test_what_is_not_there_is_named_with_its_data_set(stage, settings, missing):
    found = said(stage, settings)
    assert [sentence.split(", ")[0] for sentence in found] == [f"There is no {x}" for x in missing]
    assert all("of data set mine; put it there" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("stage", "circumstances", "published", "missing"),
    [
        ("check_model", {"file": "no.onnx", "classes": "no.txt"}, [], ["no.onnx", "no.txt"]),
        ("predict_model", {"file": "no.pth", "classes": None}, [], ["no.pth"]),
        ("predict_model", {"file": "there/one.txt", "classes": None}, [], []),
        ("predict_model", {"file": "KINETICS400_V1", "classes": None}, "results/weights/x", []),
        ("import_scores", {"file": "no.csv"}, [], ["no.csv"]),
    ],
)
def test_files_of_models_of_ones_own(stage, circumstances, published, missing):
    files = {
        "wildcards": FILES["wildcards"] | {"model": "theirs"},
        "input": {"published": published},
    }
    found = said(stage, {"model": {}}, files | {"circumstances": circumstances})
    assert [sentence.split(", ")[0] for sentence in found] == [f"There is no {x}" for x in missing]
    assert all("of the model theirs; put it there" in sentence for sentence in found)


def test_answers_that_nobody_gave():
    (sentence,) = said("import_answers", {"answers": None})
    assert "`make review DATASET=mine" in sentence


@pytest.mark.parametrize(
    ("name", "allow", "count"), [("one.txt", 0, 0), ("no", 0, 1), ("no", 1, 0)]
)
def test_archives_that_may_not_be_downloaded(name, allow, count):
    where = {"urls": ["u"], "homepage": "https://home", "folder": "there", "allow": bool(allow)}
    found = said("fetch", {"file": name}, {"circumstances": where})
    words = f"There is no there/{name}; get that file from https://home and put it there"
    assert [sentence.startswith(words) for sentence in found] == [True] * count


def test_published_weights_need_their_package_even_where_downloads_are_allowed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pretrainedmodels", None)
    row = {"model": "nasnet", "source": "pretrainedmodels", "weights": "nasnet/imagenet"}
    where = {"circumstances": {"folder": "there", "allow": True}}
    monkeypatch.setattr("framefault.workflow.missing.find_spec", lambda name: None)
    (sentence,) = said("fetch_weights", {"registered": row}, where)
    assert "pip install -r envs/models.txt" in sentence
