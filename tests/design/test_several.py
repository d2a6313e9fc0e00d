"""Several blocks at once: moved, removed, copied, wrapped, changed, pasted."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bnn_designer.design import Block, Design, Edit, apply_edit, walk
from bnn_designer.design.blocks import Activation, Container, Conv, Flatten, Head, Shortcut, children
from bnn_designer.design.clipboard import block_texts, joined
from bnn_designer.design.edits import MAX_EDITS, Several, Unwrap, parse_edit
from bnn_designer.design.moves import (
    duplicate_blocks,
    move_blocks,
    paste_blocks,
    remove_blocks,
    update_blocks,
    wrap_blocks,
)
from bnn_designer.design.validation import MAX_BLOCKS
from bnn_designer.errors import DesignError
from tests.design.test_edits import anonymous, multiset, paths
from tests.strategies import designs, json_values

Selection = tuple[Design, list[str]]


def lettered() -> Design:
    """a, b, s holding c and d, e, h (a head)."""
    shortcut = Shortcut(id="s", body=(Activation(id="c"), Activation(id="d")))
    blocks = (Activation(id="a"), Activation(id="b"), shortcut, Activation(id="e"), Head(id="h"))
    return Design(name="lettered", blocks=blocks)


@st.composite
def selections(draw: st.DrawFn, max_blocks: int = 5) -> Selection:
    """A design and some ids of it, in any order, perhaps one inside another."""
    design = draw(designs(max_blocks=max_blocks).filter(lambda design: design.blocks))
    ids = [block.id for _, block in walk(design.blocks)]
    return design, draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))


def rows(design: Design) -> dict[str | None, tuple[Block, ...]]:
    """What every parent holds."""
    holders = {block.id: block.body for _, block in walk(design.blocks) if isinstance(block, Container)}
    return {None: design.blocks, **holders}


def outermost(design: Design, ids: list[str]) -> list[Block]:
    """The selected blocks that are in no other selected one, in the design's order; by their paths."""
    chosen = []
    for path, block in walk(design.blocks):
        if block.id in ids and not set(path.split("/")[:-1]) & set(ids):
            chosen.append(block)
    return chosen


def ids_of(blocks: tuple[Block, ...]) -> list[str]:
    return [block.id for block in blocks]


# ---- moving

MOVES: list[tuple[str, str | None, int | None, list[str]]] = [
    ("b", None, 0, ["b", "a", "s", "s/c", "s/d", "e", "h"]),
    # the index is counted before anything is taken out
    ("a", None, 3, ["b", "s", "s/c", "s/d", "a", "e", "h"]),
    ("ab", None, 4, ["s", "s/c", "s/d", "e", "a", "b", "h"]),
    ("ba", None, 4, ["s", "s/c", "s/d", "e", "a", "b", "h"]),
    ("ae", None, 2, ["b", "a", "e", "s", "s/c", "s/d", "h"]),
    ("ae", None, None, ["b", "s", "s/c", "s/d", "h", "a", "e"]),
    # into and out of a container, and a place between blocks that move themselves
    ("ae", "s", 1, ["b", "s", "s/c", "s/a", "s/e", "s/d", "h"]),
    ("cd", None, 0, ["c", "d", "a", "b", "s", "e", "h"]),
    ("adb", "s", 2, ["s", "s/c", "s/a", "s/b", "s/d", "e", "h"]),
    ("cd", "s", 1, ["a", "b", "s", "s/c", "s/d", "e", "h"]),
    # what stands in a selected container goes along with it
    ("sc", None, 0, ["s", "s/c", "s/d", "a", "b", "e", "h"]),
    ("ab", None, 1, ["a", "b", "s", "s/c", "s/d", "e", "h"]),
]


@pytest.mark.parametrize(("ids", "parent", "index", "expected"), MOVES)
def test_where_moved_blocks_stand(ids: str, parent: str | None, index: int | None, expected: list[str]) -> None:
    assert paths(apply_edit(lettered(), move_blocks(lettered(), list(ids), parent, index))) == expected


