"""Widths of a design: blocks that are as wide as each other change together, so that what adds still fits."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.compare.editor import Editor, InapplicableError
from bnn_designer.design import Design, walk
from bnn_designer.graph import lower, ops

#: The fields that say how wide a block is.
_FIELDS = ("filters", "units", "growth")
#: Widths are multiples of this where the design's are: what packs into whole bytes.
_STEP = 8


@dataclass(frozen=True)
class Width:
    """Blocks of one width.

    Attributes:
        field: ``filters``, ``units`` or ``growth``.
        size: channels of each.
        block_ids: in reading order.
    """

    field: str
    size: int
    block_ids: tuple[str, ...]


def widths(design: Design) -> tuple[Width, ...]:
    """The widths of a design, each once, in reading order; that of the last layer follows from the classes.

    Raises:
        DesignError: the design cannot be lowered.
    """
    layers = [one for one in lower(design).layers if isinstance(one.op, ops.QuantizedOp) and one.op.is_trained]
    last = layers[-1].block_id if layers else ""
    found: dict[tuple[str, int], list[str]] = {}
    for _, block in walk(design.blocks):
        for field in _FIELDS:
            size = getattr(block, field, None)
            if size is not None and block.id != last:
                found.setdefault((field, size), []).append(block.id)
    return tuple(Width(field, size, tuple(ids)) for (field, size), ids in found.items())


def scaled_size(size: int, factor: float) -> int:
    """A width times a factor: a multiple of 8 where the width is one, and at least 1 (or 8)."""
    step = _STEP if size % _STEP == 0 else 1
    return max(step, round(size * factor / step) * step)


def scale_widths(editor: Editor, factor: float) -> None:
    """Makes every layer but the last wider or narrower by one factor.

    Raises:
        DesignError: what comes out breaks a rule.
        InapplicableError: no layer has a width of its own.
    """
    found = widths(editor.design)
    if not found:
        raise InapplicableError("no layer has a width of its own")
    for width in found:
        set_width(editor, width, scaled_size(width.size, factor))


def set_width(editor: Editor, width: Width, size: int) -> None:
    """Gives the blocks of one width another one; raises DesignError where a rule is broken."""
    for block_id in width.block_ids:
        editor.update(editor.design.find(block_id), **{width.field: size})
