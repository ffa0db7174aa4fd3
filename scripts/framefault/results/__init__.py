"""From scores to the papers' tables, comparisons and claims; nothing here knows the task."""

# What a selection of scores names where it says nothing else.
DEFAULTS = {"corruption": "clean", "level": "0", "part": ""}

# What corruptions are called.
NAMES = {
    "packet_loss": "Packet loss",
    "random": "Random file corruption",
    "contiguous": "Contiguous file corruption",
    "clean": "None (standard acc.)",
}
