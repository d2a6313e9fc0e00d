from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.design.blocks import Activation, Conv, Head, PoolBatchNorm, Repeat, Shortcut
from bnn_designer.ui.design.canvas.announce import announcement
from bnn_designer.ui.design.canvas.operations import apply_operation
from bnn_designer.ui.shared.drafting import new_blocks
from tests.design.test_several import lettered


def said(design: Design, kind: str, **rest: Any) -> str:
    """The sentence for an operation, as the page puts it together."""
    operation = {"kind": kind, **rest}
    after = apply_operation(design, operation)
    chosen = rest["ids"] if kind in ("move", "step") else new_blocks(design, after)
    return announcement(design, after, operation, tuple(chosen))


def stage() -> Design:
    """A repetition of nine blocks: seven convolutions around two pools, each labelled with its kind and number."""
    kinds = ["conv", "conv", "pool", "conv", "pool", "conv", "conv", "conv", "conv"]
    blocks = [
        Conv(id=f"c{place}", label=f"conv {kinds[: place + 1].count('conv')}", filters=8)
        if kind == "conv"
        else PoolBatchNorm(id=f"p{place}", label=f"pool {kinds[: place + 1].count('pool')}")
        for place, kind in enumerate(kinds)
    ]
    return Design(blocks=(Repeat(id="stage", label="stage 1", body=tuple(blocks)),))


def test_the_sentence_that_the_issue_asks_for() -> None:
    """Moved conv 3 above pool 2, position 4 of 9, inside stage 1."""
    # conv 3 is the fourth of nine; from behind pool 2 it goes up to where it was
    below = apply_operation(stage(), {"kind": "step", "ids": ["c3"], "direction": "down"})
    assert said(below, "step", ids=["c3"], direction="up") == (
        "Moved conv 3 above pool 2, position 4 of 9, inside stage 1"
    )


@pytest.mark.parametrize(
    ("kind", "rest", "sentence"),
    [
        ("step", {"ids": ["a"], "direction": "down"}, "Moved Activation above Shortcut, position 2 of 5"),
        (
            "move",
            {"ids": ["a"], "parent": "s", "index": 2},
            "Moved Activation, position 3 of 3, inside Shortcut",
        ),
        (
            "move",
            {"ids": ["a", "b"], "parent": "s", "index": 0},
            "Moved 2 blocks, the first above Activation, position 1 of 4, inside Shortcut",
        ),
        (
            "add",
            {"block_kind": "conv", "parent": None, "index": 0},
            "Added Float conv 1 above Activation, position 1 of 6",
        ),
        ("add", {"block_kind": "conv", "parent": None, "index": 5}, "Added Float conv 1, position 6 of 6"),
        ("duplicate", {"ids": ["a"]}, "Duplicated as Activation 1 above Activation, position 2 of 6"),
        ("wrap", {"ids": ["a"], "holder": "repeat"}, "Wrapped in Repeat 1 above Activation, position 1 of 5"),
        ("paste", {"text": '{"kind": "flatten"}'}, "Pasted Flatten 1 above Head, position 5 of 6"),
        ("remove", {"ids": ["a"]}, "Removed Activation"),
        ("remove", {"ids": ["a", "b", "e"]}, "Removed 3 blocks"),
        ("unwrap", {"ids": ["s"]}, "Unwrapped Shortcut"),
        ("step", {"ids": ["a"], "direction": "up"}, "No further step this way"),
        ("step", {"ids": ["a"], "direction": "out"}, "No further step this way"),
        ("move", {"ids": ["a"], "parent": None, "index": 1}, "Nothing to do"),
    ],
)
def test_what_was_done_is_said(kind: str, rest: dict[str, Any], sentence: str) -> None:
    assert said(lettered(), kind, **rest) == sentence


def test_a_number_is_said_with_its_field() -> None:
    design = Design(blocks=(Conv(filters=8),))
    assert said(design, "set", id="conv_1", field="kernel_size", value=5) == "Float conv 1: kernel size 5"


@pytest.mark.parametrize(("kind", "word"), [("undo", "Undid"), ("redo", "Redid")])
def test_history_is_said_with_what_is_there_then(kind: str, word: str) -> None:
    one, three = Design(blocks=(Head(),)), Design(blocks=(Shortcut(body=(Activation(),)), Head()))
    assert announcement(three, one, {"kind": kind}, ()) == f"{word} a step; 1 block"
    assert announcement(one, three, {"kind": kind}, ()) == f"{word} a step; 3 blocks"
    assert announcement(one, one, {"kind": kind}, ()) == "Nothing to do"


@given(st.permutations(["c0", "c1", "p2"]))
def test_the_first_of_several_is_the_first_in_the_design(ids: list[str]) -> None:
    # of nine, three are put behind the six others
    assert said(stage(), "move", ids=ids, parent="stage", index=9) == (
        "Moved 3 blocks, the first above conv 2, position 7 of 9, inside stage 1"
    )


@given(st.lists(st.sampled_from(["a", "s", "c", "d"]), min_size=1, unique=True))
def test_what_goes_with_its_holder_is_not_counted(ids: list[str]) -> None:
    count = len([one for one in ids if one not in "cd" or "s" not in ids])
    sentence = said(lettered(), "remove", ids=ids)
    assert (
        sentence.endswith(f" {count} blocks") if count > 1 else sentence in ("Removed Activation", "Removed Shortcut")
    )


@pytest.mark.parametrize("block_id", ["a", "b", "s", "c", "d", "e", "h"])
def test_a_sentence_names_no_id(block_id: str) -> None:
    """Ids are for the document; people hear titles."""
    assert block_id not in said(lettered(), "remove", ids=[block_id]).split()
