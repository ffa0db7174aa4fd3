"""The report of a run: one page of everything that it made, from frames and files to HTML."""

from pathlib import Path

# What the page is made from beside code.
FILES = [Path(__file__).with_name(f"page.{kind}") for kind in ("html", "css", "js")]
# The same of a clip's story.
STORY_FILES = [Path(__file__).with_name(name) for name in ("story.html", "page.css")]
