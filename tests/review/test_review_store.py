"""The file of answers: nothing is overwritten, and its counters and queues follow the answers."""

import sqlite3
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framefault.errors import UserError
from framefault.tasks.frames.review_page.questions import Item
from framefault.tasks.frames.review_page.store import AHEAD, AnsweredElsewhere, Store
from review_tools import answer_before

SIMILAR = {
    "labels": "right", "similar": "yes", "reasons": "", "one_only": "", "added": "", "note": "",
}  # fmt: skip
DIFFERENT = SIMILAR | {"similar": "no", "reasons": "motion"}
TOTAL = 6
tokens = (f"token-{number:012}" for number in count())


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "answers.sqlite", "digest", labels=False)


def say(store, annotator, item, fields=SIMILAR, **more):
    seen = store.last_of(annotator, item)
    store.answer(more.get("token", next(tokens)), [annotator], 1, item, seen, fields)


def say_jointly(store, annotators, item, fields=SIMILAR):
    store.answer(next(tokens), annotators, 2, item, store.last_of(None, item), fields)


def rows(store):
    return store.ask("select count(*) from answers")[0][0]


def test_the_next_items_are_those_without_an_answer(store):
    assert store.next_items("Ann", TOTAL) == [0, 1, 2, 3]
    say(store, "Ann", 0)
    say(store, "Ann", 2)
    assert store.next_items("Ann", TOTAL) == [1, 3, 4, 5]
    assert store.next_items("Ben", TOTAL) == [0, 1, 2, 3]
    assert store.progress() == {"Ann": 2}


def test_an_answer_is_on_disk_before_the_call_returns(store):
    modes = [store.ask(f"pragma {name}")[0][0] for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]  # 2 is FULL: the journal is flushed with every change


def test_what_is_sent_twice_is_stored_once(store):
    say(store, "Ann", 0, token="one-token-of-mine")
    say(store, "Ann", 0, token="one-token-of-mine")
    assert (rows(store), store.progress()) == (1, {"Ann": 1})


def test_undo_sent_twice_takes_back_one_answer(store):
    say(store, "Ann", 0)
    say(store, "Ann", 1, DIFFERENT)
    assert store.undo("a-token-of-undo", "Ann") == (1, DIFFERENT)
    assert store.undo("a-token-of-undo", "Ann") == (1, DIFFERENT)
    assert store.progress() == {"Ann": 1}
    assert store.undo(next(tokens), "Ann") == (0, SIMILAR)
    assert store.undo(next(tokens), "Ann") is None


def test_undo_and_changes_only_append(store):
    say(store, "Ann", 0)
    first = store.ask("select * from answers where id = 1")[0]
    store.undo(next(tokens), "Ann")
    say(store, "Ann", 0, DIFFERENT)
    assert rows(store) == 3
    assert tuple(store.ask("select * from answers where id = 1")[0]) == tuple(first)


def test_a_question_that_was_answered_in_another_window_is_not_answered_over_it(store):
    say(store, "Ann", 0, DIFFERENT)
    with pytest.raises(AnsweredElsewhere):
        store.answer(next(tokens), ["Ann"], 1, 0, 0, SIMILAR)
    assert store.said(0, 1) == {"Ann": DIFFERENT}


def test_undo_of_one_annotator_leaves_the_others(store):
    say(store, "Ann", 0)
    say(store, "Ben", 0)
    assert store.undo(next(tokens), "Ann")[0] == 0
    assert store.progress() == {"Ann": 0, "Ben": 1}
    assert list(store.said(0, 1)) == ["Ben"]


@pytest.mark.parametrize(
    "doubt",
    [
        DIFFERENT,
        SIMILAR | {"labels": "wrong"},
        SIMILAR | {"labels": "unsure"},
        SIMILAR | {"similar": "unsure"},
    ],
)
def test_the_joint_pass_has_each_pair_that_anyone_doubts(store, doubt):
    for item, fields in enumerate((SIMILAR, doubt)):
        say(store, "Ann", item)
        say(store, "Ben", item, fields)
    assert store.next_items(None, TOTAL) == [1]
    assert store.joint_progress() == (0, 1)


