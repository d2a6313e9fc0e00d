"""Drafts: made, changed, taken back, and what is refused."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, func, select, update

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.blocks import Activation, Conv, Shortcut
from bnn_designer.design.edits import Add, UpdateDesign
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import MAX_STEPS, DraftError, Drafts
from bnn_designer.runs.drafts.tables import DRAFTS, STEPS
from bnn_designer.runs.faults import StoreFault
from bnn_designer.runs.store import Store
from tests.runs.drafts.changes import adding, naming


def step_count(store: Store) -> int:
    with store.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(STEPS)).scalar_one()


def test_a_draft_comes_back_as_it_was_made(drafts: Drafts) -> None:
    design = Design(name="néw", blocks=(Conv(filters=8), Shortcut(body=(Activation(),))))
    draft = drafts.create(design, recipe_json='{"epochs": 3}')
    assert drafts.get(draft.id) == draft
    assert (draft.design, draft.name, draft.recipe_json) == (design, "néw", '{"epochs": 3}')
    assert (draft.revision, draft.undo_steps, draft.redo_steps) == (1, 0, 0)


def test_undo_survives_a_reload(drafts: Drafts, url: str, tmp_path: Path) -> None:
    draft = drafts.create(Design(name="first"))
    drafts.change(draft.id, naming("second"))
    reloaded = Drafts(Store(url=url, home=tmp_path).engine)
    assert reloaded.get(draft.id).name == "second"
    assert reloaded.undo(draft.id).name == "first"
    assert drafts.redo(draft.id).name == "second"


def test_a_refused_change_leaves_the_draft(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="kept"))
    with pytest.raises(DesignError):
        drafts.change(draft.id, lambda design: apply_edit(design, UpdateDesign(changes={"classes": 0})))
    with pytest.raises(ZeroDivisionError):
        drafts.change(draft.id, lambda design: 1 / 0)  # type: ignore[arg-type,return-value]
    assert drafts.get(draft.id) == draft


def test_a_change_without_effect_writes_nothing(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    assert drafts.change(draft.id, lambda design: design) == draft
    assert drafts.undo(draft.id) == drafts.redo(draft.id) == draft
    assert drafts.get(draft.id) == draft


def test_a_new_step_forgets_what_was_undone(drafts: Drafts, store: Store) -> None:
    draft = drafts.create(Design(name="0"))
    for name in "123":
        drafts.change(draft.id, naming(name))
    drafts.undo(draft.id)
    undone = drafts.undo(draft.id)
    assert (undone.name, undone.undo_steps, undone.redo_steps) == ("1", 1, 2)
    changed = drafts.change(draft.id, naming("other"))
    assert (changed.undo_steps, changed.redo_steps) == (2, 0)
    assert step_count(store) == 3  # "0", "1", "other"
    assert drafts.redo(draft.id) == changed


def test_the_oldest_steps_are_forgotten(drafts: Drafts, store: Store) -> None:
    draft = drafts.create(Design(name="0"))
    for step in range(1, MAX_STEPS + 51):
        changed = drafts.change(draft.id, naming(str(step)))
    assert (changed.undo_steps, changed.revision) == (MAX_STEPS, 1 + MAX_STEPS + 50)
    assert step_count(store) == MAX_STEPS + 1
    for _ in range(MAX_STEPS + 5):
        undone = drafts.undo(draft.id)
    assert (undone.name, undone.undo_steps, undone.redo_steps) == ("50", 0, MAX_STEPS)
    for _ in range(MAX_STEPS + 5):
        redone = drafts.redo(draft.id)
    assert (redone.name, redone.undo_steps, redone.redo_steps) == (str(MAX_STEPS + 50), MAX_STEPS, 0)


def test_an_edit_reads_and_writes_one_design_whatever_the_number_of_steps(drafts: Drafts, store: Store) -> None:
    """Counted in the texts that go to and from the database."""
    draft = drafts.create(Design(name="0"))
    counts = []
    for step in range(1, 21):
        with _counted_designs(store) as count:
            drafts.change(draft.id, naming(str(step)))
        counts.append(dict(count))
    assert counts == [{"written": 1}] * 20


class _counted_designs:  # noqa: N801 - used like a function
    """Counts the designs that are bound to statements while it is open."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self.count: dict[str, int] = {}

    def __enter__(self) -> dict[str, int]:
        event.listen(self._engine, "before_cursor_execute", self._see)
        return self.count

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._see)

    def _see(self, _connection: Connection, _cursor: object, _statement: str, parameters: object, *_: object) -> None:
        values = parameters.values() if isinstance(parameters, dict) else parameters
        found = sum("schema_version" in str(value) for value in values)  # type: ignore[attr-defined]
        if found:
            self.count["written"] = self.count.get("written", 0) + found


