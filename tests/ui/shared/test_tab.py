"""A write and what is noted with it: Streamlit may end a callback at any word to it, and here it is ended at each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

from bnn_designer.design import Design
from bnn_designer.runs.drafts import Draft, Drafts
from bnn_designer.ui.design import canvas_view
from bnn_designer.ui.design.canvas import component
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.tab import current, is_whole, notes, set_current, whole
from tests.runs.drafts.changes import adding
from tests.ui.components import CLIENT
from tests.ui.tab import Tab

ADD = {"kind": "add", "block_kind": "activation", "parent": None, "index": 0}


class Ended(BaseException):
    """As Streamlit ends a callback: nothing that a callback catches."""


class Ending:
    """Ends what is called within at its n-th word to Streamlit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        monkeypatch.setattr(ScriptRunner, "_maybe_handle_execution_control_request", lambda _: self.heard())

    def heard(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Ended

    def call(self, at: int, function: Callable[[], object]) -> bool:
        """Whether it came to an end of its own."""
        self.left = at
        try:
            function()
        except Ended:
            return False
        finally:
            self.left = None
        return True


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Ending:
    return Ending(monkeypatch)


def receive(operations: list[dict[str, Any]], draft: Draft) -> Callable[[], None]:
    numbered = [{**operation, "number": at + 1} for at, operation in enumerate(operations)]
    outbox = {"draft": draft.id, "client": CLIENT, "sending": 1, "operations": numbered}

    def call() -> None:
        st.session_state[component.KEY] = {"outbox": outbox}
        canvas_view._receive()

    return call


def known(draft_id: str, drafts: Drafts) -> tuple[int, tuple[str, int], int, tuple[str, ...]]:
    """The blocks there are, and what the tab says of them: acknowledged, announced, selected."""
    design = drafts.get(draft_id).design
    return len(design.blocks), notes().acknowledged, notes().announcement[0], state.selected_blocks(design)


def test_operations_of_the_canvas_are_done_and_answered_or_not_begun(drafts: Drafts, ending: Ending) -> None:
    found, at, ended = set(), 0, False
    while not ended:
        draft = drafts.create(Design())
        tab = Tab(draft=draft.id)
        ended = tab(ending.call, at, receive([ADD, ADD, {"kind": "undo"}], draft))
        found.add(tab(known, draft.id, drafts))
        at += 1
    # two blocks, and the second taken back: three operations, each answered
    assert found == {(0, ("", 0), 0, ()), (1, (CLIENT, 3), 3, ())}
    assert at > 3


def test_a_change_is_selected_and_seen_or_not_made(drafts: Drafts, ending: Ending) -> None:
    found, at, ended = set(), 0, False
    while not ended:
        draft = drafts.create(Design())
        tab = Tab(draft=draft.id)
        tab(drafting.see, draft)
        ended = tab(ending.call, at, lambda: drafting.change_draft(adding("a")))
        after = drafts.get(draft.id)
        seen = tab(lambda: (notes().seen[draft.id], notes().selection or ()))  # noqa: B023
        found.add((len(after.design.blocks), seen[0] == after.revision, len(seen[1])))
        at += 1
    assert found == {(0, True, 0), (1, True, 1)}


def test_a_held_change_is_made_or_still_held(drafts: Drafts, ending: Ending) -> None:
    found, at, ended = set(), 0, False
    while not ended:
        draft = drafts.create(Design())
        tab = Tab(draft=draft.id)
        tab(drafting.see, draft)
        drafts.change(draft.id, adding("theirs"), editor="somebody")
        tab(drafting.change_draft, adding("mine"))
        ended = tab(ending.call, at, lambda: drafting.settle(True))
        held = tab(drafting.conflict) is not None
        found.add((len(drafts.get(draft.id).design.blocks), held))
        at += 1
    assert found == {(1, True), (2, False)}


def test_a_new_draft_is_looked_at_or_not_made(drafts: Drafts, ending: Ending) -> None:
    found, at, ended = set(), 0, False
    while not ended:
        before = len(drafts.recent(100))
        tab = Tab()
        ended = tab(ending.call, at, lambda: drafting.open_design(Design()))
        found.add((len(drafts.recent(100)) - before, tab(current, "draft") is not None))
        at += 1
    assert found == {(0, False), (1, True)}


def test_what_was_set_while_whole_is_in_the_address_afterwards() -> None:
    tab = Tab(draft="old", run="r")

    def act() -> None:
        with whole():
            assert is_whole()
            with whole():  # within another it is a part of that one
                set_current("draft", "new")
                set_current("run", None)
            assert (current("draft"), current("run")) == ("new", None)
            assert st.query_params.to_dict() == {"draft": "old", "run": "r"}
        assert not is_whole()
        assert st.query_params.to_dict() == {"draft": "new"}

    tab(act)
