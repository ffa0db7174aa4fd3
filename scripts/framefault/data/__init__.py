"""Data sets: fetched and unpacked, listed, or made at run time."""
