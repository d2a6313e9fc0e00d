"""The pages on a store that cannot do its work: what is wrong and what to do stand on the page, and no edit is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.ui.shared import state
from tests.ui.components import do, shown
from tests.ui.conftest import OpenPage, field, texts


@pytest.fixture(autouse=True)
def _of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page waits 2 s for what is locked; the stores of other tests stay open elsewhere."""
    monkeypatch.setattr(state, "_PATIENCE_S", 0.1)
    state._open_store.clear()  # type: ignore[attr-defined]
    yield
    state._open_store.clear()  # type: ignore[attr-defined]


@pytest.fixture
def draft_id(drafts: Drafts) -> str:
    return drafts.create(preset("bi-real-cifar")).id


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Another program in the middle of a write."""
    other = sqlite3.connect(home / "bnn-designer.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("page", ["design", "compare", "train", "runs"])
def test_every_page_says_that_the_store_was_deleted(
    open_page: OpenPage, store: Store, draft_id: str, page: str
) -> None:
    app = open_page(page, draft=draft_id)
    shutil.rmtree(store.home)
    app.run()
    assert not app.exception
    (error,) = app.error
    assert "the store was deleted or moved away while the program was running" in error.value.replace("\\", "")
    assert "start the program again" in error.value
    assert not store.home.exists()


def test_a_store_that_comes_back_shows_the_same_draft(
    open_page: OpenPage, store: Store, drafts: Drafts, draft_id: str
) -> None:
    app = open_page(draft=draft_id)
    away = store.home.rename(store.home.with_name("away"))
    app.run()
    assert app.error
    away.rename(store.home)
    app.run()
    assert not app.error
    assert shown(app, "canvas")["draft"] == draft_id


def test_an_edit_of_the_canvas_waits_in_the_browser_until_it_can_be_saved(
    open_page: OpenPage, store: Store, drafts: Drafts, draft_id: str
) -> None:
    app = open_page(draft=draft_id)
    block_id = drafts.get(draft_id).design.blocks[0].id
    remove = {"kind": "remove", "ids": [block_id]}
    with locked(store.home):
        do(app, remove, first=1)
        assert "Not saved yet" in texts(app)
        assert "keeps the store locked" in texts(app)
        assert shown(app, "canvas")["acknowledged"] == 0
        assert drafts.get(draft_id).revision == 1
    do(app, remove, first=1)  # as the browser does by itself
    assert shown(app, "canvas")["acknowledged"] == 1
    assert not app.error
    assert drafts.get(draft_id).design.blocks[0].id != block_id


def test_a_form_says_that_its_change_was_not_saved(
    open_page: OpenPage, store: Store, drafts: Drafts, draft_id: str
) -> None:
    app = open_page(draft=draft_id)
    with locked(store.home):
        field(app.text_input, "design.name").set_value("renamed").run()
        assert not app.exception
        assert "keeps the store locked" in texts(app)
    assert drafts.get(draft_id).name == "bi-real-cifar"


@pytest.mark.parametrize(("page", "table"), [("runs", "run"), ("design", "draft_record")])
def test_dropped_tables(open_page: OpenPage, store: Store, page: str, table: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    app = open_page(page)
    (error,) = app.error
    assert f"no such table: {table}" in error.value.replace("\\", "")
    assert "restore a backup" in error.value


def test_a_damaged_file(open_page: OpenPage, store: Store) -> None:
    store.close()
    (store.home / "bnn-designer.sqlite").write_bytes(b"scribble" * 1000)
    for name in ("-wal", "-shm"):
        Path(f"{store.home / 'bnn-designer.sqlite'}{name}").unlink(missing_ok=True)
    app = open_page("runs")
    (error,) = app.error
    assert "the store is damaged" in error.value
    assert "put a backup in its place" in error.value
