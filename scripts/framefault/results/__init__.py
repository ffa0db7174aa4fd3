"""From scores to the papers' tables, comparisons and claims; nothing here knows the task."""

# What a selection of scores names where it says nothing else.
DEFAULTS = {"corruption": "clean", "level": "0", "part": ""}

# What labels of tables say for a name; corruptions bring their own.
NAMES = {"clean": "None (standard acc.)"}
