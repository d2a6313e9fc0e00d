"""The site of the documents: ``make docs``. Sphinx reads this file.

The sources are the repository's own Markdown files, which are read in the repository, too; what only a site needs is
added while they are read. docs/index.md is the table of contents: its headings and links are the site's navigation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel
from sphinx.application import Sphinx

import bnn_designer

sys.path.insert(0, str(Path(__file__).parent))
from made_pages import MADE, navigation

INDEX = "docs/index"

project = "BNN Designer"
author = "BNN Designer contributors"
project_copyright = "2026, BNN Designer contributors, Apache License 2.0"
version = release = bnn_designer.__version__

root_doc = INDEX
include_patterns = [
    "docs/*.md",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "results/README.md",
    "benchmarks/NOTES.md",
]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
autodoc_type_aliases = {"Edit": "Edit"}  # a union of nine
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"BNN Designer {release}"
html_copy_source = False
html_show_sourcelink = False
templates_path = ["templates"]
# The site opens at its root; its pages lie as their sources do.
html_additional_pages = {"index": "to_the_index.html"}


def add_what_only_the_site_has(app: Sphinx, name: str, source: list[str]) -> None:
    """Sphinx' event ``source-read``: the navigation, and what is made of the program itself."""
    if name == INDEX:
        source[0] += navigation(source[0])
    elif name in MADE:
        source[0] += MADE[name]()


def leave_out_fields(
    app: Sphinx, what: str, name: str, found: object, options: object, signature: str, returns: str
) -> tuple[str, str] | None:
    """Sphinx' event ``autodoc-process-signature``: a document is made of JSON, and its fields are a page of types."""
    is_document = isinstance(found, type) and issubclass(found, BaseModel)
    return ("", "") if is_document else None


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_what_only_the_site_has)
    app.connect("autodoc-process-signature", leave_out_fields)
