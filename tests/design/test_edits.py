"""Edits: what each does, which laws hold for all of them, and what is refused."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design.blocks import Block, Container, Conv, Flatten, Head, Shortcut, children
from bnn_designer.design.edits import (
    Add,
    Duplicate,
    Edit,
    Move,
    Remove,
    Several,
    Unwrap,
    Update,
    UpdateDesign,
    WrapInShortcut,
    parse_edit,
)
from bnn_designer.design.validation import MAX_BLOCKS, MAX_DEPTH
from bnn_designer.errors import DesignError
from tests.strategies import blocks, designs, edits_of, places


def small() -> Design:
    """conv a, then a shortcut s of conv b and conv c, then a head h."""
    body = (Conv(id="b", filters=8), Conv(id="c", filters=8))
    return Design(name="small", blocks=(Conv(id="a", filters=8), Shortcut(id="s", body=body), Head(id="h")))


def paths(design: Design) -> list[str]:
    return [path for path, _ in walk(design.blocks)]


def own(block: Block) -> Block:
    """A block without what it holds, so that a tree is a multiset of them."""
    return block.model_copy(update={"body": ()}) if isinstance(block, Container) else block


def multiset(design: Design) -> Counter[Block]:
    return Counter(own(block) for _, block in walk(design.blocks))


def anonymous(block: Block) -> Block:
    copied = block.model_copy(update={"id": ""})
    body = tuple(anonymous(child) for child in children(block))
    return copied.model_copy(update={"body": body}) if isinstance(block, Container) else copied


# An edit of ``small``, and the paths after it.
EDITS: list[tuple[Any, list[str]]] = [
    (Add(block=Flatten()), ["a", "s", "s/b", "s/c", "h", "flatten_1"]),
    (Add(block=Flatten(id="f"), index=0), ["f", "a", "s", "s/b", "s/c", "h"]),
    (Add(block=Flatten(), parent="s", index=1), ["a", "s", "s/b", "s/flatten_1", "s/c", "h"]),
    (
        Add(block=Shortcut(body=(Flatten(),)), parent="s"),
        ["a", "s", "s/b", "s/c", "s/shortcut_1", "s/shortcut_1/flatten_1", "h"],
    ),
    (Remove(block_id="b"), ["a", "s", "s/c", "h"]),
    (Remove(block_id="s"), ["a", "h"]),
    (Move(block_id="a"), ["s", "s/b", "s/c", "h", "a"]),
    (Move(block_id="a", index=1), ["s", "s/b", "s/c", "a", "h"]),
    (Move(block_id="a", parent="s", index=1), ["s", "s/b", "s/a", "s/c", "h"]),
    (Move(block_id="c", index=0), ["c", "a", "s", "s/b", "h"]),
    (Move(block_id="s", index=0), ["s", "s/b", "s/c", "a", "h"]),
    (Duplicate(block_id="a"), ["a", "conv_1", "s", "s/b", "s/c", "h"]),
    (Duplicate(block_id="s"), ["a", "s", "s/b", "s/c", "shortcut_1", "shortcut_1/conv_1", "shortcut_1/conv_2", "h"]),
    (Duplicate(block_id="c"), ["a", "s", "s/b", "s/c", "s/conv_1", "h"]),
    (WrapInShortcut(block_ids=("a",)), ["shortcut_1", "shortcut_1/a", "s", "s/b", "s/c", "h"]),
    (WrapInShortcut(block_ids=("b", "c")), ["a", "s", "s/shortcut_1", "s/shortcut_1/b", "s/shortcut_1/c", "h"]),
    (
        WrapInShortcut(block_ids=("a", "s")),
        ["shortcut_1", "shortcut_1/a", "shortcut_1/s", "shortcut_1/s/b", "shortcut_1/s/c", "h"],
    ),
    (Unwrap(block_id="s"), ["a", "b", "c", "h"]),
    (Update(block_id="b", changes={"filters": 16}), ["a", "s", "s/b", "s/c", "h"]),
    (UpdateDesign(changes={"name": "other"}), ["a", "s", "s/b", "s/c", "h"]),
    (Several(edits=(Remove(block_id="b"), Move(block_id="c", index=0), Unwrap(block_id="s"))), ["c", "a", "h"]),
    # the second edit names what the first one made
    (Several(edits=(Duplicate(block_id="a"), Remove(block_id="conv_1"))), ["a", "s", "s/b", "s/c", "h"]),
]


@pytest.mark.parametrize(("edit", "expected"), EDITS)
def test_what_an_edit_does(edit: Any, expected: list[str]) -> None:
    assert paths(apply_edit(small(), edit)) == expected


def test_update_changes_only_what_it_names() -> None:
    changed = apply_edit(
        small(), Update(block_id="b", changes={"filters": 16, "kernel_size": [5, 1], "batch_norm": {}})
    )
    block = changed.find("b")
    assert isinstance(block, Conv)
    assert (block.filters, block.kernel_size, block.strides) == (16, (5, 1), (1, 1))
    assert block.batch_norm is not None
    assert changed.find("c") == small().find("c")
    assert apply_edit(changed, Update(block_id="b", changes={"batch_norm": None})).find("b").batch_norm is None  # type: ignore[union-attr]


def test_update_design() -> None:
    changed = apply_edit(small(), UpdateDesign(changes={"name": "n", "input_shape": [28, 28, 1], "classes": 2}))
    assert (changed.name, changed.input_shape, changed.classes) == ("n", (28, 28, 1), 2)
    assert changed.blocks == small().blocks


# An edit of ``small`` that is refused, and parts of the message.
BAD_EDITS: list[tuple[Any, str, str]] = [
    (Remove(block_id="x"), "small", "there is no block 'x'"),
    (Duplicate(block_id="x"), "small", "there is no block 'x'"),
    (Update(block_id="x", changes={}), "small", "there is no block 'x'"),
    (Unwrap(block_id="x"), "small", "there is no block 'x'"),
    (WrapInShortcut(block_ids=("a", "x")), "small", "there is no block 'x'"),
    (Move(block_id="x"), "small", "there is no block 'x'"),
    (Move(block_id="a", parent="x"), "small", "there is no block 'x'"),
    (Add(block=Flatten(), parent="x"), "small", "there is no block 'x'"),
    (Add(block=Flatten(), parent="a"), "a", "a conv block cannot hold blocks"),
    (Add(block=Flatten(), index=4), "small", "there is no position 4 among 3 blocks"),
    (Add(block=Flatten(), index=-1), "small", "there is no position -1 among 3 blocks"),
    (Add(block=Flatten(), parent="s", index=3), "s", "there is no position 3 among 2 blocks"),
    (Add(block=Conv(id="b", filters=1)), "b", 'the id "b" is already used: s/b has it too'),
    (Add(block=Shortcut(body=(Flatten(id="y"), Flatten(id="y")))), "shortcut/y", 'the id "y" is already used'),
    (Move(block_id="a", index=3), "small", "there is no position 3 among 2 blocks"),
    (Move(block_id="s", parent="s"), "s", "a block cannot be moved into itself"),
    (Update(block_id="b", changes={"filters": 0}), "s/b", "filters must be at least 1, and is 0"),
    (Update(block_id="b", changes={"units": 3}), "s/b", "units is not a known field"),
    (Update(block_id="b", changes={"id": "z"}), "s/b", "id cannot be changed"),
    (Update(block_id="s", changes={"body": [], "kind": "conv"}), "s", "body, kind cannot be changed"),
    (WrapInShortcut(block_ids=("a", "h")), "a", "a, h are not next to each other"),
    (WrapInShortcut(block_ids=("s", "a")), "s", "s, a are not next to each other"),
    (WrapInShortcut(block_ids=("a", "a")), "a", "a, a are not next to each other"),
    (WrapInShortcut(block_ids=("s", "b")), "s", "s, b are not next to each other"),
    (Unwrap(block_id="a"), "a", "only a block that holds blocks"),
    (UpdateDesign(changes={"classes": 0}), "small", "classes must be at least 1, and is 0"),
    (UpdateDesign(changes={"blocks": []}), "small", "blocks cannot be changed"),
    (Several(edits=(Remove(block_id="a"), Remove(block_id="a"))), "small", "there is no block 'a'"),
]


@pytest.mark.parametrize(("edit", "path", "rule"), BAD_EDITS)
def test_refused_edit(edit: Any, path: str, rule: str) -> None:
    design = small()
    with pytest.raises(DesignError) as caught:
        apply_edit(design, edit)
    assert caught.value.path == path
    assert rule in caught.value.rule
    assert caught.value.mend
    assert design == small()


def test_edits_keep_within_the_limits_of_a_file() -> None:
    """What edits can make, a saved file can hold: nothing may be lost by saving and loading."""
    design = Design(blocks=(Flatten(id="f"),))
    for _ in range(MAX_DEPTH - 1):
        design = apply_edit(design, WrapInShortcut(block_ids=(design.blocks[0].id,)))
        assert Design.from_json(design.to_json()) == design
    with pytest.raises(DesignError, match=f"more than {MAX_DEPTH} deep"):
        apply_edit(design, WrapInShortcut(block_ids=("f",)))
    full = Design(blocks=(Flatten(),) * MAX_BLOCKS)
    for edit in (Add(block=Flatten()), Duplicate(block_id="flatten_1"), WrapInShortcut(block_ids=("flatten_1",))):
        with pytest.raises(DesignError, match=f"more than {MAX_BLOCKS} blocks"):
            apply_edit(full, edit)


def test_a_block_nested_beyond_recursion_is_refused() -> None:
    block: Block = Flatten()
    for _ in range(5000):
        block = Shortcut(body=(block,))
    with pytest.raises(DesignError, match="nested more than"):
        apply_edit(small(), Add(block=block))


@given(designs(), st.data())
def test_an_edit_is_pure_and_keeps_ids(design: Design, data: st.DataObject) -> None:
    edit = data.draw(edits_of(design))
    before, edit_before = design.to_json(), copy.deepcopy(edit)
    changed = apply_edit(design, edit)
    assert design.to_json() == before
    assert edit == edit_before
    assert apply_edit(design, edit) == changed
    assert Design.from_json(changed.to_json()) == changed
    # What is in both documents has the id that it had, and new blocks take no id of another.
    was = {block.id: own(block) for _, block in walk(design.blocks)}
    now = [block for _, block in walk(changed.blocks)]
    assert len({block.id for block in now}) == len(now)
    for block in now:
        if block.id in was and not (set(_kinds(edit)) & {"update", "remove"}):
            assert own(block) == was[block.id]


def _kinds(edit: Edit) -> tuple[str, ...]:
    """What an edit does; a block that was removed may leave its id to a new one."""
    return tuple(one.edit for one in edit.edits) if isinstance(edit, Several) else (edit.edit,)


@given(designs(), blocks, st.data())
def test_add_then_remove_is_nothing(design: Design, block: Block, data: st.DataObject) -> None:
    added = apply_edit(design, Add(block=block, **data.draw(places(design))))
    (new,) = (
        {block.id for block in _with_parents(added)}
        - {block.id for block in _with_parents(design)}
        - _inner(added, design)
    )
    assert anonymous(added.find(new)) == anonymous(block)
    assert apply_edit(added, Remove(block_id=new)) == design


def _with_parents(design: Design) -> list[Block]:
    return [block for _, block in walk(design.blocks)]


def _inner(after: Design, before: Design) -> set[str]:
    """The ids of new blocks that stand inside of a new block."""
    old = {block.id for block in _with_parents(before)}
    new = [block for block in _with_parents(after) if block.id not in old]
    return {inner.id for block in new for _, inner in walk(children(block))}


@given(designs(), st.data())
def test_move_keeps_the_blocks(design: Design, data: st.DataObject) -> None:
    assume(design.blocks)
    block = data.draw(st.sampled_from([block for _, block in walk(design.blocks)]))
    place = data.draw(places(design, without=block.id))
    moved = apply_edit(design, Move(block_id=block.id, **place))
    assert multiset(moved) == multiset(design)
    assert moved.find(block.id) == block
    siblings = moved.blocks if place["parent"] is None else children(moved.find(place["parent"]))
    index = len(siblings) - 1 if place["index"] is None else place["index"]
    assert siblings[index].id == block.id


@given(designs(), st.data())
def test_wrap_then_unwrap_is_nothing(design: Design, data: st.DataObject) -> None:
    holders = [design.blocks, *(children(block) for _, block in walk(design.blocks))]
    siblings = data.draw(st.sampled_from(holders))
    assume(siblings)
    start = data.draw(st.integers(0, len(siblings) - 1))
    stop = data.draw(st.integers(start + 1, len(siblings)))
    chosen = tuple(block.id for block in siblings[start:stop])
    wrapped = apply_edit(design, WrapInShortcut(block_ids=chosen))
    (shortcut,) = {b.id for _, b in walk(wrapped.blocks)} - {b.id for _, b in walk(design.blocks)}
    assert children(wrapped.find(shortcut)) == siblings[start:stop]
    assert apply_edit(wrapped, Unwrap(block_id=shortcut)) == design


@given(designs(), st.data())
def test_duplicate_puts_an_equal_block_behind(design: Design, data: st.DataObject) -> None:
    assume(design.blocks)
    index = data.draw(st.integers(0, len(design.blocks) - 1))
    original = design.blocks[index]
    doubled = apply_edit(design, Duplicate(block_id=original.id))
    assert len(doubled.blocks) == len(design.blocks) + 1
    assert doubled.blocks[: index + 1] == design.blocks[: index + 1]
    assert doubled.blocks[index + 2 :] == design.blocks[index + 1 :]
    assert anonymous(doubled.blocks[index + 1]) == anonymous(original)
    assert apply_edit(doubled, Remove(block_id=doubled.blocks[index + 1].id)) == design


# What a browser may send, and parts of the message.
BAD_EDIT_DATA: list[tuple[Any, str]] = [
    (None, "edit: this must be an object, and is null"),
    (5, "edit: this must be an object, and is 5"),
    ([], "edit: this must be an object, and is []"),
    ({}, "edit: edit is missing"),
    ({"edit": "zap"}, "edit: edit must be one of 'add', 'remove'"),
    ({"edit": ["add"]}, 'and is ["add"]'),
    ({"edit": "add"}, "edit: block is missing"),
    ({"edit": "add", "block": 5}, "edit: block must be an object, and is 5"),
    ({"edit": "add", "block": {}}, "edit: block: kind is missing"),
    ({"edit": "add", "block": {"kind": "conv"}}, "edit: conv: filters is missing"),
    ({"edit": "add", "block": {"kind": "conv", "id": "x", "filters": 0}}, "edit: x: filters must be at least 1"),
    (
        {"edit": "add", "block": {"kind": "shortcut", "id": "s", "body": [{"kind": "conv", "filters": 0}]}},
        "edit: s/conv (number 1): filters must be at least 1, and is 0",
    ),
    ({"edit": "add", "block": {"kind": "head"}, "index": "1"}, 'edit: index must be a whole number, and is "1"'),
    ({"edit": "move", "block_id": "a", "index": True}, "edit: index must be a whole number, and is true"),
    ({"edit": "move", "block_id": "a", "index": 1.5}, "edit: index must be a whole number, and is 1.5"),
    ({"edit": "remove"}, "edit: block_id is missing"),
    ({"edit": "remove", "block_id": 5}, "edit: block_id must be a text, and is 5"),
    ({"edit": "remove", "block_id": "a", "x": 1}, "edit: x is not a known field"),
    ({"edit": "update", "block_id": "a", "changes": []}, "edit: changes must be an object, and is []"),
    ({"edit": "wrap_in_shortcut", "block_ids": []}, "edit: block_ids must be a list of one id or more, and is []"),
    ({"edit": "several"}, "edit: edits is missing"),
    ({"edit": "several", "edits": []}, "edit: edits must be a list of 1 to 500 edits, and is []"),
    ({"edit": "several", "edits": 5}, "edit: edits must be a list of 1 to 500 edits, and is 5"),
    (
        {"edit": "several", "edits": [{"edit": "remove", "block_id": "a"}] * 501},
        "edit: edits must be a list of 1 to 500 edits, and is a list of 501",
    ),
    ({"edit": "several", "edits": [5]}, "edit: edit 1: this must be an object, and is 5"),
    ({"edit": "several", "edits": [{"edit": "several", "edits": []}]}, "edit: edit 1: edit must be one of 'add'"),
    (
        {"edit": "several", "edits": [{"edit": "remove", "block_id": "a"}, {"edit": "add", "block": {"kind": "conv"}}]},
        "edit: edit 2/conv: filters is missing",
    ),
    ({"edit": "several", "edits": [{"edit": "move", "block_id": 5}]}, "edit: edit 1: block_id must be a text"),
    ({"edit": "wrap_in_shortcut", "block_ids": "ab"}, 'edit: block_ids must be a list of one id or more, and is "ab"'),
]


@pytest.mark.parametrize(("data", "message"), BAD_EDIT_DATA)
def test_bad_edit_data(data: Any, message: str) -> None:
    with pytest.raises(DesignError) as caught:
        parse_edit(data)
    assert message in str(caught.value)


def test_an_edit_nested_beyond_recursion_is_refused() -> None:
    block: dict[str, Any] = {"kind": "flatten"}
    for _ in range(900):
        block = {"kind": "shortcut", "body": [block]}
    with pytest.raises(DesignError, match="nested too deeply"):
        parse_edit({"edit": "add", "block": block})


@given(designs(), st.data())
def test_an_edit_survives_json(design: Design, data: st.DataObject) -> None:
    edit = data.draw(edits_of(design))
    assert parse_edit(edit.model_dump(mode="json")) == edit
