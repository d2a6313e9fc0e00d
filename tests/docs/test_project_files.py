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


def test_the_readme_has_every_setting_and_no_other() -> None:
    """The variables whose names stand in the program, in quotes as what is read from the environment does."""
    sources = [path for path in (ROOT / "bnn_designer").rglob("*") if path.suffix in {".py", ".cc", ".h"}]
    read = {name for path in sources for name in re.findall(r'"(BNN_[A-Z_]+)"', path.read_text(encoding="utf-8"))}
    settings = text_of("README.md").partition("## Settings")[2].partition("\n## ")[0]
    told = {
        name for row in re.findall(r"^\| (`BNN_[^|]*) \|", settings, re.M) for name in re.findall(r"BNN_[A-Z_]+", row)
    }
    assert told == read
