"""Where a block goes: one step up or down, in and out of shortcuts, and where a new block is put."""

from __future__ import annotations

from typing import Any

from bnn_designer.design import Block, Design
from bnn_designer.design.blocks import BatchNormOptions, BlockBase, Container, Conv, Head, LayerBlock, children
from bnn_designer.design.edits import Add, Move

#: The parent's id (None: the design itself), the blocks in it, and the block's index among them.
Place = tuple[str | None, tuple[Block, ...], int]


def place_of(design: Design, block_id: str) -> Place | None:
    """Where a block stands; None where there is no such block."""
    return _find(design.blocks, None, block_id)


def _find(siblings: tuple[Block, ...], parent: str | None, block_id: str) -> Place | None:
    for index, block in enumerate(siblings):
        if block.id == block_id:
            return parent, siblings, index
        found = _find(children(block), block.id, block_id)
        if found:
            return found
    return None


def move_up(design: Design, block_id: str) -> Move | None:
    """One step towards the image: past the block above, into it if it is a shortcut, or out of the own shortcut.

    None for the first block. ``move_down`` takes the step back.
    """
    place = place_of(design, block_id)
    if place is None:
        return None
    parent, siblings, index = place
    if index > 0:
        above = siblings[index - 1]
        if isinstance(above, Container):
            return Move(block_id=block_id, parent=above.id, index=len(above.body))
        return Move(block_id=block_id, parent=parent, index=index - 1)
    outer = place_of(design, parent) if parent else None
    return Move(block_id=block_id, parent=outer[0], index=outer[2]) if outer else None


def move_down(design: Design, block_id: str) -> Move | None:
    """One step towards the classes: past the block below, into it if it is a shortcut, or out of the own shortcut.

    None for the last block. ``move_up`` takes the step back.
    """
    place = place_of(design, block_id)
    if place is None:
        return None
    parent, siblings, index = place
    if index < len(siblings) - 1:
        below = siblings[index + 1]
        if isinstance(below, Container):
            return Move(block_id=block_id, parent=below.id, index=0)
        return Move(block_id=block_id, parent=parent, index=index + 1)
    outer = place_of(design, parent) if parent else None
    return Move(block_id=block_id, parent=outer[0], index=outer[2] + 1) if outer else None


def following(design: Design, block_id: str) -> tuple[Block, ...]:
    """The block and those behind it on its level: what can be wrapped together with it."""
    place = place_of(design, block_id)
    return place[1][place[2] :] if place else ()


def add_after(design: Design, block: Block, selected: str | None) -> Add:
    """Puts a new block behind the selected one, into it if it is an empty shortcut, else at the end.

    Nothing is ever put behind the head, where it could not stay.
    """
    place = place_of(design, selected) if selected else None
    if place is None:
        parent, siblings, index = None, design.blocks, len(design.blocks)
    else:
        parent, siblings, index = place[0], place[1], place[2] + 1
        above = siblings[index - 1]
        if isinstance(above, Container) and not above.body:
            return Add(block=block, parent=above.id, index=0)
    if index > 0 and isinstance(siblings[index - 1], Head):
        index -= 1
    return Add(block=block, parent=parent, index=index)


def new_block(kind: type[BlockBase], channels: int | None) -> Block:
    """A block as the palette adds it: layers with a batch norm behind them, which binary ones hardly train without.

    Args:
        kind: the block's class.
        channels: the channels of the tensor it will read, so that a convolution keeps them; None or an image's few: 32.
    """
    values: dict[str, object] = {}
    if issubclass(kind, LayerBlock):
        values["batch_norm"] = BatchNormOptions()
    if "filters" in kind.model_fields:
        first = channels is None or (channels < 8 and issubclass(kind, Conv))
        values["filters"] = 32 if first or channels is None else max(channels, 8)
    if "units" in kind.model_fields:
        values["units"] = 128
    block: Any = kind.model_validate(values)
    return block  # type: ignore[no-any-return]
