"""Reproducible robustness research on video, as pure functions on bytes, arrays and tables."""
