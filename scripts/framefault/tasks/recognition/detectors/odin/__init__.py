"""ODIN without its input perturbation (Liang et al. 2018; paper A, section 3.1)."""

from scipy.special import softmax


def score(logits, account, temperature):
    """Minus the highest softmax probability at a temperature, per segment."""
    return -softmax(logits / temperature, axis=-1).max(axis=-1)
