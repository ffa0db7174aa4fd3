"""Refusing numbers that are not finite: a diverged training would give a plausible score."""

import torch

from framefault.errors import UserError

CURE = (
    "lower the learning_rate of this training in the configuration and run the same command again"
)


def check_finite(values, what, cure=CURE):
    """Raise UserError if any of `values`, a number, an array or a tensor, is infinite or NaN."""
    if not torch.isfinite(torch.as_tensor(values)).all():
        raise UserError(f"{what} not finite; {cure}.")


def check_answers(answers):
    """The same of what a model computes, tensors or arrays of them."""
    for each in answers:
        check_finite(
            each,
            "What the model computes is",
            "its training diverged, or its weights are unfit: train it with a lower learning_rate,"
            " or take other weights",
        )
