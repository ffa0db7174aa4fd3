"""The state of an unfinished training, from which it goes on."""

import hashlib
import io
import logging

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
        state = {
            "key": self.key,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "history": history,
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        data = buffer.getvalue()
        with whole(self.path) as part:
            part.write_bytes(hashlib.sha256(data).digest() + data)

    def remove(self):
        self.path.unlink(missing_ok=True)
