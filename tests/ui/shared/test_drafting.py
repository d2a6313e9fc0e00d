from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies

from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design.blocks import Activation, Conv, Flatten, Shortcut
from bnn_designer.design.edits import Add, Remove, UpdateDesign, WrapInShortcut
from bnn_designer.runs.drafts import Draft, Drafts, Mark
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.tab import notes
from tests.design.test_several import lettered
from tests.runs.drafts.changes import adding, labels, naming
from tests.strategies import designs, edits_of
from tests.ui.tab import Tab


@pytest.fixture
def draft(drafts: Drafts) -> Draft:
    return drafts.create(Design(name="first"))


def opened(draft: Draft) -> Tab:
    """A tab that shows the draft as it is now."""
    tab = Tab(draft=draft.id)
    tab(drafting.see, draft)
    return tab


def notices() -> list[str]:
    return [text for _, text in notes().notices]


def editor() -> str:
    return notes().editor


def selection() -> tuple[str, ...]:
    return notes().selection or ()


# ---- one tab


def test_a_change_is_saved_and_what_is_new_is_selected(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    changed = tab(drafting.change_draft, adding("a"))
    assert changed == drafts.get(draft.id)
    assert labels(changed.design) == ["a"]
    assert tab(selection) == (changed.design.blocks[0].id,)
    # its own changes are no others'
    tab(drafting.change_draft, adding("b"))
    assert labels(drafts.get(draft.id).design) == ["a", "b"]
    assert tab(drafting.conflict) is None


def test_an_edit_is_made_for_the_design_as_it_is(drafts: Drafts, draft: Draft) -> None:
    tab, seen = opened(draft), []

    def make(design: Design) -> UpdateDesign | None:
        seen.append(design.name)
        return UpdateDesign(changes={"name": design.name + "!"}) if len(seen) < 3 else None

    for _ in range(3):
        tab(drafting.edit, make)
    assert seen == ["first", "first!", "first!!"]
    assert (drafts.get(draft.id).name, drafts.get(draft.id).undo_steps) == ("first!!", 2)


def test_undo_and_redo(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    tab(drafting.change_draft, naming("second"))
    assert tab(drafting.undo).name == "first"
    assert tab(drafting.undo).name == "first"
    assert tab(drafting.redo).name == "second"
    assert drafts.get(draft.id).name == "second"


def test_what_is_refused_leaves_the_draft_alone_and_is_said(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    for mark in (None, Mark("canvas", 1)):
        assert tab(drafting.change_draft, lambda design: apply_edit(design, Remove(block_id="gone")), mark) is None
    assert drafts.get(draft.id) == draft
    assert ["there is no block 'gone'" in text for text in tab(notices)] == [True, True]
    # what cannot be applied need not be sent again
    assert drafts.applied(draft.id, "canvas") == 1


def test_without_a_draft_nothing_happens(drafts: Drafts) -> None:
    tab = Tab()
    assert tab(drafting.change_draft, naming("x")) is tab(drafting.undo) is tab(drafting.redo) is None
    assert drafts.recent() == []


@pytest.mark.parametrize("act", ["change", "undo", "redo"])
def test_a_draft_that_was_deleted_elsewhere_is_said(drafts: Drafts, draft: Draft, act: str) -> None:
    tab = opened(draft)
    drafts.delete(draft.id)
    calls: dict[str, Callable[[Mark], Draft | None]] = {
        "change": lambda mark: drafting.change_draft(naming("x"), mark),
        "undo": drafting.undo,
        "redo": drafting.redo,
    }
    assert tab(calls[act], Mark("canvas", 1)) is None
    assert len(tab(notices)) == 1
    assert drafts.restore(draft.id).name == "first"


def test_an_operation_that_comes_twice_is_made_once(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    for _ in range(3):
        tab(drafting.change_draft, adding("a"), Mark("canvas", 1))
    assert labels(drafts.get(draft.id).design) == ["a"]


def test_another_draft_is_opened_with_nothing_selected(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    tab(drafting.change_draft, adding("a"))
    tab(drafting.open_design, Design(name="another"))
    assert tab(selection) == ()
    assert "block" not in tab.app.query_params
    other = tab(state.current, "draft")
    assert (drafts.get(other).name, other != draft.id) == ("another", True)
    tab(drafting.open_draft, None)
    assert tab(state.current, "draft") is None


# ---- two tabs, or people


def test_a_change_over_somebody_else_s_is_held_and_asked_about(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    theirs = drafts.change(draft.id, adding("theirs"), editor="somebody")
    assert tab(drafting.change_draft, adding("mine")) is None
    assert labels(drafts.get(draft.id).design) == ["theirs"]
    conflict = tab(drafting.conflict)
    assert conflict is not None
    assert (conflict.revision, conflict.editor) == (theirs.revision, "somebody")
    assert tab(notices) == []


@pytest.mark.parametrize(("apply", "expected"), [(True, ["theirs", "one", "two"]), (False, ["theirs"])])
def test_what_is_held_is_made_on_top_or_forgotten(
    drafts: Drafts, draft: Draft, apply: bool, expected: list[str]
) -> None:
    tab = opened(draft)
    drafts.change(draft.id, adding("theirs"), editor="somebody")
    for label in ("one", "two"):
        tab(drafting.change_draft, adding(label))
    tab(drafting.settle, apply)
    assert labels(drafts.get(draft.id).design) == expected
    assert tab(drafting.conflict) is None
    tab(drafting.settle, True)  # a second press finds nothing
    assert labels(drafts.get(draft.id).design) == expected
    # what the tab changes next is meant for what it then shows
    tab(drafting.see, drafts.get(draft.id))
    tab(drafting.change_draft, adding("next"))
    assert labels(drafts.get(draft.id).design) == [*expected, "next"]


def test_an_undo_over_somebody_else_s_change_is_held_too(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    tab(drafting.change_draft, naming("mine"))
    drafts.change(draft.id, adding("theirs"), editor="somebody")
    assert tab(drafting.undo) is None
    assert labels(drafts.get(draft.id).design) == ["theirs"]
    tab(drafting.settle, True)
    assert (drafts.get(draft.id).name, labels(drafts.get(draft.id).design)) == ("mine", [])


def test_a_held_operation_of_the_canvas_is_not_sent_again_and_made_once(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    drafts.change(draft.id, adding("theirs"), editor="somebody")
    tab(drafting.change_draft, adding("mine"), Mark("canvas", 1))
    assert drafts.applied(draft.id, "canvas") == 1
    tab(drafting.settle, True)
    assert labels(drafts.get(draft.id).design) == ["theirs", "mine"]


def test_what_can_no_longer_be_made_is_said_when_it_is_settled(drafts: Drafts) -> None:
    draft = drafts.create(lettered())
    tab = opened(draft)
    drafts.change(draft.id, lambda design: apply_edit(design, Remove(block_id="a")), editor="somebody")
    tab(drafting.change_draft, lambda design: apply_edit(design, Remove(block_id="a")))
    tab(drafting.settle, True)
    assert len(tab(notices)) == 1
    assert tab(drafting.conflict) is None


def test_a_draft_that_was_deleted_while_a_change_is_held_is_said(drafts: Drafts, draft: Draft) -> None:
    tab = opened(draft)
    drafts.change(draft.id, adding("theirs"), editor="somebody")
    tab(drafting.change_draft, adding("mine"))
    drafts.delete(draft.id)
    tab(drafting.settle, True)
    assert len(tab(notices)) == 1


def test_two_tabs_have_two_names_and_each_keeps_its_own(draft: Draft) -> None:
    one, two = opened(draft), opened(draft)
    assert one(editor) == one(editor)
    assert one(editor) != two(editor)


def test_what_one_tab_did_holds_the_other_s_next_change(drafts: Drafts, draft: Draft) -> None:
    one, two = opened(draft), opened(draft)
    one(drafting.change_draft, adding("one"))
    two(drafting.change_draft, adding("two"))
    assert two(drafting.conflict).editor == one(editor)
    assert one(drafting.conflict) is None
    two(drafting.settle, True)
    assert labels(drafts.get(draft.id).design) == ["one", "two"]


# ---- which blocks are new


@given(designs(max_blocks=3).flatmap(lambda design: strategies.tuples(strategies.just(design), edits_of(design))))
def test_new_blocks_are_all_that_were_added_without_what_is_inside(case: Any) -> None:
    before, edit = case
    after = apply_edit(before, edit)
    made = drafting.new_blocks(before, after)
    old = {block.id for _, block in walk(before.blocks)}
    within = {inner.id for block_id in made for _, inner in walk((after.find(block_id),))}
    assert not set(made) & old
    assert {block.id for _, block in walk(after.blocks)} - old <= within
    for block_id in made:
        parent = after.position_of(block_id).parent_id
        assert parent is None or parent in old


def test_what_is_new_after_an_edit() -> None:
    design = lettered()
    wrapped = apply_edit(design, WrapInShortcut(block_ids=("a", "b"), kind="repeat"))
    assert drafting.new_blocks(design, wrapped) == ("repeat_1",)
    block = Shortcut(id="new", body=(Flatten(id="inner"),))
    assert drafting.new_blocks(design, apply_edit(design, Add(block=block, parent="s"))) == ("new",)
    assert drafting.new_blocks(design, apply_edit(design, Remove(block_id="s"))) == ()
    assert drafting.new_blocks(Design(), Design(blocks=(Conv(filters=1), Activation()))) == ("conv_1", "activation_1")
