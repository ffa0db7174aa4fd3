"""The state of an unfinished training, from which it goes on."""

import copy
import hashlib
import io
import logging
from concurrent.futures import ThreadPoolExecutor

import torch

from framefault.files import whole

SHA256 = 32  # bytes of a digest

log = logging.getLogger("framefault")


class Checkpoint:
    """State of an unfinished training, valid for one `key` (what is trained, on what, how).

    torch notices no flipped bit, so the file starts with a digest of the rest.
    """

    def __init__(self, path, key):
        self.path, self.key = path, key
        self._thread, self._writing = ThreadPoolExecutor(1), None

    def restore(self, model, optimizer, scheduler):
        """Load the state if it is there and for this key; returns the history so far."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return []
        if hashlib.sha256(data[SHA256:]).digest() != data[:SHA256]:
            return []
        state = torch.load(io.BytesIO(data[SHA256:]), weights_only=True)
        if state["key"] != self.key:
            return []
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        log.info("resumed after epoch %d", len(state["history"]))
        return state["history"]

    def save(self, model, optimizer, scheduler, history):
        """Write a copy of the state, in a thread: of R3D-18 that takes a second or more.

        It is there after `finish`, or after the next `save`; until then the one before is.
        """
        self.finish()
        state = {
            "key": self.key,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "history": history,
        }
        self._writing = self._thread.submit(self._write, copy.deepcopy(state))

    def finish(self):
        """Wait for the state that is being written. Raises what kept it from being written."""
        writing, self._writing = self._writing, None
        if writing:
            writing.result()

    def _write(self, state):
        buffer = io.BytesIO()
        torch.save(state, buffer)
        data = buffer.getvalue()
        with whole(self.path) as part:
            part.write_bytes(hashlib.sha256(data).digest() + data)

    def remove(self):
        self.finish()
        self.path.unlink(missing_ok=True)
