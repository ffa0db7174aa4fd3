"""Batches that are made, and brought to the device, ahead of their use."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

import torch


def prefetched(tasks, function, workers, device):
    """function(task) of every task, in order and on the device, made ahead by a few threads.

    What `function` makes are tensors in tuples, lists and dictionaries; the rest is left as it is.
    On a GPU, a batch is copied while the network computes on the one before.
    """
    if device.type == "cpu":
        return made_ahead(tasks, function, workers)
    # Only page-locked memory is copied without waiting for the GPU.
    locked = made_ahead(
        tasks, lambda task: mapped(torch.Tensor.pin_memory, function(task)), workers
    )
    return moved_ahead(locked, device)


def made_ahead(tasks, function, workers):
    with ThreadPoolExecutor(workers) as pool:
        ahead = deque()
        for task in tasks:
            ahead.append(pool.submit(function, task))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def moved_ahead(batches, device):
    """Each batch, on the device; the next one is on its way when it is given."""
    copies, previous = torch.cuda.Stream(device), None
    for batch in batches:
        with torch.cuda.stream(copies):
            moved = mapped(lambda tensor: tensor.to(device, non_blocking=True), batch)
            there = copies.record_event()
        if previous:
            yield ready(*previous)
        previous = moved, there
    if previous:
        yield ready(*previous)


def ready(batch, there):
    """The batch, for the stream that computes: it waits for the copy, and may free it."""
    computing = torch.cuda.current_stream()
    computing.wait_event(there)
    mapped(lambda tensor: tensor.record_stream(computing), batch)
    return batch


def mapped(function, batch):
    """The batch with function(tensor) in place of each tensor."""
    if isinstance(batch, torch.Tensor):
        return function(batch)
    if isinstance(batch, dict):
        return {name: mapped(function, each) for name, each in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)([mapped(function, each) for each in batch])
    return batch