@given(selections(), st.data())
def test_moving_keeps_all_blocks_and_the_order_of_the_moved(selection: Selection, data: st.DataObject) -> None:
    design, ids = selection
    moved = outermost(design, ids)
    inside = {block.id for _, block in walk(tuple(moved))}
    targets = {parent: row for parent, row in rows(design).items() if parent not in inside}
    parent = data.draw(st.sampled_from(list(targets)))
    index = data.draw(st.none() | st.integers(0, len(targets[parent])))
    after = apply_edit(design, move_blocks(design, ids, parent, index))
    assert multiset(after) == multiset(design)
    # in their new row they stand together, between those that stood before and behind the place
    place = len(targets[parent]) if index is None else index
    before = [one for one in ids_of(targets[parent][:place]) if one not in ids]
    behind = [one for one in ids_of(targets[parent][place:]) if one not in ids]
    assert ids_of(rows(after)[parent]) == [*before, *ids_of(tuple(moved)), *behind]
    # every other row only lost what was moved, and what was moved holds what it held
    for other, row in rows(design).items():
        if other != parent:
            kept = [block for block in row if block.id not in ids or other in inside]
            assert ids_of(rows(after)[other]) == ids_of(tuple(kept))


@pytest.mark.parametrize(
    ("ids", "parent", "index", "rule"),
    [
        ("s", "s", 0, "cannot be moved into itself"),
        ("as", "s", 0, "cannot be moved into itself"),
        ("a", "b", 0, "cannot hold blocks"),
        ("a", "x", 0, "there is no block 'x'"),
        ("ax", None, 0, "there is no block 'x'"),
        ("a", None, 6, "no position 6 among 5 blocks"),
        ("a", None, -1, "no position -1 among 5 blocks"),
        ("", None, 0, "no blocks are selected"),
    ],
)
def test_a_move_that_is_refused(ids: str, parent: str | None, index: int, rule: str) -> None:
    with pytest.raises(DesignError, match=rule):
        move_blocks(lettered(), list(ids), parent, index)


# ---- removing, copying, wrapping, changing


@given(selections())
def test_removing_takes_out_what_was_selected_and_what_it_held(selection: Selection) -> None:
    design, ids = selection
    gone = {block.id for _, block in walk(tuple(outermost(design, ids)))}
    after = apply_edit(design, remove_blocks(design, ids))
    assert [block.id for _, block in walk(after.blocks)] == [
        block.id for _, block in walk(design.blocks) if block.id not in gone
    ]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("ab", ["a", "b", "activation_1", "activation_2", "s", "s/c", "s/d", "e", "h"]),
        ("ae", ["a", "activation_1", "b", "s", "s/c", "s/d", "e", "activation_2", "h"]),
        ("c", ["a", "b", "s", "s/c", "s/activation_1", "s/d", "e", "h"]),
        ("eh", ["a", "b", "s", "s/c", "s/d", "e", "activation_1", "h"]),
        (
            "bsd",
            [
                *["a", "b", "s", "s/c", "s/d"],
                *["activation_1", "shortcut_1", "shortcut_1/activation_2", "shortcut_1/activation_3", "e", "h"],
            ],
        ),
    ],
)
def test_copies_stand_behind_their_originals(ids: str, expected: list[str]) -> None:
    assert paths(apply_edit(lettered(), duplicate_blocks(lettered(), list(ids)))) == expected


