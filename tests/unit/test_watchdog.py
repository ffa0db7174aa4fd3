"""Worker processes that hang, die, run out of memory or are no longer wanted."""

import faulthandler
import os
import signal
import time
from itertools import count
from pathlib import Path

import numpy as np
import psutil
import pytest

from framefault.errors import UserError
from framefault.video import watchdog
from framefault.video.decode import decode_clip
from framefault.video.probe import probe
from framefault.video.watchdog import ITEMS_PER_WORKER, guarded_map

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = set(psutil.Process().children(recursive=True))
    yield
    deadline = time.monotonic() + 2
    while left := set(psutil.Process().children(recursive=True)) - before:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def limited(items, cpu_s=20, memory_mb=512):
    return ((item, cpu_s, memory_mb) for item in items)


def run(function, items, workers=2, **limits):
    return list(guarded_map(function, limited(items, **limits), workers))


def misbehave(order):
    """A function that does as told: (what, value)."""
    what, value = order
    if what == "sleep":
        time.sleep(value)
    elif what == "work":
        stop = time.process_time() + value
        while time.process_time() < stop:
            pass
    elif what == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            pass
    elif what == "die":
        faulthandler.disable()
        os.kill(os.getpid(), value)
    elif what == "exit":
        os._exit(value)
    elif what == "allocate":
        return int(np.ones(value * 2**20, np.uint8).sum() > 0)
    elif what == "make":
        return lambda: None
    elif what == "raise":
        raise value
    return value


def test_results_come_in_order():
    delays = [0.2, 0.0, 0.1, 0.0, 0.05] * 3
    assert run(misbehave, [("sleep", delay) for delay in delays]) == [("ok", d) for d in delays]
    assert run(misbehave, []) == []


def test_endless_call_is_ended_and_the_others_survive():
    start = time.monotonic()
    orders = [("sleep", 0), ("hang", 0), ("sleep", 0.1), ("sleep", 0)]
    outcomes = run(misbehave, orders, cpu_s=0.5)
    assert outcomes == [("ok", 0), ("timed_out", None), ("ok", 0.1), ("ok", 0)]
    assert time.monotonic() - start < 8


def test_time_that_a_call_does_not_work_is_not_counted():
    """So a busy machine decides nothing."""
    assert run(misbehave, [("sleep", 1), ("sleep", 0.8)], cpu_s=0.5) == [("ok", 1), ("ok", 0.8)]


def test_time_of_earlier_calls_is_not_counted():
    assert run(misbehave, [("work", 0.3)] * 4, workers=1, cpu_s=0.5) == [("ok", 0.3)] * 4


def test_each_call_has_limits_of_its_own():
    items = [(("work", 0.3), limit, 512) for limit in (0.1, 2, 0.1)]
    statuses = [status for status, _ in guarded_map(misbehave, items, 1)]
    assert statuses == ["timed_out", "ok", "timed_out"]


def test_worker_that_sleeps_for_ever_is_an_error(monkeypatch):
    monkeypatch.setattr(watchdog, "PATIENCE", 0.3)
    monkeypatch.setattr(watchdog, "PATIENCE_PER_CPU_SECOND", 0.1)
    with pytest.raises(UserError, match="slept for too long"):
        run(misbehave, [("sleep", 0), ("sleep", 60)], cpu_s=1)


def test_dead_workers_are_replaced():
    orders = [("sleep", 0.01), ("die", signal.SIGSEGV), ("sleep", 0), ("die", signal.SIGABRT)]
    orders += [("exit", 3), ("sleep", 0)]
    expected = ["ok", "crashed", "ok", "crashed", "crashed", "ok"]
    assert [status for status, _ in run(misbehave, orders)] == expected


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_worker_that_somebody_killed_says_nothing_about_its_item(number):
    with pytest.raises(UserError, match="killed from outside"):
        run(misbehave, [("sleep", 0), ("die", number)])


def test_memory_is_limited_per_call():
    # More than the process may hold already, of memory that other tests have given back to it.
    orders = [("allocate", 60), ("allocate", 6000), ("allocate", 60)] * 2
    expected = [("ok", 1), ("out_of_memory", None), ("ok", 1)] * 2
    assert run(misbehave, orders, workers=1, memory_mb=200) == expected


@pytest.mark.parametrize("error", [KeyError("broken"), TimeoutError("own"), OSError(5, "own")])
def test_other_exceptions_reach_the_caller(error):
    with pytest.raises(type(error), match="broken|own"):
        run(misbehave, [("sleep", 0), ("raise", error), ("sleep", 5)])


def test_what_cannot_be_sent_is_named():
    with pytest.raises(TypeError, match="result cannot be sent"):
        run(misbehave, [("sleep", 0), ("make", 0)])
    with pytest.raises((TypeError, AttributeError), match="pickle|local object"):
        run(misbehave, [("sleep", 0), ("pass", lambda: None)])


def test_slow_first_item_holds_back_only_a_window():
    taken = []
    items = (taken.append(i) or ("sleep", 0.5 if i == 0 else 0) for i in count())
    results = guarded_map(misbehave, limited(items), 2)
    assert next(results) == ("ok", 0.5)
    assert len(taken) == 2 * ITEMS_PER_WORKER
    results.close()


def test_large_items_and_results():
    rows = [np.full((95, 128, 171, 3), index, np.uint8) for index in range(12)]
    for index, (status, result) in enumerate(guarded_map(np.copy, limited(rows), 2)):
        assert status == "ok" and result.shape == rows[0].shape and (result == index).all()


def test_endless_items_are_taken_as_needed_and_the_generator_may_be_abandoned():
    taken, before = [], psutil.Process().children()
    items = (taken.append(i) or ("sleep", i) for i in count())
    results = guarded_map(misbehave, limited(items), 2)
    assert next(results) == ("ok", 0)
    assert len(taken) <= 2 * ITEMS_PER_WORKER
    assert len(psutil.Process().children()) > len(before)
    results.close()
    assert psutil.Process().children() == before


def test_interrupt_stops_a_call_that_is_running():
    results = guarded_map(misbehave, limited([("sleep", 0), ("sleep", 60), ("sleep", 60)]), 2)
    next(results)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt)
    assert time.monotonic() - start < 3


def test_workers_end_when_the_parent_is_killed():
    parent = os.fork()
    if parent == 0:
        try:
            for _ in guarded_map(misbehave, limited([("sleep", 0), ("sleep", 1.5)]), 2):
                pass
        finally:
            os._exit(0)
    time.sleep(0.5)
    workers = psutil.Process(parent).children()
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert workers
    assert not psutil.wait_procs(workers, timeout=5)[1]


def decode_file(path):
    data = Path(path).read_bytes()
    return decode_clip(data, (85, 64), 64, expected_frames=probe(data)["frames"])


@pytest.mark.parametrize("folder", ["weizmann", "ucf101_clips"])
def test_real_clips(folder):
    paths = sorted((DATA / folder).rglob("*.avi"))[:6]
    if not paths:
        pytest.skip(f"no clips in {DATA / folder}")
    for path, (status, result) in zip(paths, run(decode_file, paths), strict=True):
        frames, account = decode_file(path)
        assert status == "ok" and result[1] == account and len(frames)
        np.testing.assert_array_equal(result[0], frames)
