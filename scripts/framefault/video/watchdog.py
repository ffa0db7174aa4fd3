"""Running functions on many items in worker processes that may hang, crash or run wild."""

import multiprocessing
import os
import pickle
import resource
import signal
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import wait

from framefault.errors import UserError

ITEMS_PER_WORKER = 4
# Signals that no decoder dies of by itself: whoever sent them, the item is not to blame.
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
FORK = multiprocessing.get_context("fork")


def guarded_map(function, items, workers, timeout_s, memory_mb):
    """Yield (status, result or None) of `function(item)` for every item, in order.

    Items and results must be picklable. Status is "ok", "timed_out" after `timeout_s`
    seconds, "crashed" when the worker process died of it, or "out_of_memory" when the call
    needed more than `memory_mb` MiB of address space on top of what its worker had. Any
    other exception of the function is raised here, and UserError when somebody killed a
    worker. At most ITEMS_PER_WORKER items per worker are taken ahead. No process outlives
    the generator, however it ends.

    Workers are forked, which is quick and needs no importable main module. It is safe as
    long as the caller runs no decoder or other native threads: their locks would be copied
    in whatever state they are. Nothing here starts a thread.
    """
    source = iter(items)
    team = [_Worker(function, timeout_s, memory_mb) for _ in range(workers)]
    finished = {}
    taken = given = 0
    try:
        while True:
            for worker in team:
                if worker.index is None and taken - given < ITEMS_PER_WORKER * workers:
                    try:
                        item = next(source)
                    except StopIteration:
                        break
                    worker.give(taken, item)
                    taken += 1
            if given in finished:
                yield finished.pop(given)
                given += 1
                continue
            if given == taken:
                return
            busy = {worker.pipe: worker for worker in team if worker.index is not None}
            first_deadline = min(worker.deadline for worker in busy.values())
            ready = wait(busy, max(0, first_deadline - time.monotonic()))
            for pipe, worker in busy.items():
                if pipe in ready or time.monotonic() >= worker.deadline:
                    index = worker.index
                    finished[index] = worker.take(late=pipe not in ready)
    finally:
        for worker in team:
            worker.stop()


class _Worker:
    """One process with a pipe of its own, so that its death can spoil nobody else's work."""

    def __init__(self, function, timeout_s, memory_mb):
        self.arguments = function, timeout_s, memory_mb
        self.timeout_s = timeout_s
        self.process = self.index = None

    def give(self, index, item):
        if self.process is None:
            self.pipe, their_end = FORK.Pipe()
            arguments = their_end, os.getpid(), *self.arguments
            self.process = FORK.Process(target=_serve, args=arguments, daemon=True)
            self.process.start()
            their_end.close()
        self.index = index
        self.deadline = time.monotonic() + self.timeout_s
        # A worker that died meanwhile shows when the result is taken.
        with suppress(ConnectionError):
            self.pipe.send(item)

    def take(self, late):
        self.index = None
        if late:
            self.stop()
            return "timed_out", None
        try:
            status, result = self.pipe.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            code = self.process.exitcode
            self.stop()
            if -code in FROM_OUTSIDE:
                raise UserError(
                    f"A worker was killed from outside ({signal.strsignal(-code)}), perhaps for"
                    " lack of memory; run the same command again."
                ) from None
            return "crashed", None
        if status == "raised":
            raise result
        return status, result

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process.close()
            self.pipe.close()
            self.process = None


def _serve(pipe, parent, function, timeout_s, memory_mb):
    """Answer items until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    while True:
        # Sibling workers hold copies of the pipe, so its end says nothing about the parent.
        while not pipe.poll(1):
            if os.getppid() != parent:
                return
        item = pipe.recv()
        # Should the parent be killed outright, nobody else is left to end a call that hangs.
        signal.setitimer(signal.ITIMER_REAL, 2 * timeout_s + 10)
        answer = _limited(function, item, memory_mb)
        try:
            pipe.send(answer)
        except ConnectionError:
            return
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            pipe.send(("raised", TypeError(f"The result cannot be sent: {error}")))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limited(function, item, memory_mb):
    """(status, result or exception) of one call under its memory limit.

    The limit holds for the call only: receiving an item or sending a result is not its fault.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _address_space() + memory_mb * 2**20
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        return "ok", function(item)
    except MemoryError:
        return "out_of_memory", None
    except Exception as error:
        error.add_note(traceback.format_exc())
        return "raised", error
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space():
    """Bytes of virtual memory this process has mapped."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