@given(selections())
def test_duplicating_adds_equal_blocks_and_moves_none(selection: Selection) -> None:
    design, ids = selection
    copied = [block for block in outermost(design, ids) if not isinstance(block, Head)]
    assume(copied)
    after = apply_edit(design, duplicate_blocks(design, ids))
    old = {block.id for _, block in walk(design.blocks)}
    new = [block for _, block in walk(after.blocks) if block.id not in old]
    assert [block.id for _, block in walk(after.blocks) if block.id in old] == [b.id for _, b in walk(design.blocks)]
    assert Counter(anonymous(block) for block in new) == Counter(
        anonymous(inner) for block in copied for _, inner in walk((block,))
    )
    added = [block.id for block in new]
    assert apply_edit(after, remove_blocks(after, added)) == design


def test_a_head_is_not_copied() -> None:
    with pytest.raises(DesignError, match="a network has one head"):
        duplicate_blocks(lettered(), ["h"])


@given(selections(), st.sampled_from(["shortcut", "sequence", "repeat", "branches", "channel_scaling"]))
def test_wrapping_takes_neighbors_and_refuses_others(selection: Selection, kind: Any) -> None:
    design, ids = selection
    chosen = ids_of(tuple(outermost(design, ids)))
    row = next(row for row in rows(design).values() if chosen[0] in ids_of(row))
    start = ids_of(row).index(chosen[0])
    if ids_of(row)[start : start + len(chosen)] != chosen:
        with pytest.raises(DesignError, match="not next to each other"):
            wrap_blocks(design, ids, kind)
        return
    after = apply_edit(design, wrap_blocks(design, ids, kind))
    (holder,) = {block.id for _, block in walk(after.blocks)} - {block.id for _, block in walk(design.blocks)}
    assert (after.find(holder).kind, ids_of(children(after.find(holder)))) == (kind, chosen)
    assert apply_edit(after, Unwrap(block_id=holder)) == design


def test_only_what_holds_blocks_can_be_wrapped_around() -> None:
    with pytest.raises(DesignError, match="kind must be"):
        wrap_blocks(lettered(), ["a"], "conv")  # type: ignore[arg-type]


def test_the_same_fields_of_several_blocks_are_changed() -> None:
    design = Design(blocks=(Conv(id="a", filters=1), Shortcut(id="s", body=(Conv(id="b", filters=2),)), Flatten()))
    after = apply_edit(design, update_blocks(design, ["b", "a"], {"filters": 16, "strides": 2}))
    for block_id in "ab":
        block = after.find(block_id)
        assert isinstance(block, Conv)
        assert (block.filters, block.strides) == (16, (2, 2))
    refused = update_blocks(design, ["a", "flatten_1"], {"filters": 16})
    with pytest.raises(DesignError, match="filters is not a known field"):
        apply_edit(design, refused)


def _made(make: Callable[[], Edit]) -> Edit | None:
    """The edit; None where it is refused as there is nothing but heads."""
    try:
        return make()
    except DesignError as error:
        if "a network has one head" not in error.rule:
            raise
        return None


@given(selections())
def test_one_edit_holds_them_all_and_survives_json(selection: Selection) -> None:
    design, ids = selection
    made: list[Callable[[], Edit]] = [
        lambda: move_blocks(design, ids, None, 0),
        lambda: remove_blocks(design, ids),
        lambda: duplicate_blocks(design, ids),
        lambda: update_blocks(design, ids, {"label": "x"}),
        lambda: paste_blocks(design, copied_text(design, ids), ids[0]),
    ]
    for make in made:
        edit = _made(make)
        if edit is None:
            assert any(isinstance(design.find(one), Head) for one in ids)
            continue
        assert parse_edit(edit.model_dump(mode="json")) == edit


def test_more_blocks_than_one_step_takes_are_refused() -> None:
    design = Design(blocks=(Flatten(),) * (MAX_EDITS + 1))
    ids = [block.id for block in design.blocks]
    edit = remove_blocks(design, ids[1:])
    assert isinstance(edit, Several)
    assert len(edit.edits) == MAX_EDITS
    with pytest.raises(DesignError, match="501 blocks are more than can be changed at once"):
        remove_blocks(design, ids)


