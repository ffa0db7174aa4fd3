"""Data sets: fetched and unpacked, listed, or made at run time."""

REACH = 10  # frames before and after the anchor of a pm-k set