def test_an_anchor_alone_has_no_joint_pass(store):
    say(store, "Ann", 0, SIMILAR | {"labels": "wrong", "similar": ""})
    assert store.next_items(None, TOTAL) == []


def test_a_joint_answer_is_for_those_named_until_all_have_one(store):
    say(store, "Ann", 0)
    say(store, "Ben", 0, DIFFERENT)
    say_jointly(store, ["Ann"], 0)
    assert store.next_items(None, TOTAL) == [0]
    say_jointly(store, ["Ben"], 0, DIFFERENT)
    assert store.next_items(None, TOTAL) == []
    assert store.joint_progress() == (1, 1)
    assert store.said(0, 2) == {"Ann": SIMILAR, "Ben": DIFFERENT}
    assert store.said(0, 1) == {"Ann": SIMILAR, "Ben": DIFFERENT}


def test_undo_of_a_joint_answer_takes_it_back_for_all(store):
    for annotator in ("Ann", "Ben"):
        say(store, annotator, 0, DIFFERENT)
    say_jointly(store, ["Ann", "Ben"], 0)
    assert store.undo(next(tokens), None) == (0, SIMILAR)
    assert (store.said(0, 2), store.next_items(None, TOTAL)) == ({}, [0])
    assert store.undo(next(tokens), None) is None


def test_a_pair_comes_back_to_the_joint_pass_when_someone_answers_it_late(store):
    say(store, "Ann", 0, DIFFERENT)
    say_jointly(store, ["Ann"], 0)
    assert store.next_items(None, TOTAL) == []
    say(store, "Ben", 0)
    assert store.next_items(None, TOTAL) == [0]


def test_the_table_has_the_answers_that_count_in_a_fixed_order(store):
    items = [Item("a", "b", [0]), Item("a", "", [0])]
    say(store, "Ben", 1, SIMILAR | {"similar": "", "added": "1;2"})
    say(store, "Ben", 0, DIFFERENT)
    say(store, "Ann", 0)
    say(store, "Ann", 0, DIFFERENT)
    say_jointly(store, ["Ben", "Ann"], 0)
    table = store.table(items)
    columns = ["annotator", "round", "item", "neighbour", "similar", "added"]
    assert table[columns].to_numpy().tolist() == [
        ["Ann", 1, "pair", "b", "no", ""],
        ["Ben", 1, "pair", "b", "no", ""],
        ["Ben", 1, "anchor", "", "", "1;2"],
        ["Ann", 2, "pair", "b", "yes", ""],
        ["Ben", 2, "pair", "b", "yes", ""],
    ]


