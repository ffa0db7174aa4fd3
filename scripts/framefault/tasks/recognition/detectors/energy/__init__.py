"""The energy score (Liu et al. 2020; paper A, section 3.1)."""

from scipy.special import logsumexp


def score(logits, account, temperature):
    """Free energy -T log sum exp(f / T), per segment; the paper's formula lacks the logarithm."""
    return -(temperature * logsumexp(logits / temperature, axis=-1))
