"""One step of one block or of several at once: up, down, into the block beside it, out of the block around it."""

from __future__ import annotations

from typing import Literal, get_args

from bnn_designer.design.blocks import Container
from bnn_designer.design.document import Design
from bnn_designer.design.edits import Edit
from bnn_designer.design.moves import move_blocks, outermost
from bnn_designer.design.position import Position

Step = Literal["up", "down", "in", "out"]
STEPS: tuple[Step, ...] = get_args(Step)


def step_blocks(design: Design, block_ids: tuple[str, ...], step: Step) -> Edit | None:
    """The edit that moves blocks one step, as a group; None where there is no such step.

    Up and down lead past a block, and at the end of a body out of it; past a block that holds others means into it, so
    that every place can be reached by these two alone. Several blocks that do not stand side by side are brought
    together first, by the step itself. Blocks inside others of them go with these.

    Raises:
        DesignError: a block is not there.
    """
    chosen = outermost(design, block_ids)
    place = _PLACES[step](design, chosen[0], chosen[-1])
    if place is None:
        return None
    parent, index = place
    return move_blocks(design, [position.block.id for position in chosen], parent, index)


#: A parent and a place in it, counted before anything is taken out.
_Place = tuple[str | None, int]


def _up(design: Design, first: Position, last: Position) -> _Place | None:
    if first.index == 0:
        return (_of(design, first).parent_id, _of(design, first).index) if first.parent else None
    above = first.siblings[first.index - 1]
    if isinstance(above, Container):
        return above.id, len(above.body)
    return first.parent_id, first.index - 1


def _down(design: Design, first: Position, last: Position) -> _Place | None:
    if last.index + 1 == len(last.siblings):
        return (_of(design, last).parent_id, _of(design, last).index + 1) if last.parent else None
    below = last.siblings[last.index + 1]
    if isinstance(below, Container):
        return below.id, 0
    return last.parent_id, last.index + 2


def _in(design: Design, first: Position, last: Position) -> _Place | None:
    """Into the block above the first, at its end; where that holds none, into the one below the last, at its start."""
    above = first.siblings[first.index - 1] if first.index else None
    if isinstance(above, Container):
        return above.id, len(above.body)
    below = last.siblings[last.index + 1] if last.index + 1 < len(last.siblings) else None
    return (below.id, 0) if isinstance(below, Container) else None


def _out(design: Design, first: Position, last: Position) -> _Place | None:
    return (_of(design, first).parent_id, _of(design, first).index + 1) if first.parent else None


def _of(design: Design, position: Position) -> Position:
    """Where the block around a block stands."""
    assert position.parent is not None
    return design.position_of(position.parent.id)


_PLACES = {"up": _up, "down": _down, "in": _in, "out": _out}
