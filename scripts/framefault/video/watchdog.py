"""Running functions on many items in worker processes that may hang, crash or run wild.

A call is limited by the CPU time that it takes, which is the same on a busy machine.
"""

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
# How long a call may take by the clock: only one that sleeps takes so long.
PATIENCE, PATIENCE_PER_CPU_SECOND = 600, 60
FORK = multiprocessing.get_context("fork")


def guarded_map(function, items, workers):
    """Yield (status, result or None) of `function(item)` for every item, in order.

    `items` are triples: an item, and the CPU seconds and memory in MiB that its call may take.
    Items and results must be picklable. Status is "ok", "timed_out" after these CPU seconds,
    "crashed" when the worker process died of it, or "out_of_memory" when the call needed more
    than that memory in address space on top of what its worker had. Any other exception of the
    function is raised here, and UserError when somebody killed a worker, or when one slept. At
    most ITEMS_PER_WORKER items per worker are taken ahead. No process outlives the generator,
    however it ends.

    Workers are forked, which is quick and needs no importable main module. It is safe as
    long as the caller runs no decoder or other native threads: their locks would be copied
    in whatever state they are. Nothing here starts a thread.
    """
    source = iter(items)
    team = [_Worker(function) for _ in range(workers)]
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
            if not ready:
                raise UserError("A worker has slept for too long; run the same command again.")
            for pipe in ready:
                index = busy[pipe].index
                finished[index] = busy[pipe].take()
    finally:
        for worker in team:
            worker.stop()


class _Worker:
    """One process with a pipe of its own, so that its death can spoil nobody else's work."""

    def __init__(self, function):
        self.function = function
        self.process = self.index = None

    def give(self, index, item):
        if self.process is None:
            self.pipe, their_end = FORK.Pipe()
            arguments = their_end, os.getpid(), self.function
            self.process = FORK.Process(target=_serve, args=arguments, daemon=True)
            self.process.start()
            their_end.close()
        self.index = index
        self.deadline = time.monotonic() + patience(item[1])
        # A worker that died meanwhile shows when the result is taken.
        with suppress(ConnectionError):
            self.pipe.send(item)

    def take(self):
        self.index = None
        try:
            status, result = receive(self.pipe)
        except (EOFError, ConnectionError):
            self.process.join()
            code = self.process.exitcode
            self.stop()
            if -code == signal.SIGPROF:
                return "timed_out", None
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


def send(pipe, answer):
    """Send an answer, with its arrays beside it: within the pickle they would be copied twice."""
    buffers = []
    data = pickle.dumps(answer, protocol=5, buffer_callback=buffers.append)
    pipe.send((data, len(buffers)))
    for buffer in buffers:
        pipe.send_bytes(buffer.raw())


def receive(pipe):
    """What `send` sent."""
    data, count = pipe.recv()
    return pickle.loads(data, buffers=[pipe.recv_bytes() for _ in range(count)])


def patience(cpu_s):
    """Seconds after which a call that may take so much CPU time is given up."""
    return PATIENCE + PATIENCE_PER_CPU_SECOND * cpu_s


def _serve(pipe, parent, function):
    """Answer items until the parent is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, signal.SIG_DFL)
    while True:
        # Sibling workers hold copies of the pipe, so its end says nothing about the parent.
        while not pipe.poll(1):
            if os.getppid() != parent:
                return
        item, cpu_s, memory_mb = pipe.recv()
        # Should the parent be killed outright, nobody else is left to end a call that sleeps.
        signal.setitimer(signal.ITIMER_REAL, 2 * patience(cpu_s))
        answer = _limited(function, item, cpu_s, memory_mb)
        try:
            send(pipe, answer)
        except ConnectionError:
            return
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            send(pipe, ("raised", TypeError(f"The result cannot be sent: {error}")))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limited(function, item, cpu_s, memory_mb):
    """(status, result or exception) of one call under its limits.

    They hold for the call only: receiving an item or sending a result is not its fault.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _address_space() + memory_mb * 2**20
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    # No handler: the kernel ends the process, whatever it is doing. A timer of 0 would never ring.
    signal.setitimer(signal.ITIMER_PROF, max(cpu_s, 1e-6))
    try:
        return "ok", function(item)
    except MemoryError:
        return "out_of_memory", None
    except Exception as error:
        error.add_note(traceback.format_exc())
        return "raised", error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space():
    """Bytes of virtual memory this process has mapped."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
