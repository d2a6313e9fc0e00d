"""What people and their tools look for beside the documents: how to cite the project, and what has changed."""

from __future__ import annotations

import re

import yaml

import bnn_designer
from tests.docs.pages import ROOT, text_of


def test_the_citation_is_of_this_program() -> None:
    """The fields that CFF 1.2.0 requires, and those that would go stale."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(cited)
    assert all("name" in author or "family-names" in author for author in cited["authors"])
    assert cited["version"] == bnn_designer.__version__
    assert f'license = "{cited["license"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_changelog_says_what_is_not_released_and_keeps_to_its_form() -> None:
    text = text_of("CHANGELOG.md")
    releases = re.findall(r"^## (.+)$", text, re.M)
    assert releases[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", release) for release in releases[1:])
    kinds = re.findall(r"^### (.+)$", text, re.M)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
