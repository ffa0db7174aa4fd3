"""How far a run is: what is told of it, and the time that is left."""

import pytest

from framefault.workflow.progress import Tally, in_words, sentence


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def tally_of(clock, jobs):
    tally = Tally(clock)
    tally.total, tally.jobs = len(jobs), jobs
    return tally


def test_nothing_is_known_before_a_job_has_ended(clock):
    tally = tally_of(clock, {0: ("decode", 1.0), 1: ("decode", 1.0)})
    assert tally.rest() is None
    tally.begin(0, "decode")
    clock.now = 5.0
    assert tally.rest() is None
    tally.finish(0)
    assert tally.rest() == (0.5, 5.0)


def test_time_left_goes_by_cost_and_not_by_the_number_of_jobs(clock):
    tally = tally_of(clock, {0: ("encode", 1.0), 1: ("train", 99.0)})
    tally.begin(0, "encode")
    clock.now = 2.0
    tally.finish(0)
    assert tally.rest() == (pytest.approx(0.01), pytest.approx(198.0))


def test_estimates_of_a_stage_are_corrected_by_its_own_jobs(clock):
    jobs = {0: ("train", 100.0), 1: ("train", 200.0), 2: ("score", 1.0), 3: ("score", 1.0)}
    tally = tally_of(clock, jobs)
    for job, seconds in ((0, 50.0), (2, 4.0)):
        tally.begin(job, jobs[job][0])
        clock.now += seconds
        tally.finish(job)
    share, left = tally.rest()
    assert left == pytest.approx(200 * 0.5 + 4)
    assert share == pytest.approx(54 / (54 + 104))


def test_jobs_side_by_side_halve_the_time_and_what_runs_counts(clock):
    tally = tally_of(clock, dict.fromkeys(range(6), ("decode", 10.0)))
    for number in (0, 1):
        tally.begin(number, "decode")
    clock.now = 10.0
    for number in (0, 1):
        tally.finish(number)
        tally.begin(number + 2, "decode")
    assert tally.rest() == (pytest.approx(1 / 3), pytest.approx(20.0))
    clock.now = 15.0
    assert tally.rest()[1] == pytest.approx(15.0)


def test_a_job_that_is_tried_again_has_not_failed(clock):
    tally = tally_of(clock, {0: ("decode", 1.0)})
    tally.begin(0, "decode")
    tally.fail(0, "why")
    assert tally.failed == {0: "why"} and not tally.begun
    tally.begin(0, "decode")
    tally.finish(0)
    assert not tally.failed and list(tally.done) == [0]


def test_a_job_has_not_begun_before_its_log(clock, tmp_path):
    log = tmp_path / "log"
    log.write_text("of the last attempt")
    tally = tally_of(clock, {})
    tally.begin(0, "decode", [str(log)])
    assert not tally.begun[0].at_work
    log.unlink()
    log.write_text("of this one")
    assert tally.begun[0].at_work


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", None),
        ("2026-01-01 10:00:00,123 reading\n", None),
        ("2026-01-01 10:00:00,123 usage: 1.00 s, 1.00 CPU s, 9 MB\n", None),
        ("2026-01-01 10:00:00,123 a\n2026-01-01 10:00:00,123 framefault: No. Do.\n",
         "framefault: No. Do."),
        ("2026-01-01 10:00:00,123 unexpected error\nTraceback\n  File\nKeyError: 'x'\n",
         "unexpected error: KeyError: 'x'"),
    ],
)  # fmt: skip
def test_sentence_of_a_log(tmp_path, text, told):
    (tmp_path / "log").write_text(text)
    assert sentence([str(tmp_path / "log")]) == told
    assert sentence([str(tmp_path / "none")]) is None and sentence([]) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (99, "99 s"), (150, "2 min"), (12_000, "3 h 20 min"), (400_000, "5 days")],
)
def test_durations(seconds, words):
    assert in_words(seconds) == words
