"""Undo and redo: laws, bounds, and a history that survives a reload."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design, History
from bnn_designer.design.blocks import Flatten
from bnn_designer.design.edits import Add, Remove, UpdateDesign
from bnn_designer.design.history import MAX_STEPS
from bnn_designer.errors import DesignError
from tests.strategies import designs, edits_of


@given(designs(max_blocks=3), st.data())
def test_undo_and_redo_walk_the_same_documents(design: Design, data: st.DataObject) -> None:
    history, documents = History(present=design), [design]
    for _ in range(data.draw(st.integers(1, 3))):
        history = history.apply(data.draw(edits_of(history.present)))
        if history.present != documents[-1]:
            documents.append(history.present)
    assert (*history.past, history.present) == tuple(documents)
    for document in reversed(documents[:-1]):
        history = history.undo()
        assert history.present == document
    assert not history.can_undo
    assert history.undo() == history
    for document in documents[1:]:
        history = history.redo()
        assert history.present == document
    assert not history.can_redo
    assert history.redo() == history


@given(designs(max_blocks=3), st.data())
def test_undo_survives_a_reload(design: Design, data: st.DataObject) -> None:
    history = History(present=design)
    for _ in range(data.draw(st.integers(0, 3))):
        history = history.apply(data.draw(edits_of(history.present)))
    for _ in range(data.draw(st.integers(0, 2))):
        history = history.undo()
    again = History.from_json(history.to_json())
    assert again == history
    assert again.undo() == history.undo()
    assert again.redo() == history.redo()


def test_a_new_edit_forgets_what_was_undone() -> None:
    history = History(present=Design()).apply(Add(block=Flatten())).undo()
    assert history.can_redo
    assert not history.apply(UpdateDesign(changes={"name": "other"})).can_redo


def test_an_edit_without_effect_is_no_step() -> None:
    history = History(present=Design(name="a"))
    assert history.apply(UpdateDesign(changes={"name": "a"})) is history


def test_a_refused_edit_leaves_the_history_as_it_was() -> None:
    history = History(present=Design()).apply(Add(block=Flatten())).undo()
    before = history.to_json()
    with pytest.raises(DesignError, match="there is no block"):
        history.apply(Remove(block_id="flatten_1"))
    assert history.to_json() == before


def test_a_history_is_bounded() -> None:
    history = History(present=Design(name="0"))
    for step in range(1, MAX_STEPS + 50):
        history = history.replace(Design(name=str(step)))
    assert len(history.past) == MAX_STEPS
    assert history.past[0].name == str(MAX_STEPS + 49 - MAX_STEPS)
    for _ in range(MAX_STEPS):
        history = history.undo()
    assert not history.can_undo
    assert len(history.future) == MAX_STEPS
    for _ in range(MAX_STEPS):
        history = history.redo()
    assert history.present.name == str(MAX_STEPS + 49)


def test_a_longer_saved_history_is_cut_and_still_works() -> None:
    """Such as one saved by a version that kept more steps."""
    steps = [{"name": str(step)} for step in range(MAX_STEPS + 5)]
    history = History.from_json(json.dumps({"past": steps, "present": {"name": "now"}, "future": [{"name": "next"}]}))
    assert [design.name for design in history.past] == [str(step) for step in range(5, MAX_STEPS + 5)]
    history = history.redo()
    assert history.present.name == "next"
    assert len(history.past) == MAX_STEPS
    assert history.past[-1].name == "now"


BAD_HISTORIES = [
    "",
    "[]",
    "null",
    "5",
    "{}",
    "{",
    "[" * 100_000,
    "9" * 5000,
    '{"present": 5}',
    '{"present": null}',
    '{"present": {"classes": 0}}',
    '{"present": {"schema_version": 99}}',
    '{"present": {}, "past": 5}',
    '{"present": {}, "past": null}',
    '{"present": {}, "past": "ab"}',
    '{"present": {}, "past": [7]}',
    '{"present": {}, "future": {"a": 1}}',
]


@pytest.mark.parametrize("text", BAD_HISTORIES)
def test_bad_history(text: Any) -> None:
    with pytest.raises(DesignError):
        History.from_json(text)