def test_sessions_that_edit_at_once_lose_no_edit(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    each, sessions = 5, 4

    def session() -> None:
        for _ in range(each):
            drafts.change(draft.id, lambda design: apply_edit(design, Add(block=Activation())))

    threads = [threading.Thread(target=session) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = drafts.get(draft.id)
    assert len(after.design.blocks) == each * sessions
    assert (after.revision, after.undo_steps) == (1 + each * sessions, each * sessions)


def test_a_change_is_made_again_on_top_of_one_that_came_between(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    calls = []

    def slow(design: Design) -> Design:
        calls.append(design)
        if len(calls) == 1:
            drafts.change(draft.id, adding("other"))
        return adding("mine")(design)

    after = drafts.change(draft.id, slow)
    assert [len(design.blocks) for design in calls] == [0, 1]
    assert [block.label for block in after.design.blocks] == ["other", "mine"]


def test_a_draft_that_never_stands_still_is_given_up(drafts: Drafts) -> None:
    draft = drafts.create(Design())

    def restless(design: Design) -> Design:
        drafts.change(draft.id, adding("other"))
        return adding("mine")(design)

    with pytest.raises(DraftError, match="other sessions keep changing it"):
        drafts.change(draft.id, restless)


def test_an_unknown_draft_is_a_clear_error(drafts: Drafts) -> None:
    for act in (
        lambda: drafts.get("nowhere"),
        lambda: drafts.revision("nowhere"),
        lambda: drafts.change("nowhere", lambda design: design),
        lambda: drafts.undo("nowhere"),
        lambda: drafts.redo("nowhere"),
        lambda: drafts.rename("nowhere", "x"),
        lambda: drafts.duplicate("nowhere"),
        lambda: drafts.restore("nowhere"),
        lambda: drafts.snapshot("nowhere", "x"),
    ):
        with pytest.raises(DraftError, match="there is no such draft"):
            act()


def test_a_stored_design_that_cannot_be_read_is_a_clear_error(drafts: Drafts, store: Store) -> None:
    draft = drafts.create(Design(name="0"))
    drafts.change(draft.id, naming("1"))
    with store.engine.begin() as connection:
        connection.execute(update(STEPS).where(STEPS.c.number == 0).values(design='{"classes": 0}'))
    before = drafts.get(draft.id)
    with pytest.raises(DesignError, match="classes must be at least 1"):
        drafts.undo(draft.id)
    assert drafts.get(draft.id) == before
    with store.engine.begin() as connection:
        connection.execute(update(DRAFTS).values(step=0))
    with pytest.raises(DesignError, match="classes must be at least 1"):
        drafts.get(draft.id)
    assert len(drafts.recent()) == 1


def test_a_full_disk_is_a_clear_error_and_loses_nothing(drafts: Drafts, store: Store) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite can be told to be full")
    draft = drafts.create(Design(name="0"))
    changed = drafts.change(draft.id, naming("1"))
    store.close()
    event.listen(store.engine, "connect", _as_large_as_it_is)
    with pytest.raises(StoreFault, match=r"the disk is full, so nothing can be saved"):
        drafts.change(draft.id, lambda design: design.model_copy(update={"blocks": (Activation(),) * 1000}))
    event.remove(store.engine, "connect", _as_large_as_it_is)
    store.close()
    assert drafts.get(draft.id) == changed
    assert drafts.undo(draft.id).name == "0"


def _as_large_as_it_is(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA max_page_count = 1")  # SQLite takes it as the pages that there are


def test_a_recipe_is_kept_with_its_draft(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    assert draft.recipe_json is None
    drafts.set_recipe(draft.id, '{"epochs": 3}')
    assert drafts.get(draft.id).revision == draft.revision
    changed = drafts.change(draft.id, naming("other"))
    assert changed.recipe_json == drafts.undo(draft.id).recipe_json == '{"epochs": 3}'
