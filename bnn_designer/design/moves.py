"""What a new block is, and several blocks at once: moved, removed, copied, wrapped, changed, pasted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from bnn_designer.design import Block, Design, Position, positions, walk
from bnn_designer.design.blocks import BatchNormOptions, BlockBase, Container, Conv, Head, LayerBlock, children
from bnn_designer.design.clipboard import blocks_in
from bnn_designer.design.edits import (
    MAX_EDITS,
    Add,
    Edit,
    HolderKind,
    Move,
    Remove,
    Several,
    SingleEdit,
    Update,
    parse_edit,
)
from bnn_designer.design.trees import place_in, row_of, with_blocks, with_free_ids
from bnn_designer.errors import DesignError


def _position(design: Design, block_id: str | None) -> Position | None:
    """Where a block stands; None where there is no such block."""
    return next((position for position in positions(design.blocks) if position.block.id == block_id), None)


def _place_behind(design: Design, selected: str | None) -> tuple[str | None, int]:
    """The parent and the index in it for what is put behind a block: into it if it is empty and holds others.

    At the end of the design for None and a block that is not there. Nothing is ever put behind the head, where it could
    not stay.
    """
    position = _position(design, selected)
    if position is None:
        parent, siblings, index = None, design.blocks, len(design.blocks)
    else:
        parent, siblings, index = position.parent_id, position.siblings, position.index + 1
        above = position.block
        if isinstance(above, Container) and not above.body:
            return above.id, 0
    return parent, index - (index > 0 and isinstance(siblings[index - 1], Head))


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


# ---- several blocks at once. All raise DesignError where an id is unknown, or there are none.


def move_blocks(design: Design, block_ids: Iterable[str], parent: str | None, index: int | None) -> Edit:
    """Puts blocks next to each other, in the order they have in the design, before position ``index`` of a parent.

    Args:
        design: the design as it is.
        block_ids: in any order; what stands inside another of them goes along with it.
        parent: the block that will hold them; None: the design itself.
        index: counted in the parent as it is now, before anything is taken out; None: at its end.

    Raises:
        DesignError: the parent holds no blocks, is one of them or inside one, or has no such position.
    """
    moved = [position.block for position in outermost(design, block_ids)]
    row = [block.id for block in row_of(design, parent)]
    if parent in {inner.id for _, inner in walk(tuple(moved))}:
        raise DesignError(design.path_of(str(parent)), "a block cannot be moved into itself", "Choose another place")
    place = place_in(design, parent, index)
    chosen = {block.id for block in moved}
    behind = next((block_id for block_id in row[place:] if block_id not in chosen), None)
    edits: list[SingleEdit] = []
    for block in moved:
        before = list(row)
        if block.id in row:
            row.remove(block.id)
        # one after the other, each in front of the same block, so that they end up in their order
        at = len(row) if behind is None else row.index(behind)
        row.insert(at, block.id)
        if row != before:
            edits.append(Move(block_id=block.id, parent=parent, index=at))
    return together(edits or [Move(block_id=moved[0].id, parent=parent, index=row.index(moved[0].id))])


def remove_blocks(design: Design, block_ids: Iterable[str]) -> Edit:
    """Takes blocks out, with all they hold."""
    return together([Remove(block_id=position.block.id) for position in outermost(design, block_ids)])


def duplicate_blocks(design: Design, block_ids: Iterable[str]) -> Edit:
    """Copies blocks; the copies of neighbors stand together behind the last of them.

    A head is not copied, as a network has one.

    Raises:
        DesignError: there is nothing but a head to copy.
    """
    chosen = outermost(design, block_ids)
    copied = [position for position in chosen if not isinstance(position.block, Head)]
    if not copied:
        raise _one_head(design, chosen[0].block)
    # what stands next to each other differs in its index as it does in its place in the list
    runs = groupby(enumerate(copied), lambda item: (item[1].parent_id, item[1].index - item[0]))
    taken = {block.id for _, block in walk(design.blocks)}
    added: Counter[str | None] = Counter()  # by parent, so far
    edits: list[SingleEdit] = []
    for (parent, _), items in runs:
        run = [position for _, position in items]
        for position in run:
            index = run[-1].index + 1 + added[parent]
            edits.append(Add(block=with_free_ids(position.block, taken), parent=parent, index=index))
            added[parent] += 1
    return together(edits)


def wrap_blocks(design: Design, block_ids: Iterable[str], kind: HolderKind = "shortcut") -> Edit:
    """Puts blocks into a new block that holds blocks.

    Raises:
        DesignError: they do not stand next to each other on one level, or no blocks of that kind hold others.
    """
    chosen = outermost(design, block_ids)
    first, ids = chosen[0], [position.block.id for position in chosen]
    if [block.id for block in first.siblings[first.index : first.index + len(ids)]] != ids:
        named = ", ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")
        raise DesignError(
            design.path_of(ids[0]), f"{named} are not next to each other", "Choose consecutive blocks of one level"
        )
    return parse_edit({"edit": "wrap_in_shortcut", "block_ids": ids, "kind": kind})


def update_blocks(design: Design, block_ids: Iterable[str], changes: dict[str, Any]) -> Edit:
    """Changes the same fields of blocks, of those inside others too where they are named.

    Raises:
        DesignError: when applied, where one of them has no such field or the value breaks a rule.
    """
    chosen = _chosen(design, block_ids)
    return together([Update(block_id=position.block.id, changes=changes) for position in chosen])


def paste_blocks(design: Design, text: str, after: str | None) -> Edit:
    """Puts the blocks of a text behind a block, or into it where it is an empty one that holds others.

    A block keeps its id unless the design has one of that id; it then gets a free one. A head is pasted only where it
    ends the network, and left out elsewhere.

    Args:
        design: the design as it is.
        text: a JSON list of blocks, a block, or a whole design, as the clipboard has it.
        after: the block to paste behind; None, or one that is gone: at the end.

    Raises:
        DesignError: the text holds no blocks, or such as break a rule, or nothing but a head that cannot stay.
    """
    pasted = blocks_in(text)
    parent, index = _place_behind(design, after)
    at_end = parent is None and index == len(design.blocks)
    kept: list[Block] = [block for block in pasted[:-1] if not isinstance(block, Head)]
    if at_end or not isinstance(pasted[-1], Head):
        kept.append(pasted[-1])
    if not kept:
        raise _one_head(design, pasted[-1])
    taken = {block.id for _, block in walk(design.blocks)}
    # numbered as blocks at the end of the design are, which also refuses more blocks than a design can have
    numbered = with_blocks(design, (*design.blocks, *(with_free_ids(block, taken) for block in kept))).blocks
    new = numbered[len(design.blocks) :]
    return together([Add(block=block, parent=parent, index=index + at) for at, block in enumerate(new)])


def _chosen(design: Design, block_ids: Iterable[str]) -> list[Position]:
    """Where the blocks of these ids stand, in the order of the design."""
    wanted = set(block_ids)
    found = [position for position in positions(design.blocks) if position.block.id in wanted]
    missing = wanted - {position.block.id for position in found}
    if missing:
        design.find(min(missing))  # raises
    if not found:
        raise DesignError(design.name, "no blocks are selected", "Select the blocks first")
    return found


def outermost(design: Design, block_ids: Iterable[str]) -> list[Position]:
    """Those of the blocks that stand inside no other of them, in the order of the design."""
    chosen = _chosen(design, block_ids)
    inside = {inner.id for position in chosen for _, inner in walk(children(position.block))}
    return [position for position in chosen if position.block.id not in inside]


def _one_head(design: Design, head: Block) -> DesignError:
    return DesignError(design.path_of(head.id), "a network has one head, which ends it", "Choose other blocks")


def together(edits: Sequence[SingleEdit]) -> Edit:
    """One edit that makes them all.

    Raises:
        DesignError: they are more than one edit can hold.
    """
    if len(edits) > MAX_EDITS:
        raise DesignError(
            "selection", f"{len(edits)} blocks are more than can be changed at once", f"Select at most {MAX_EDITS}"
        )
    return edits[0] if len(edits) == 1 else Several(edits=tuple(edits))