def test_all_or_none() -> None:
    design = lettered()
    edit = remove_blocks(design, ["a", "e"])
    changed = apply_edit(design, remove_blocks(design, ["e"]))
    with pytest.raises(DesignError, match="there is no block 'e'"):
        apply_edit(changed, edit)
    assert paths(changed) == ["a", "b", "s", "s/c", "s/d", "h"]


# ---- the clipboard


def copied_text(design: Design, ids: Iterable[str]) -> str:
    """The selected blocks as text, with their ids as in a design's file; the canvas leaves these out."""
    texts = block_texts(design.blocks, with_ids=True)
    return joined(texts[block.id] for block in outermost(design, ids))


@given(selections(), designs(max_blocks=3), st.data())
def test_a_pasted_copy_has_the_same_blocks_up_to_their_ids(
    selection: Selection, target: Design, data: st.DataObject
) -> None:
    design, ids = selection
    copied = outermost(design, ids)
    after = data.draw(st.sampled_from([None, "gone", *(block.id for _, block in walk(target.blocks))]))
    edit = _made(lambda: paste_blocks(target, copied_text(design, ids), after))
    if edit is None:
        assert {block.kind for block in copied} == {"head"}
        return
    pasted = apply_edit(target, edit)
    old = {block.id for _, block in walk(target.blocks)}
    assert [block.id for _, block in walk(pasted.blocks) if block.id in old] == [b.id for _, b in walk(target.blocks)]
    row = next(row for row in rows(pasted).values() if any(block.id not in old for block in row))
    new = [block for block in row if block.id not in old]
    heads_kept = new and isinstance(new[-1], Head)
    expected = [b for i, b in enumerate(copied) if b.kind != "head" or (heads_kept and i == len(copied) - 1)]
    assert [anonymous(block) for block in new] == [anonymous(block) for block in expected]
    # ids that are free stay
    for fresh, original in zip(new, expected, strict=True):
        assert fresh.id == original.id or original.id in old
    # together, and in front of a head if one is there
    start = row.index(new[0])
    assert list(row[start : start + len(new)]) == new
    assert start == 0 or not isinstance(row[start - 1], Head)
    assert not heads_kept or row[-1] == new[-1] == pasted.blocks[-1]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("a", ["a", "x", "b", "s", "s/c", "s/d", "e", "h"]),
        ("c", ["a", "b", "s", "s/c", "s/x", "s/d", "e", "h"]),
        ("h", ["a", "b", "s", "s/c", "s/d", "e", "x", "h"]),
        (None, ["a", "b", "s", "s/c", "s/d", "e", "x", "h"]),
    ],
)
def test_where_a_block_is_pasted(after: str | None, expected: list[str]) -> None:
    text = '{"kind": "flatten", "id": "x"}'
    assert paths(apply_edit(lettered(), paste_blocks(lettered(), text, after))) == expected


def test_blocks_are_pasted_into_an_empty_container() -> None:
    design = Design(blocks=(Shortcut(id="s"),))
    assert paths(apply_edit(design, paste_blocks(design, '[{"kind": "flatten", "id": "x"}]', "s"))) == ["s", "s/x"]


@pytest.mark.parametrize(
    ("blocks", "after", "expected"),
    [
        ((), None, ["x", "y"]),
        ((Activation(id="a"),), "a", ["a", "x", "y"]),
        ((Activation(id="a"), Activation(id="b")), "a", ["a", "x", "b"]),
        ((Shortcut(id="s"),), "s", ["s", "s/x"]),
        ((Shortcut(id="s", body=(Activation(id="a"),)),), "a", ["s", "s/a", "s/x"]),
        ((Head(id="h"),), None, ["x", "h"]),
    ],
)
def test_a_head_is_pasted_only_where_it_ends_the_network(
    blocks: tuple[Block, ...], after: str | None, expected: list[str]
) -> None:
    design = Design(blocks=blocks)
    text = '[{"kind": "head", "id": "z"}, {"kind": "flatten", "id": "x"}, {"kind": "head", "id": "y"}]'
    assert paths(apply_edit(design, paste_blocks(design, text, after))) == expected


