"""Every link of the documents leads somewhere, and the index leads to every page; ``make docs`` holds Sphinx to it."""

from __future__ import annotations

import posixpath
import re

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links, text_of


def target(page: str, link: str) -> tuple[str, str]:
    """The file that a link names from a page, from the repository's root, and the anchor in it."""
    path, _, anchor = link.partition("#")
    return (posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page), anchor


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_what_is_there(page: str) -> None:
    wrong = []
    for link in links(page):
        if re.match(r"https?://", link):
            continue
        path, anchor = target(page, link)
        if not (ROOT / path).is_file() or (anchor and anchor not in anchors(path)):
            wrong.append(link)
    assert not wrong, f"{page} links to what is not there: {wrong}"


def test_the_index_leads_to_every_page() -> None:
    index = "docs/index.md"
    reached = {target(index, link)[0] for link in links(index)} | {index}
    assert set(PAGES) - reached == set()


def test_the_index_has_the_four_kinds() -> None:
    """The headings are the site's navigation; docs/site/made_pages.py reads the links below each."""
    kinds = re.findall(r"^## (.+)$", text_of("docs/index.md"), re.M)
    assert kinds == ["Tutorial", "How-to guides", "Reference", "Explanation"]


def test_a_missing_anchor_is_seen() -> None:
    assert "to-add-a-target" in anchors("docs/targets.md")
    assert "to-add-a-rocket" not in anchors("docs/targets.md")
    assert target("docs/a.md", "../results/README.md#x") == ("results/README.md", "x")
