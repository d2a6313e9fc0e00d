"""Drafts are found again, renamed, copied, deleted and brought back."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select, update

from bnn_designer.design import Design
from bnn_designer.design.blocks import Activation, Conv, Shortcut
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import DraftDeleted, DraftError, Drafts, Mark
from bnn_designer.runs.drafts.records import KEEP_DELETED_DAYS
from bnn_designer.runs.drafts.tables import CLIENTS, DAY_S, DRAFTS, SNAPSHOTS, STEPS
from bnn_designer.runs.store import Store
from tests.runs.drafts.changes import adding, naming


def names(drafts: Drafts, search: str = "", **options: bool) -> list[str]:
    return [item.name for item in drafts.recent(search=search, **options)]


def test_the_last_changed_draft_is_listed_first(drafts: Drafts) -> None:
    first, _ = drafts.create(Design(name="first")), drafts.create(Design(name="second"))
    assert names(drafts) == ["second", "first"]
    drafts.change(first.id, naming("newest"))
    assert names(drafts) == ["newest", "second"]
    drafts.undo(first.id)
    assert names(drafts) == ["first", "second"]
    assert [item.name for item in drafts.recent(limit=1)] == ["first"]


def test_the_list_says_how_large_a_design_is(drafts: Drafts) -> None:
    body = Shortcut(body=(Activation(), Activation()))
    draft = drafts.create(Design(input_shape=(28, 24, 1), blocks=(Conv(filters=8), body)))
    (summary,) = drafts.recent()
    assert (summary.id, summary.blocks, summary.input_shape) == (draft.id, 4, (28, 24, 1))
    assert summary.updated_at == draft.updated_at
    drafts.change(draft.id, adding("one more"))
    assert drafts.recent()[0].blocks == 5
    drafts.undo(draft.id)
    assert drafts.recent()[0].blocks == 4


def test_a_search_finds_words_in_any_order_and_case(drafts: Drafts) -> None:
    for name in ("ResNet-18 für CIFAR", "resnet ÉTÉ", "100% binary", "a_b", "axb"):
        drafts.create(Design(name=name))
    assert names(drafts, "cifar RESNET") == ["ResNet-18 für CIFAR"]
    assert names(drafts, "été") == ["resnet ÉTÉ"]
    assert set(names(drafts, "resnet")) == {"ResNet-18 für CIFAR", "resnet ÉTÉ"}
    assert names(drafts, "%") == ["100% binary"]
    assert names(drafts, "a_b") == ["a_b"]
    assert names(drafts, "no such thing\0") == []
    assert len(names(drafts, "  ")) == 5


def test_a_draft_is_renamed_as_a_step(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="old"))
    assert drafts.rename(draft.id, " new ").name == "new"
    assert names(drafts, "new") == ["new"]
    for bad in ("", "  ", "x" * 81):
        with pytest.raises(DesignError, match="name"):
            drafts.rename(draft.id, bad)
    assert drafts.undo(draft.id).name == "old"


def test_a_copy_has_the_design_and_recipe_and_a_name_of_its_own(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="net", blocks=(Conv(filters=8),)), recipe_json="{}")
    drafts.change(draft.id, adding("more"))
    copies = [drafts.duplicate(draft.id) for _ in range(2)]
    copies.append(drafts.duplicate(copies[0].id))
    assert [copy.name for copy in copies] == ["net copy", "net copy 2", "net copy 3"]
    for copy in copies:
        assert copy.design.blocks == drafts.get(draft.id).design.blocks
        assert (copy.undo_steps, copy.recipe_json) == (0, "{}")
        assert drafts.get(copy.id) == copy
    drafts.change(copies[0].id, adding("only there"))
    assert len(drafts.get(draft.id).design.blocks) == 2


def test_the_name_of_a_copy_is_as_long_as_a_name_may_be(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="x" * 80))
    assert [drafts.duplicate(draft.id).name for _ in range(2)] == ["x" * 75 + " copy", "x" * 73 + " copy 2"]


def test_a_deleted_draft_is_gone_until_it_is_restored(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="0"))
    drafts.change(draft.id, naming("1"))
    before = drafts.get(draft.id)
    drafts.delete(draft.id)
    assert names(drafts) == []
    assert names(drafts, deleted=True) == ["1"]
    for act in (
        lambda: drafts.get(draft.id),
        lambda: drafts.revision(draft.id),
        lambda: drafts.change(draft.id, naming("2")),
        lambda: drafts.undo(draft.id),
        lambda: drafts.snapshot(draft.id, "x"),
        lambda: drafts.skip(draft.id, Mark("tab", 1)),
    ):
        with pytest.raises(DraftDeleted, match="'1' was deleted") as caught:
            act()
        assert caught.value.draft_id == draft.id
    assert drafts.restore(draft.id) == before
    assert names(drafts) == ["1"]
    assert drafts.undo(draft.id).name == "0"


def test_deleting_and_restoring_twice_is_as_once(drafts: Drafts, store: Store) -> None:
    draft = drafts.create(Design())
    drafts.delete("nowhere")
    drafts.delete(draft.id)
    with store.engine.connect() as connection:
        deleted_at = connection.execute(select(DRAFTS.c.deleted_at)).scalar_one()
    drafts.delete(draft.id)
    with store.engine.connect() as connection:
        assert connection.execute(select(DRAFTS.c.deleted_at)).scalar_one() == deleted_at
    assert drafts.restore(draft.id) == drafts.restore(draft.id) == draft


@pytest.mark.parametrize(("days", "left"), [(KEEP_DELETED_DAYS - 1, 2), (KEEP_DELETED_DAYS + 1, 1)])
def test_what_was_deleted_long_ago_is_forgotten_at_the_next_start(
    drafts: Drafts, store: Store, days: int, left: int
) -> None:
    for draft in (drafts.create(Design(name="kept")), drafts.create(Design(name="deleted"))):
        drafts.change(draft.id, adding("more"), mark=Mark("tab", 1))
        drafts.snapshot(draft.id, "version")
    drafts.delete(draft.id)
    with store.engine.begin() as connection:
        long_ago = update(DRAFTS).where(DRAFTS.c.id == draft.id).values(deleted_at=time.time() - days * DAY_S)
        connection.execute(long_ago)
    reopened = Drafts(store.engine)
    with store.engine.connect() as connection:
        rows = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (DRAFTS, STEPS, SNAPSHOTS, CLIENTS)
        ]
    assert rows == [left, 2 * left, left, left]
    assert names(reopened) == ["kept"]
    if left == 1:
        with pytest.raises(DraftError, match="there is no such draft"):
            reopened.restore(draft.id)
