from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design.blocks import Activation, Container, Flatten, Shortcut, children
from bnn_designer.design.steps import STEPS, Step, step_blocks
from bnn_designer.errors import DesignError
from tests.design.test_edits import multiset, paths
from tests.design.test_several import Selection, lettered, outermost, rows, selections
from tests.strategies import designs

some_designs = designs().filter(lambda design: design.blocks)


def stepped(design: Design, ids: str | list[str], step: Step) -> Design | None:
    """The design after a step; None where there is no such step."""
    edit = step_blocks(design, tuple(ids), step)
    return None if edit is None else apply_edit(design, edit)


@st.composite
def neighbors(draw: st.DrawFn) -> Selection:
    """A design and the ids of some blocks in a row."""
    design = draw(some_designs)
    row = draw(st.sampled_from([row for row in rows(design).values() if row]))
    first = draw(st.integers(0, len(row) - 1))
    end = draw(st.integers(first + 1, len(row)))
    return design, [block.id for block in row[first:end]]


@given(neighbors())
def test_a_step_up_and_one_down_take_each_other_back(selection: Selection) -> None:
    design, ids = selection
    for step, back in (("up", "down"), ("down", "up")):
        after = stepped(design, ids, step)  # type: ignore[arg-type]
        if after is not None:
            assert after != design
            assert stepped(after, ids, back) == design  # type: ignore[arg-type]


@given(neighbors())
def test_only_the_first_cannot_go_up_and_only_the_last_down(selection: Selection) -> None:
    design, ids = selection
    assert (stepped(design, ids, "up") is None) == (design.blocks[0].id == ids[0])
    assert (stepped(design, ids, "down") is None) == (design.blocks[-1].id == ids[-1])


@given(some_designs, st.data())
def test_every_place_is_reached_by_up_and_down_alone(design: Design, data: st.DataObject) -> None:
    _, block = data.draw(st.sampled_from(list(walk(design.blocks))))
    while (above := stepped(design, [block.id], "up")) is not None:
        design = above
    seen = {tuple(paths(design))}
    while (below := stepped(design, [block.id], "down")) is not None:
        design = below
        seen.add(tuple(paths(design)))
    # without the block there is one place more than blocks in every row that it is not a part of
    inside = {inner.id for _, inner in walk((block,))}
    left = [row for holder, row in rows(design).items() if holder not in inside]
    assert len(seen) == sum(len([one for one in row if one.id != block.id]) + 1 for row in left)


@given(selections(), st.sampled_from(STEPS))
def test_a_step_moves_all_of_them_together_or_there_is_none(selection: Selection, step: Step) -> None:
    design, ids = selection
    moved = [block.id for block in outermost(design, ids)]
    after = stepped(design, ids, step)
    if after is None:
        return
    assert multiset(after) == multiset(design)
    row = next(row for row in rows(after).values() if any(block.id == moved[0] for block in row))
    names = [block.id for block in row]
    start = names.index(moved[0])
    assert names[start : start + len(moved)] == moved


@given(some_designs, st.data())
def test_in_is_into_a_neighbor_and_out_behind_the_holder(design: Design, data: st.DataObject) -> None:
    path, block = data.draw(st.sampled_from(list(walk(design.blocks))))
    position = design.position_of(block.id)
    beside = [place for place in (position.index - 1, position.index + 1) if 0 <= place < len(position.siblings)]
    holders = [position.siblings[place] for place in beside if isinstance(position.siblings[place], Container)]
    after = stepped(design, [block.id], "in")
    assert (after is None) == (not holders)
    if after is not None:
        parent = after.position_of(block.id).parent
        assert parent is not None
        assert parent.id == holders[0].id
    out = stepped(design, [block.id], "out")
    assert (out is None) == ("/" not in path)
    if out is not None:
        assert position.parent is not None
        place = out.position_of(block.id)
        assert place.siblings[place.index - 1].id == position.parent.id


@pytest.mark.parametrize(
    ("ids", "step", "expected"),
    [
        ("b", "up", ["b", "a", "s", "s/c", "s/d", "e", "h"]),
        # past a block that holds others means into it, at the end that is near
        ("b", "down", ["a", "s", "s/b", "s/c", "s/d", "e", "h"]),
        ("e", "up", ["a", "b", "s", "s/c", "s/d", "s/e", "h"]),
        ("c", "up", ["a", "b", "c", "s", "s/d", "e", "h"]),
        ("d", "down", ["a", "b", "s", "s/c", "d", "e", "h"]),
        ("b", "in", ["a", "s", "s/b", "s/c", "s/d", "e", "h"]),
        ("e", "in", ["a", "b", "s", "s/c", "s/d", "s/e", "h"]),
        ("c", "out", ["a", "b", "s", "s/d", "c", "e", "h"]),
        ("cd", "out", ["a", "b", "s", "c", "d", "e", "h"]),
        ("ab", "down", ["s", "s/a", "s/b", "s/c", "s/d", "e", "h"]),
        ("ab", "in", ["s", "s/a", "s/b", "s/c", "s/d", "e", "h"]),
        # what stands apart is brought together by the step itself
        ("be", "up", ["b", "e", "a", "s", "s/c", "s/d", "h"]),
        ("ae", "down", ["b", "s", "s/c", "s/d", "h", "a", "e"]),
        # what is inside another chosen one goes with it
        ("sc", "up", ["a", "s", "s/c", "s/d", "b", "e", "h"]),
        ("a", "up", None),
        ("ab", "up", None),
        ("h", "down", None),
        ("a", "in", None),
        ("a", "out", None),
        ("as", "out", None),
        # a block is not its own neighbor: nothing that holds others stands beside these
        ("bs", "in", None),
        ("se", "in", None),
    ],
)
def test_where_a_step_leads(ids: str, step: Step, expected: list[str] | None) -> None:
    after = stepped(lettered(), ids, step)
    assert (None if after is None else paths(after)) == expected


def test_the_neighbor_of_several_is_the_one_above_the_first_or_below_the_last() -> None:
    holder = Shortcut(id="t", body=(Flatten(id="f"),))
    design = Design(blocks=(Activation(id="a"), Shortcut(id="s"), Activation(id="b"), holder))
    after = stepped(design, "asb", "in")
    assert after is not None
    assert [block.id for block in children(after.blocks[0])] == ["a", "s", "b", "f"]


def test_a_block_walks_through_a_shortcut() -> None:
    design: Design | None = Design(blocks=(Activation(id="a"), Shortcut(id="s", body=(Flatten(id="f"),))))
    seen = []
    while design is not None:
        seen.append(paths(design))
        design = stepped(design, "a", "down")
    assert seen == [["a", "s", "s/f"], ["s", "s/a", "s/f"], ["s", "s/f", "s/a"], ["s", "s/f", "a"]]


def test_an_unknown_block_is_refused() -> None:
    for step in STEPS:
        with pytest.raises(DesignError, match="there is no block 'gone'"):
            step_blocks(lettered(), ("gone",), step)
        with pytest.raises(DesignError, match="no blocks are selected"):
            step_blocks(lettered(), (), step)
