"""What the site adds to pages of its own accord; Sphinx is not needed for it."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from types import ModuleType

import pytest

from bnn_designer.cli.main import main
from bnn_designer.ui.shared.glossary import WORDS
from tests.docs.pages import PAGES, ROOT, text_of


@pytest.fixture(scope="module")
def made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made_pages", ROOT / "docs" / "site" / "made_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_navigation_has_every_page_under_its_kind(made: ModuleType) -> None:
    assert {f"{page}.md" for page in made.MADE} <= set(PAGES)
    found = made.navigation(text_of("docs/index.md"))
    pages = [line.lstrip("/") + ".md" for line in found.splitlines() if line.startswith("/")]
    assert sorted(pages) == sorted(set(PAGES) - {"docs/index.md"})
    assert found.count(":caption: ") == 4
    assert found.index(":caption: Tutorial") < found.index("/docs/quick-start") < found.index(":caption: How-to guides")


def test_each_command_has_its_help(made: ModuleType) -> None:
    text = made.commands()
    paths = [path for path, _ in made.walk_commands()]
    assert {path.split(" ")[0] for path in paths} == set(main.commands)
    assert {"cost", "runs show", "store backup"} <= set(paths)
    assert all(f"\n## {path}\n\n```text\nUsage: bnn-designer {path} " in text for path in paths)
    assert "--budget-ram SIZE" in text


def test_each_word_is_explained(made: ModuleType) -> None:
    text = made.glossary()
    assert all(f"\n## {word.term}\n\n{word.meaning}  \n{word.matters}" in text for word in WORDS)


def test_each_public_name_has_a_docstring(made: ModuleType) -> None:
    """And is listed once; the site's page is written from it."""
    text = made.interface()
    for module, names in made.INTERFACE.items():
        for name in names:
            assert text.count(f":: {module}.{name}\n") == 1
            assert len(getattr(import_module(module), name).__doc__) > 40, f"{module}.{name}"
    assert set(import_module("bnn_designer.api").__all__) == set(made.INTERFACE["bnn_designer.api"])
