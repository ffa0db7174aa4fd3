"""The workflow itself: what ran, with which code, and what must run again."""
