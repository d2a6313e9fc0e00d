"""Edits of a document, as values: ``apply_edit(design, edit)`` gives the new document and changes nothing.

An edit names blocks by id, so it means the same whatever was moved before. A *parent* is the id of the block that
holds others, or None for the design itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Union

from pydantic import Field, TypeAdapter, ValidationError

from bnn_designer.design.blocks import BLOCK_KINDS, Block, Container, children
from bnn_designer.design.document import Design, next_id, walk
from bnn_designer.design.fields import Value
from bnn_designer.design.trees import Blocks, ids_of, insert, rearranged, replaced, with_blocks, with_free_ids
from bnn_designer.design.validation import as_design_error, size_problem
from bnn_designer.errors import DesignError

#: The most edits in one step; a hundred blocks moved at once are a hundred.
MAX_EDITS = 500

Index = Annotated[int | None, Field(strict=True)]
#: The kinds of blocks that hold others, into which blocks can be put.
HolderKind = Literal["shortcut", "sequence", "repeat", "branches", "channel_scaling"]


class Add(Value):
    """Put a new block before position ``index`` of a parent; None: at its end."""

    edit: Literal["add"] = "add"
    block: Block
    parent: str | None = None
    index: Index = None


class Remove(Value):
    """Take out a block, with all it holds."""

    edit: Literal["remove"] = "remove"
    block_id: str


class Move(Value):
    """Take a block out and put it at ``index`` of a parent, counted without it; None: at the end."""

    edit: Literal["move"] = "move"
    block_id: str
    parent: str | None = None
    index: Index = None


class Duplicate(Value):
    """Put a copy, with ids of its own, right after a block."""

    edit: Literal["duplicate"] = "duplicate"
    block_id: str


class Update(Value):
    """Change some fields of a block; its id, kind and body stay."""

    edit: Literal["update"] = "update"
    block_id: str
    changes: dict[str, Any]


class WrapInShortcut(Value):
    """Put neighboring blocks, in their order, into a new shortcut, or into another block that holds blocks."""

    edit: Literal["wrap_in_shortcut"] = "wrap_in_shortcut"
    block_ids: tuple[str, ...] = Field(min_length=1)
    kind: HolderKind = "shortcut"


class Unwrap(Value):
    """Replace a block that holds others by what it holds."""

    edit: Literal["unwrap"] = "unwrap"
    block_id: str


class UpdateDesign(Value):
    """Change the name, the input shape or the number of classes."""

    edit: Literal["update_design"] = "update_design"
    changes: dict[str, Any]


SingleEdit = Annotated[
    Union[Add, Remove, Move, Duplicate, Update, WrapInShortcut, Unwrap, UpdateDesign],  # noqa: UP007
    Field(discriminator="edit"),
]


class Several(Value):
    """Edits that are applied in their order as one step: all of them or, where one is refused, none."""

    edit: Literal["several"] = "several"
    edits: tuple[SingleEdit, ...] = Field(min_length=1, max_length=MAX_EDITS)


Edit = Annotated[
    Union[Add, Remove, Move, Duplicate, Update, WrapInShortcut, Unwrap, UpdateDesign, Several],  # noqa: UP007
    Field(discriminator="edit"),
]
_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


def parse_edit(data: dict[str, Any]) -> Edit:
    """The edit that JSON-like data holds, as a browser sends it.

    Raises:
        DesignError: the data is not an edit, or its block breaks a rule.
    """
    try:
        return _EDIT.validate_python(data)
    except ValidationError as error:
        raise as_design_error(error, data, "edit") from None


def apply_edit(design: Design, edit: Edit) -> Design:
    """The design after the edit.

    Raises:
        DesignError: the edit names a block or a place that is not there, or leads to a document that breaks a rule.
    """
    return _APPLY[type(edit)](design, edit)


def _add(design: Design, edit: Add) -> Design:
    return insert(design, edit.block, edit.parent, edit.index)


def _remove(design: Design, edit: Remove) -> Design:
    design.find(edit.block_id)
    return rearranged(design, replaced(design.blocks, edit.block_id, lambda block: ()))


def _move(design: Design, edit: Move) -> Design:
    block = design.find(edit.block_id)
    if edit.parent in {inner.id for _, inner in walk((block,))}:
        raise DesignError(design.path_of(edit.block_id), "a block cannot be moved into itself", "Choose another place")
    return insert(_remove(design, Remove(block_id=edit.block_id)), block, edit.parent, edit.index)


def _duplicate(design: Design, edit: Duplicate) -> Design:
    copy = with_free_ids(design.find(edit.block_id), ids_of(design))
    return with_blocks(design, replaced(design.blocks, edit.block_id, lambda block: (block, copy)))


def _update(design: Design, edit: Update) -> Design:
    block = design.find(edit.block_id)
    fixed = {"id", "kind", "body"} & edit.changes.keys()
    if fixed:
        raise DesignError(
            design.path_of(edit.block_id), f"{', '.join(sorted(fixed))} cannot be changed", "Move or replace the block"
        )
    try:
        changed = changed_block(block, edit.changes)
    except ValidationError as error:
        raise as_design_error(error, edit.changes, design.path_of(edit.block_id)) from None
    return rearranged(design, replaced(design.blocks, edit.block_id, lambda block: (changed,)))


def changed_block(block: Block, changes: dict[str, Any]) -> Block:
    """The block with other values in some fields; what it holds is taken as it is.

    Raises:
        pydantic.ValidationError: a field is not known, or its value breaks a rule.
    """
    data = block.model_dump(exclude={"body"}) | changes
    if isinstance(block, Container):
        data["body"] = block.body
    return type(block).model_validate(data)


def _wrap_in_shortcut(design: Design, edit: WrapInShortcut) -> Design:
    for block_id in edit.block_ids:
        design.find(block_id)
    first = design.position_of(edit.block_ids[0])
    body = first.siblings[first.index : first.index + len(edit.block_ids)]
    if tuple(block.id for block in body) != edit.block_ids:
        raise DesignError(
            design.path_of(edit.block_ids[0]),
            f"{', '.join(edit.block_ids)} are not next to each other",
            "Choose consecutive blocks of one level",
        )
    holder: Any = BLOCK_KINDS[edit.kind].model_validate({"id": next_id(edit.kind, ids_of(design)), "body": body})
    rest = set(edit.block_ids[1:])

    def swap(block: Block) -> Blocks:
        return (holder,) if block.id == edit.block_ids[0] else ()

    blocks = design.blocks
    for block_id in rest:
        blocks = replaced(blocks, block_id, swap)
    blocks = replaced(blocks, edit.block_ids[0], swap)
    problem = size_problem(blocks, children)
    if problem:
        raise DesignError(design.name, *problem)
    return rearranged(design, blocks)


def _unwrap(design: Design, edit: Unwrap) -> Design:
    if not isinstance(design.find(edit.block_id), Container):
        raise DesignError(
            design.path_of(edit.block_id), "only a block that holds blocks can be unwrapped", "Choose one that does"
        )
    return rearranged(design, replaced(design.blocks, edit.block_id, children))


def _update_design(design: Design, edit: UpdateDesign) -> Design:
    fixed = edit.changes.keys() - {"name", "input_shape", "classes"}
    if fixed:
        raise DesignError(design.name, f"{', '.join(sorted(fixed))} cannot be changed this way", "Use another edit")
    data = dict(design) | edit.changes
    try:
        return Design.model_validate(data)
    except ValidationError as error:
        raise as_design_error(error, data, design.name) from None


def _several(design: Design, edit: Several) -> Design:
    for one in edit.edits:
        design = apply_edit(design, one)
    return design


_APPLY: dict[type[Value], Callable[[Design, Any], Design]] = {
    Add: _add,
    Remove: _remove,
    Move: _move,
    Duplicate: _duplicate,
    Update: _update,
    WrapInShortcut: _wrap_in_shortcut,
    Unwrap: _unwrap,
    UpdateDesign: _update_design,
    Several: _several,
}
