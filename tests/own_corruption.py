"""The corruption that docs/corruptions.md adds, taken from the page."""

import re

from workflow_tools import ROOT

PAGE = ROOT / "docs/corruptions.md"
FOLDER = "scripts/framefault/corruption"


def blocks(text):
    """{what a block of code of the page is of: its text}; named by a path or its first comment."""
    named = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    commented = re.findall(r"```yaml\n# ([\w.]+)\n(.*?)```", text, re.DOTALL)
    return dict(named + commented)


def example(folder):
    """Write the example's own folder below that of all corruptions; gives its two files."""
    made = []
    for name, text in blocks(PAGE.read_text(encoding="utf-8")).items():
        if name.startswith(FOLDER):
            file = folder / name.removeprefix(f"{FOLDER}/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            made.append(file)
    return made


def settings():
    """The example's configuration file."""
    return blocks(PAGE.read_text(encoding="utf-8"))["truncation.yaml"]
