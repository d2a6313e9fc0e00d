"""A design under edits: what variants are made with, so that each can be replayed as a list of edits."""

from __future__ import annotations

from bnn_designer.design import Block, Design, apply_edit, walk
from bnn_designer.design.blocks import children
from bnn_designer.design.edits import Add, Edit, Remove, Update


class InapplicableError(Exception):
    """A variant does not apply to a design; the text is the reason."""


class Editor:
    """Applies edits one by one and keeps them.

    Attributes:
        design: as edited so far.
        edits: applied so far.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self.edits: list[Edit] = []

    def apply(self, edit: Edit) -> None:
        """Raises DesignError where the edit is refused."""
        self.design = apply_edit(self.design, edit)
        self.edits.append(edit)

    def update(self, block: Block, **changes: object) -> None:
        """Changes fields; nothing where they are so already."""
        data = dict(block)
        if any(data[name] != value for name, value in changes.items()):
            self.apply(Update(block_id=block.id, changes=dict(changes)))

    def replace(self, block: Block, other: Block) -> None:
        """Puts another block in a block's place."""
        position = self.design.position_of(block.id)
        self.apply(Remove(block_id=block.id))
        self.apply(Add(block=other, parent=position.parent_id, index=position.index))

    def siblings(self) -> list[tuple[Block, ...]]:
        """Every row of blocks, in reading order of the blocks that hold them."""
        return [self.design.blocks, *(children(block) for _, block in walk(self.design.blocks) if children(block))]
