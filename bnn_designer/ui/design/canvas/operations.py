"""What the canvas sends, made into edits of the document: a table from an operation's kind to a function.

An operation is JSON from a browser: nothing about it is taken for granted. Blocks are named by id, and a step such as
"up" is worked out for the document as it is when the operation arrives, so that what is done in haste means the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from bnn_designer.cost.partial import figures
from bnn_designer.design import BLOCK_KINDS, Block, Design, Edit
from bnn_designer.design.edits import Add, Unwrap, Update, apply_edit
from bnn_designer.design.moves import (
    duplicate_blocks,
    move_blocks,
    new_block,
    paste_blocks,
    remove_blocks,
    wrap_blocks,
)
from bnn_designer.design.steps import STEPS, step_blocks
from bnn_designer.errors import DesignError
from bnn_designer.picture.outline import outline

Operation = Mapping[str, Any]

#: Operations that step through the draft's history instead of editing the document.
HISTORY = ("undo", "redo")


def apply_operation(design: Design, operation: Operation) -> Design:
    """The design after an operation; the same one where it has nothing to do.

    Raises:
        DesignError: it is no operation, names what is not there, or leads to a document that breaks a rule.
    """
    edit = edit_of(design, operation)
    return design if edit is None else apply_edit(design, edit)


def edit_of(design: Design, operation: Operation) -> Edit | None:
    """The edit of an operation; None where it has nothing to do, such as a step up of the first block.

    Raises:
        DesignError: it is no operation, or names what is not there.
    """
    make = _MAKE.get(str(operation.get("kind")))
    if make is None:
        raise _malformed("the kind of the edit is not known")
    return make(design, operation)


def _add(design: Design, operation: Operation) -> Edit:
    kind = operation.get("block_kind")
    if not isinstance(kind, str) or kind not in BLOCK_KINDS:
        raise _malformed("the kind of the block is not known")
    parent, index = _place(operation)
    return Add(block=new_block(BLOCK_KINDS[kind], _channels_at(design, parent, index)), parent=parent, index=index)


def _channels_at(design: Design, parent: str | None, index: int) -> int | None:
    """The channels of the image that reaches a place; None where it is not an image, or not known."""
    before: Block | None = None
    siblings = design.blocks if parent is None else getattr(design.find(parent), "body", ())
    if siblings and index > 0:
        before = siblings[min(index, len(siblings)) - 1]
    shapes: list[tuple[int, ...]] = [design.input_shape]
    for row in outline(design, figures(design)):
        # what stands first inside a block reads what that block reads
        if before is None and row.block_id == parent:
            break
        if row.shape:
            shapes.append(row.shape)
        if before is not None and row.block_id == before.id:
            break
    return shapes[-1][-1] if len(shapes[-1]) == 3 else None


def _move(design: Design, operation: Operation) -> Edit:
    parent, index = _place(operation)
    return move_blocks(design, _ids(operation), parent, index)


def _step(design: Design, operation: Operation) -> Edit | None:
    direction = operation.get("direction")
    if direction not in STEPS:
        raise _malformed("the direction of the step is not known")
    return step_blocks(design, _ids(operation), direction)


def _wrap(design: Design, operation: Operation) -> Edit:
    holder: Any = operation.get("holder")  # checked when the edit is made
    return wrap_blocks(design, _ids(operation), holder)


def _unwrap(design: Design, operation: Operation) -> Edit:
    return Unwrap(block_id=_ids(operation)[0])


def _set(design: Design, operation: Operation) -> Edit:
    field, value = operation.get("field"), _number(operation)
    if not isinstance(field, str):
        raise _malformed("it names no field")
    block = design.find(str(operation.get("id")))
    whole = isinstance(getattr(block, field, None), int | tuple)
    return Update(block_id=block.id, changes={field: int(value) if whole and value == int(value) else value})


def _paste(design: Design, operation: Operation) -> Edit:
    after = operation.get("after")
    return paste_blocks(design, str(operation.get("text", "")), after if isinstance(after, str) else None)


_MAKE: dict[str, Callable[[Design, Operation], Edit | None]] = {
    "add": _add,
    "move": _move,
    "step": _step,
    "remove": lambda design, operation: remove_blocks(design, _ids(operation)),
    "duplicate": lambda design, operation: duplicate_blocks(design, _ids(operation)),
    "wrap": _wrap,
    "unwrap": _unwrap,
    "set": _set,
    "paste": _paste,
}


def _ids(operation: Operation) -> tuple[str, ...]:
    ids = operation.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise _malformed("it names no blocks")
    return tuple(ids)


def _place(operation: Operation) -> tuple[str | None, int]:
    parent, index = operation.get("parent"), operation.get("index")
    if not (parent is None or isinstance(parent, str)) or isinstance(index, bool) or not isinstance(index, int):
        raise _malformed("it names no place")
    return parent, index


def _number(operation: Operation) -> int | float:
    value = operation.get("value")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _malformed("a field needs a number")


def _malformed(rule: str) -> DesignError:
    return DesignError("canvas", f"this edit cannot be read: {rule}", "Reload the page")
