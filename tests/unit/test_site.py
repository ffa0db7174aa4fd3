"""The documentation as a site: every page is in it, and every link leads somewhere."""

import html
import os
import re
import shutil
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import pytest

from workflow_tools import ROOT

COPIED = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "Dockerfile",
    "Makefile", "Snakefile", "mkdocs.yml", "config", "docs", "envs", "profiles", "rules",
    "scripts", "tests",
)  # fmt: skip


@pytest.fixture
def project(tmp_path):
    """The project, with documents that can be changed."""
    for name in COPIED:
        if name in ("docs", "README.md", "mkdocs.yml"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, tmp_path / name)
        else:
            os.symlink(ROOT / name, tmp_path / name)
    return tmp_path


def build(project):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def links(text):
    found = re.findall(r"""(?:href|src)=(?:"([^"]*)"|'([^']*)')""", text)
    return [html.unescape(one or other) for one, other in found]


def test_every_document_is_a_page_and_every_link_and_anchor_is_there(project):
    (project / "docs/new_page.md").write_text("# A page of which the navigation knows nothing\n")
    done = build(project)
    assert done.returncode == 0, done.stderr
    site = project / "site"
    names = {path.with_suffix(".html").name for path in (project / "docs").glob("*.md")}
    names |= {"index.html", "contributing.html", "changelog.html", "config.html"}
    assert {path.name for path in site.glob("*.html")} - {"404.html"} == names
    start = (site / "index.html").read_text(encoding="utf-8")
    assert names - {"index.html"} <= set(links(start))
    checked = 0
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for link in links(text) if page.name != "404.html" else ():
            parts = urlsplit(link)
            if parts.scheme:  # only what a reader may click on lies elsewhere
                assert f'<a href="{html.escape(link)}"' in text, (page, link)
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_file(), (page, link)
            if parts.fragment:
                anchors = re.findall(r'id="([^"]+)"', target.read_text(encoding="utf-8"))
                assert unquote(parts.fragment) in anchors, (page, link)
            checked += 1
    assert checked > 1000


@pytest.mark.parametrize("link", ["no/such/page.md", "design.md#no-such-section", "/design.md"])
def test_link_to_nothing_ends_the_build(project, link):
    with open(project / "docs/cluster.md", "a", encoding="utf-8") as page:
        page.write(f"\nSee [this]({link}).\n")
    done = build(project)
    assert done.returncode != 0
    assert "cluster.md" in done.stderr


def test_link_to_code_leads_to_a_page_that_shows_it(project):
    assert build(project).returncode == 0
    shown = (project / "site/code/rules/corrupt.smk.html").read_text(encoding="utf-8")
    assert html.escape("# One rule per corruption", quote=False) in shown
    assert "code/rules/corrupt.smk.html" in (project / "site/index.html").read_text("utf-8")
