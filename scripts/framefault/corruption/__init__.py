"""Damage to video files, as a network or a disk does it, and its measures."""
