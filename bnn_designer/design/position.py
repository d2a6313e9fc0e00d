"""Where a block stands among the others: the block that holds it, its row, and which in the row it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bnn_designer.design.blocks import Block, Container


@dataclass(frozen=True)
class Position:
    """Where a block stands.

    Attributes:
        parent: the block that holds it; None: the design itself.
        siblings: the blocks of its row, in reading order, itself among them.
        index: which of them it is, counted from 0.
    """

    parent: Container | None
    siblings: tuple[Block, ...]
    index: int

    @property
    def block(self) -> Block:
        return self.siblings[self.index]

    @property
    def parent_id(self) -> str | None:
        """The parent as edits name it."""
        return self.parent.id if self.parent is not None else None


def positions(blocks: tuple[Block, ...], parent: Container | None = None) -> Iterator[Position]:
    """The position of every block, in reading order, a block before its children."""
    for index, block in enumerate(blocks):
        yield Position(parent, blocks, index)
        if isinstance(block, Container):
            yield from positions(block.body, block)
