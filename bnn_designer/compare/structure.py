"""Several designs block by block: one row for each block, with a cell for each design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bnn_designer.compare.align import align, moved
from bnn_designer.compare.diff import FieldChange, block_fields, field_changes
from bnn_designer.design import Block, Design, walk


@dataclass(frozen=True)
class BlockCell:
    """A block of one design.

    Attributes:
        path: where it stands in its design.
        block: as it is there.
        changes: its fields against those of the first design that has the block.
        moved: whether it stands elsewhere than in the first of all designs.
    """

    path: str
    block: Block
    changes: tuple[FieldChange, ...] = ()
    moved: bool = False


@dataclass(frozen=True)
class BlockRow:
    """One block in all designs.

    Attributes:
        depth: how many blocks hold it, in the first design that has it.
        cells: in the order of the designs; None where a design lacks the block.
    """

    depth: int
    cells: tuple[BlockCell | None, ...]

    @property
    def first(self) -> BlockCell:
        """The cell that the others are compared with."""
        return next(cell for cell in self.cells if cell is not None)

    @property
    def differs(self) -> bool:
        """Whether the designs are not alike here."""
        return any(cell is None or cell.changes or cell.moved for cell in self.cells)


@dataclass
class _Row:
    """A row while it is filled, in a chain, so that one can be put behind another."""

    depth: int
    cells: list[BlockCell | None]
    in_first: bool
    following: _Row | None = field(default=None, repr=False)


def structure(designs: Sequence[Design]) -> tuple[BlockRow, ...]:
    """The blocks of several designs, aligned.

    Every block of every design is in one row. Each design is aligned with the first one, see
    :func:`bnn_designer.compare.align.align`; what the first lacks stands behind the block that it follows in its own
    design, and blocks of one kind that two designs have at the same place share a row.

    Args:
        designs: at least one.

    Raises:
        ValueError: there is none.
    """
    if not designs:
        raise ValueError("there is no design to show the structure of")
    first = designs[0]
    start = end = _Row(0, [], in_first=False)
    of_block: dict[str, _Row] = {}
    for path, block in walk(first.blocks):
        row = _Row(path.count("/"), [BlockCell(path, block), *[None] * (len(designs) - 1)], in_first=True)
        of_block[block.id] = end.following = row
        end = row
    for number, design in enumerate(designs[1:], start=1):
        _fill(start, of_block, number, first, design, len(designs))
    return tuple(_rows(start))


def _fill(start: _Row, of_block: dict[str, _Row], number: int, first: Design, design: Design, width: int) -> None:
    pairs = align(first, design)
    elsewhere = moved(first, design, pairs)
    partner = {theirs: ours for ours, theirs in pairs.items()}
    behind = start
    for path, block in walk(design.blocks):
        ours = partner.get(block.id)
        row = of_block[ours] if ours is not None else _added(behind, number, path, block, width)
        reference = next((cell for cell in row.cells if cell is not None), None)
        changes = field_changes(block_fields(reference.block), block_fields(block)) if reference else ()
        row.cells[number] = BlockCell(path, block, changes, ours in elsewhere)
        behind = row


def _added(behind: _Row, number: int, path: str, block: Block, width: int) -> _Row:
    """The row of a block that the first design lacks: one that another design has made here, or a new one."""
    depth, row = path.count("/"), behind.following
    while row is not None and not row.in_first:
        taken = next(cell for cell in row.cells if cell is not None)
        if row.cells[number] is None and row.depth == depth and taken.block.kind == block.kind:
            return row
        row = row.following
    new = _Row(depth, [None] * width, in_first=False, following=behind.following)
    behind.following = new
    return new


def _rows(start: _Row) -> list[BlockRow]:
    found, row = [], start.following
    while row is not None:
        found.append(BlockRow(row.depth, tuple(row.cells)))
        row = row.following
    return found
