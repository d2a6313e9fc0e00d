"""Where a block goes: one step up or down, in and out of shortcuts, and where a new block is put."""

from __future__ import annotations

from typing import Any, Literal

from bnn_designer.design import Block, Design, Position, positions
from bnn_designer.design.blocks import BatchNormOptions, BlockBase, Container, Conv, Head, LayerBlock
from bnn_designer.design.edits import Add, Move


def _position(design: Design, block_id: str | None) -> Position | None:
    """Where a block stands; None where there is no such block."""
    return next((position for position in positions(design.blocks) if position.block.id == block_id), None)


def move_up(design: Design, block_id: str) -> Move | None:
    """One step towards the image: past the block above, into it if it is a shortcut, or out of the own shortcut.

    None for the first block. ``move_down`` takes the step back.
    """
    return _moved(design, block_id, -1)


def move_down(design: Design, block_id: str) -> Move | None:
    """One step towards the classes: past the block below, into it if it is a shortcut, or out of the own shortcut.

    None for the last block. ``move_up`` takes the step back.
    """
    return _moved(design, block_id, 1)


def _moved(design: Design, block_id: str, step: Literal[-1, 1]) -> Move | None:
    position = _position(design, block_id)
    if position is None:
        return None
    index = position.index + step
    if 0 <= index < len(position.siblings):
        beside = position.siblings[index]
        if isinstance(beside, Container):
            return Move(block_id=block_id, parent=beside.id, index=len(beside.body) if step < 0 else 0)
        return Move(block_id=block_id, parent=position.parent_id, index=index)
    outer = _position(design, position.parent_id) if position.parent else None
    return Move(block_id=block_id, parent=outer.parent_id, index=outer.index + (step > 0)) if outer else None


def following(design: Design, block_id: str) -> tuple[Block, ...]:
    """The block and those behind it on its level: what can be wrapped together with it."""
    position = _position(design, block_id)
    return position.siblings[position.index :] if position else ()


def add_after(design: Design, block: Block, selected: str | None) -> Add:
    """Puts a new block behind the selected one, into it if it is an empty shortcut, else at the end.

    Nothing is ever put behind the head, where it could not stay.
    """
    position = _position(design, selected)
    if position is None:
        parent, siblings, index = None, design.blocks, len(design.blocks)
    else:
        parent, siblings, index = position.parent_id, position.siblings, position.index + 1
        above = position.block
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
