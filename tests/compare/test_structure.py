"""Several designs block by block."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.compare import BlockRow, structure
from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import Add, Move, Remove, Update
from bnn_designer.design.presets import preset
from tests.strategies import designs


def small() -> Design:
    blocks = (
        b.Conv(id="a", filters=32),
        b.BinaryConv(id="b", filters=32),
        b.BinaryConv(id="c", filters=32),
        b.GlobalPool(id="g"),
        b.Head(id="h"),
    )
    return Design(name="small", blocks=blocks)


def paths(rows: tuple[BlockRow, ...]) -> list[tuple[str | None, ...]]:
    return [tuple(cell.path if cell else None for cell in row.cells) for row in rows]


def test_three_designs_stand_block_by_block() -> None:
    wider = apply_edit(small(), Update(block_id="c", changes={"filters": 64}))
    without = apply_edit(small(), Remove(block_id="b"))
    rows = structure((small(), wider, without))
    assert paths(rows) == [
        ("a", "a", "a"),
        ("b", "b", None),
        ("c", "c", "c"),
        ("g", "g", "g"),
        ("h", "h", "h"),
    ]
    assert [row.differs for row in rows] == [False, True, True, False, False]
    changed = rows[2].cells[1]
    assert changed is not None
    assert [(one.field, one.before, one.after) for one in changed.changes] == [("filters", 32, 64)]


def test_what_two_designs_add_at_one_place_shares_a_row() -> None:
    one = apply_edit(small(), Add(block=b.Dropout(id="d", rate=0.1), index=2))
    other = apply_edit(small(), Add(block=b.Dropout(id="x", rate=0.2), index=2))
    third = apply_edit(small(), Add(block=b.BatchNorm(id="n"), index=2))
    rows = structure((small(), one, other, third))
    assert [row for row in paths(rows) if row[0] is None] == [(None, None, None, "n"), (None, "d", "x", None)]
    added = next(row for row in rows if row.cells[1] and row.cells[1].path == "d")
    assert added.cells[2] is not None
    assert [(one.field, one.before, one.after) for one in added.cells[2].changes] == [("rate", 0.1, 0.2)]


def test_a_moved_block_keeps_its_row() -> None:
    rows = structure((small(), apply_edit(small(), Move(block_id="b", index=2))))
    assert paths(rows)[1:3] == [("b", "b"), ("c", "c")]
    assert sum(bool(row.cells[1] and row.cells[1].moved) for row in rows) == 1


def test_blocks_inside_others_are_indented() -> None:
    rows = structure((preset("bi-real-cifar"),))
    assert {row.depth for row in rows} == {0, 1}
    assert not any(row.differs for row in rows)


def test_of_no_design_there_is_no_structure() -> None:
    with pytest.raises(ValueError, match="no design"):
        structure(())


@settings(max_examples=60)
@given(st.lists(designs(), min_size=1, max_size=4))
def test_every_block_of_every_design_is_in_one_row(found: list[Design]) -> None:
    rows = structure(found)
    assert all(len(row.cells) == len(found) and any(row.cells) for row in rows)
    for number, design in enumerate(found):
        there = [cell.path for row in rows if (cell := row.cells[number]) is not None]
        assert sorted(there) == sorted(path for path, _ in walk(design.blocks))
    assert [row.cells[0].path for row in rows if row.cells[0]] == [path for path, _ in walk(found[0].blocks)]


@given(designs())
def test_a_design_beside_itself_differs_nowhere(design: Design) -> None:
    assert not any(row.differs for row in structure((design, design)))
