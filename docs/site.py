"""The documentation as a site: README and its like are pages, and links to code lead to it."""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
# Pages that are read in their own places too.
ELSEWHERE = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "config.md": "config/README.md",
}
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^()\s#]+)((?:#[^()\s]*)?)(?=\))")
FENCE = "~" * 12


def on_config(config):
    """Put pages that the navigation does not name among the guides."""
    guides = next(section["Guides"] for section in config.nav if "Guides" in section)
    named = re.findall(r"[\w-]+\.md", str(config.nav))
    guides += sorted({path.name for path in (ROOT / "docs").glob("*.md")} - set(named))


def on_files(files, config):
    """Add the pages from elsewhere, and a page for each file or folder that a page links to."""
    sources = ELSEWHERE | {path.name: f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    for page, source in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    linked = {
        target
        for source in sources.values()
        for link, _ in LINK.findall((ROOT / source).read_text("utf-8"))
        if (target := place(source, link)) is not None
    }
    for target in sorted(linked):
        if files.get_file_from_path(uri(target)) is None:
            files.append(File.generated(config, uri(target), content=shown(target)))


def on_page_markdown(markdown, page, config, files):
    """Lead links to where their files are on the site; those to nothing stay, and end the build."""
    source = ELSEWHERE.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def led(link):
        target = place(source, link[1])
        if target is None:
            return link[0]
        return posixpath.relpath(uri(target), posixpath.dirname(page.file.src_uri)) + link[2]

    return markdown if page.file.src_uri.startswith("code/") else LINK.sub(led, markdown)


def place(source, link):
    """The file or folder that a link of a source file names, from the root, or None."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    return path if (ROOT / path).exists() else None


def uri(target):
    """Where a file of the project is among the pages of the site."""
    pages = {source: page for page, source in ELSEWHERE.items()}
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    return pages.get(target) or f"code/{target}.md"


def shown(target):
    """A page that shows a file as it is, or names what is in a folder."""
    path = ROOT / target
    text = "\n".join(sorted(each.name for each in path.iterdir())) if path.is_dir() else None
    text = path.read_text("utf-8") if text is None else text
    return f"# {target}\n\n{FENCE}\n{text}\n{FENCE}\n"
