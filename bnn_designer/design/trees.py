"""The tree of a design's blocks: places in it, and another tree with blocks put in, replaced or numbered anew."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from bnn_designer.design.blocks import Block, Container, children, with_children
from bnn_designer.design.document import Design, walk
from bnn_designer.design.validation import as_design_error
from bnn_designer.errors import DesignError

Blocks = tuple[Block, ...]


def row_of(design: Design, parent: str | None) -> Blocks:
    """The blocks that a parent holds.

    Raises:
        DesignError: there is no such block, or it cannot hold any.
    """
    if parent is None:
        return design.blocks
    holder = design.find(parent)
    if not isinstance(holder, Container):
        raise DesignError(design.path_of(parent), f"a {holder.kind} block cannot hold blocks", "Choose one that does")
    return holder.body


def place_in(design: Design, parent: str | None, index: int | None) -> int:
    """A position among the blocks that a parent holds, from 0; None stands for their end.

    Raises:
        DesignError: there is no such parent, or no such position in it.
    """
    count = len(row_of(design, parent))
    place = count if index is None else index
    if not 0 <= place <= count:
        path = design.name if parent is None else design.path_of(parent)
        raise DesignError(path, f"there is no position {place} among {count} blocks", f"Use 0 to {count}")
    return place


def insert(design: Design, block: Block, parent: str | None, index: int | None) -> Design:
    """The design with a block before position ``index`` of a parent; None: at its end.

    Raises:
        DesignError: as :func:`place_in` and :func:`with_blocks`.
    """
    row, place = row_of(design, parent), place_in(design, parent, index)
    body = (*row[:place], block, *row[place:])
    if parent is None:
        return with_blocks(design, body)
    return with_blocks(design, replaced(design.blocks, parent, lambda found: (with_children(found, body),)))


def replaced(blocks: Blocks, block_id: str, replace: Callable[[Block], Blocks]) -> Blocks:
    """The tree with the block of that id replaced by what ``replace`` gives for it.

    Ids are unique, so the first one found is the only one: what stands beside the way to it is taken as it is.
    """
    for index, block in enumerate(blocks):
        if block.id == block_id:
            return (*blocks[:index], *replace(block), *blocks[index + 1 :])
        body = children(block)
        changed = replaced(body, block_id, replace) if body else body
        if changed is not body:
            return (*blocks[:index], with_children(block, changed), *blocks[index + 1 :])
    return blocks


def with_free_ids(block: Block, taken: set[str]) -> Block:
    """The block with no id where its own is taken, and so with what it holds; a design then gives it one."""
    copy = block.model_copy(update={"id": "" if block.id in taken else block.id})
    return (
        with_children(copy, tuple(with_free_ids(child, taken) for child in children(block)))
        if children(block)
        else copy
    )


def ids_of(design: Design) -> set[str]:
    """The ids of all blocks."""
    return {block.id for _, block in walk(design.blocks)}


def with_blocks(design: Design, blocks: Blocks) -> Design:
    """The design with another tree: ids checked to be unique, sizes to be within bounds; new blocks are numbered.

    The blocks themselves are values that were validated when they were made, so they are taken as they are.

    Raises:
        DesignError: an id is there twice, or there are too many blocks, or too many inside each other.
    """
    data = dict(design) | {"blocks": blocks}
    try:
        return Design.model_validate(data)
    except ValidationError as error:
        raise as_design_error(error, data) from None


def rearranged(design: Design, blocks: Blocks) -> Design:
    """The design with a tree of as many blocks or fewer, each with the id it had, none nested deeper: nothing to check.

    Much cheaper than :func:`with_blocks`, and advice and variants are made of hundreds of such edits.
    """
    return design.model_copy(update={"blocks": blocks})