def test_a_whole_design_is_pasted_without_its_head() -> None:
    text = lettered().to_json()
    pasted = apply_edit(lettered(), paste_blocks(lettered(), text, None))
    assert [anonymous(block) for block in pasted.blocks[4:8]] == [anonymous(block) for block in lettered().blocks[:4]]
    assert paths(pasted)[-1] == "h"
    assert [block.kind for _, block in walk(pasted.blocks)].count("head") == 1
    assert apply_edit(Design(), paste_blocks(Design(), text, None)).blocks == lettered().blocks


def test_free_ids_do_not_take_those_that_come_later() -> None:
    """conv_1 is taken; the next free one, conv_2, is the id of the second block pasted."""
    design = Design(blocks=(Conv(id="conv_1", filters=8),))
    text = '[{"kind": "conv", "id": "conv_1", "filters": 1}, {"kind": "conv", "id": "conv_2", "filters": 2}]'
    assert paths(apply_edit(design, paste_blocks(design, text, None))) == ["conv_1", "conv_3", "conv_2"]


def test_a_block_that_is_there_twice_is_pasted_twice() -> None:
    text = '[{"kind": "flatten", "id": "x"}, {"kind": "shortcut", "body": [{"kind": "flatten", "id": "x"}]}]'
    assert paths(apply_edit(Design(), paste_blocks(Design(), text, None))) == [
        "x",
        "shortcut_1",
        "shortcut_1/flatten_1",
    ]


BAD_TEXTS = [
    ("", "holds no blocks"),
    ("some words", "holds no blocks"),
    ("5", "holds no blocks"),
    ("null", "holds no blocks"),
    ("{}", "holds no blocks"),
    ('{"blocks": 5}', "holds no blocks"),
    ("[5]", "holds no blocks"),
    ("[" * 100_000, "holds no blocks"),
    ("9" * 5000, "holds no blocks"),
    ("[]", "no blocks in it"),
    ('{"blocks": []}', "no blocks in it"),
    ('[{"kind": "zap"}]', "kind must be one of"),
    ('[{"kind": "conv", "filters": 0}]', "filters must be at least 1"),
    ('[{"kind": "shortcut", "body": 5}]', "body must be a list of blocks"),
    ('{"blocks": [], "schema_version": 99}', "schema version 99"),
    ('{"kind": "shortcut", "body": [' * 20 + "]}" * 20, "nested more than"),
    ("[" + ",".join(['{"kind": "flatten"}'] * (MAX_BLOCKS + 1)) + "]", f"more than {MAX_BLOCKS} blocks"),
    ("[" + ",".join(['{"kind": "flatten"}'] * 501) + "]", "more than can be changed at once"),
]


@pytest.mark.parametrize(("text", "rule"), BAD_TEXTS)
def test_a_text_that_cannot_be_pasted(text: str, rule: str) -> None:
    with pytest.raises(DesignError, match=rule):
        paste_blocks(lettered(), text, None)


@given(json_values)
def test_any_json_is_pasted_or_refused(value: Any) -> None:
    for wrapped in (value, [value], {"blocks": [value]}, {"kind": "shortcut", "body": value}):
        with contextlib.suppress(DesignError):
            apply_edit(lettered(), paste_blocks(lettered(), json.dumps(wrapped), "a"))


def test_pasting_more_than_a_design_holds_is_refused() -> None:
    full = Design(blocks=(Flatten(),) * (MAX_BLOCKS - 1))
    with pytest.raises(DesignError, match=f"more than {MAX_BLOCKS} blocks"):
        paste_blocks(full, '[{"kind": "flatten"}, {"kind": "flatten"}]', None)