actions = st.lists(
    st.tuples(
        st.sampled_from(["Ann", "Ben", None]),
        st.sampled_from(["answer", "undo"]),
        st.integers(0, TOTAL - 1),
        st.sampled_from([SIMILAR, DIFFERENT]),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(actions)
def test_counters_and_queues_are_those_of_the_answers_whatever_happened(tmp_path_factory, actions):
    store = Store(tmp_path_factory.mktemp("store") / "a.sqlite", "digest", labels=False)
    said = {1: {}, 2: {}}  # round -> {(annotator, item): fields}, kept by the rules in plain words
    history = {"Ann": [], "Ben": [], None: []}
    for annotator, action, item, fields in actions:
        round_ = 2 if annotator is None else 1
        if action == "undo":
            undone = store.undo(next(tokens), annotator)
            last = history[annotator].pop() if history[annotator] else None
            assert undone == (last and last[:2])
            for key in last[2] if last else ():
                del said[round_][key]
            continue
        voters = [each for each in ("Ann", "Ben") if (each, item) in said[1]]
        names = [annotator] if annotator else voters
        if not names or any((name, item) in said[round_] for name in names):
            continue
        store.answer(next(tokens), names, round_, item, store.last_of(annotator, item), fields)
        keys = [(name, item) for name in names]
        said[round_] |= dict.fromkeys(keys, fields)
        history[annotator].append((item, fields, keys))
    for name in ("Ann", "Ben"):
        todo = [item for item in range(TOTAL) if (name, item) not in said[1]]
        assert store.next_items(name, TOTAL) == todo[:AHEAD]
        assert store.progress().get(name, 0) == TOTAL - len(todo)
    doubted = {item for (_, item), fields in said[1].items() if fields is DIFFERENT}
    todo = sorted({item for (name, item) in said[1].keys() - said[2].keys()} & doubted)
    assert store.next_items(None, TOTAL) == todo[:AHEAD]
    assert store.joint_progress() == (len(doubted) - len(todo), len(doubted))
    assert store.ask("pragma integrity_check")[0][0] == "ok"


def steps(store, call, *arguments):
    """How many instructions of SQLite's machine a call takes."""
    taken = count()
    store.db.set_progress_handler(lambda: next(taken) and 0, 1)
    call(*arguments)
    store.db.set_progress_handler(None, 1)
    return next(taken)


def all_steps(folder, pairs):
    """Instructions of each call, where four annotators have answered so many pairs."""
    store = answer_before(folder / f"{pairs}.sqlite", "digest", pairs)
    return {
        "answer": steps(store, say, store, "Ann", 0, DIFFERENT),
        "next": steps(store, store.next_items, "Ann", pairs),
        "said": steps(store, store.said, 0, 1),
        "answer jointly": steps(store, say_jointly, store, ["Annotator 0", "Annotator 1"], 5),
        "next jointly": steps(store, store.next_items, None, pairs),
        "undo": steps(store, store.undo, next(tokens), "Ann"),
        "undo jointly": steps(store, store.undo, next(tokens), None),
    }


def test_nothing_takes_longer_because_there_are_many_answers(tmp_path):
    few, many = (all_steps(tmp_path, pairs) for pairs in (20, 2000))
    assert few == pytest.approx(many, rel=0.1)


# Bad input ---------------------------------------------------------------------------------------


def test_answers_to_other_candidates_are_refused(tmp_path):
    Store(tmp_path / "a.sqlite", "one set", labels=False).close()
    with pytest.raises(UserError, match="has the answers to other candidates"):
        Store(tmp_path / "a.sqlite", "another set", labels=False)


@pytest.mark.parametrize(("first", "then"), [(True, False), (False, True)])
def test_a_review_goes_on_as_it_was_begun(tmp_path, first, then):
    Store(tmp_path / "a.sqlite", "digest", first).close()
    with pytest.raises(UserError, match="for missing labels of anchors; go on with it as"):
        Store(tmp_path / "a.sqlite", "digest", then)
    assert Store(tmp_path / "a.sqlite", "digest").labels is first


def text(path):
    path.write_text("not a database, but longer than the header of one would be " * 20)


def other_database(path):
    with sqlite3.connect(path) as db:
        db.execute("create table things (name text)")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (text, "cannot be used as the file of answers: file is not a database"),
        (other_database, "cannot be used as the file of answers: no such table: meta"),
        (lambda path: path.mkdir(), "cannot be used as the file of answers: unable to open"),
    ],
)
def test_another_file_is_refused_and_left_alone(tmp_path, make, sentence):
    path = tmp_path / "a.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UserError, match=sentence):
        Store(path, "digest", labels=False)
    assert path.is_dir() or path.read_bytes() == before


def test_only_a_review_that_was_begun_can_be_exported(tmp_path):
    with pytest.raises(UserError, match="start the review first"):
        Store(tmp_path / "a.sqlite", "digest")
    assert not (tmp_path / "a.sqlite").exists()
