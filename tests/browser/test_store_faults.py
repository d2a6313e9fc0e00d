"""A store that cannot do its work, in a real browser: the page says so, and the edit arrives once it can be saved."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from bnn_designer.runs.connection import DATABASE_FILE
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from tests.browser.canvas import Canvas


@contextmanager
def locked(home: Path) -> Iterator[None]:
    other = sqlite3.connect(home / DATABASE_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_an_edit_outlives_a_lock_and_a_home_that_was_away(page: Page, server: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    page.goto(server)
    page.get_by_role("button", name="Start empty").click()
    expect(page.locator(".canvas .hint")).to_contain_text("Start with a convolution")
    canvas = Canvas(page)
    canvas.kind("conv").click()
    canvas.settle()

    with locked(home):
        canvas.kind("shortcut").click()
        expect(page.get_by_role("alert").filter(has_text="Not saved yet")).to_contain_text("keeps the store locked")
        expect(page.locator(".canvas .status")).to_have_text("Saving…")
    canvas.expect_titles("Float conv 1", "Shortcut 1")
    expect(page.get_by_role("alert").filter(has_text="Not saved yet")).to_have_count(0)

    home.rename(tmp_path / "away")
    canvas.kind("head").click()
    expect(page.get_by_role("alert").filter(has_text="deleted or moved away")).to_contain_text("Put it back")
    (tmp_path / "away").rename(home)
    page.reload()
    canvas.expect_titles("Float conv 1", "Shortcut 1")
    canvas.kind("head").click()
    canvas.expect_titles("Float conv 1", "Shortcut 1", "Head 1")

    store = Store(url=f"sqlite:///{home / DATABASE_FILE}", home=home)
    (draft,) = Drafts(store.engine).recent()
    assert draft.blocks == 3
    store.close()
