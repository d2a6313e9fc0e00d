"""What was done, in a sentence for people who hear the page: names, positions, and what is around."""

from __future__ import annotations

from bnn_designer.design import Design, Position, walk
from bnn_designer.design.moves import outermost
from bnn_designer.ui.design.canvas.cards import card_title
from bnn_designer.ui.design.canvas.operations import Operation

_DONE = {
    "add": "Added",
    "paste": "Pasted",
    "duplicate": "Duplicated as",
    "wrap": "Wrapped in",
    "move": "Moved",
    "step": "Moved",
}


def announcement(before: Design, after: Design, operation: Operation, chosen: tuple[str, ...]) -> str:
    """The sentence for an operation that was applied.

    Args:
        before, after: the design before and after it.
        operation: what the canvas sent.
        chosen: the ids of the blocks that it made, or else moved, in any order; what is inside another goes with it.
    """
    kind = str(operation.get("kind"))
    if before == after:
        return "Nothing to do" if kind != "step" else "No further step this way"
    if kind in ("undo", "redo"):
        return f"{'Undid' if kind == 'undo' else 'Redid'} a step; {_blocks(sum(1 for _ in walk(after.blocks)))}"
    if kind == "remove":
        return f"Removed {_named(before, _ids(operation))}"
    if kind == "unwrap":
        return f"Unwrapped {_named(before, _ids(operation))}"
    if kind == "set":
        block = after.find(str(operation.get("id")))
        return f"{card_title(block)}: {str(operation.get('field')).replace('_', ' ')} {operation.get('value')}"
    if not chosen:
        return ""
    moved = outermost(after, chosen)
    where = _where(moved[0])
    first = "" if len(moved) == 1 else ", the first"
    joint = " " if first or where.startswith("above") else ", "
    return f"{_DONE.get(kind, 'Changed')} {_named(after, chosen)}{first}{joint}{where}"


def _where(position: Position) -> str:
    """``above Pool 2, position 4 of 9, inside Stage 1``; the last one has nothing below it."""
    index, siblings = position.index, position.siblings
    parts = [f"above {card_title(siblings[index + 1])}"] if index + 1 < len(siblings) else []
    parts.append(f"position {index + 1} of {len(siblings)}")
    if position.parent is not None:
        parts.append(f"inside {card_title(position.parent)}")
    return ", ".join(parts)


def _named(design: Design, ids: tuple[str, ...]) -> str:
    names = [card_title(position.block) for position in outermost(design, ids)]
    return names[0] if len(names) == 1 else _blocks(len(names))


def _blocks(count: int) -> str:
    return f"{count} block{'' if count == 1 else 's'}"


def _ids(operation: Operation) -> tuple[str, ...]:
    ids = operation.get("ids")
    return tuple(str(one) for one in ids) if isinstance(ids, list) else ()
