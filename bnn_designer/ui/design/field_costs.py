"""What other values of a field would cost: near ones of a number, the other ones of a choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bnn_designer.cost import DeployOptions
from bnn_designer.cost.partial import figures
from bnn_designer.design import Design, apply_edit
from bnn_designer.design.moves import update_blocks
from bnn_designer.errors import DesignError
from bnn_designer.ui.design.canvas.preview import deltas
from bnn_designer.ui.shared.fields import NAME, FieldSpec

#: More values than this are not tried.
_MOST = 6


def field_costs(design: Design, block_ids: Sequence[str], spec: FieldSpec, options: DeployOptions) -> list[str]:
    """A line for each value: ``64: File +9.00 KiB, RAM +64.0 KiB``; a value that is refused says why."""
    value = getattr(design.find(block_ids[0]), spec.name)
    lines = []
    for label, other in list(_others(spec, value))[:_MOST]:
        try:
            changed = apply_edit(design, update_blocks(design, block_ids, {spec.name: other}))
        except DesignError as error:
            lines.append(f"{label}: {error.rule}")
            continue
        before, after = figures(design, options), figures(changed, options)
        if after.error is not None and before.error is None:
            lines.append(f"{label}: {after.error.rule}")
            continue
        found = [f"{delta.label} {delta.text}" for delta in deltas(before, after) if delta.change]
        lines.append(f"{label}: {', '.join(found) or 'no change'}")
    return lines


def _others(spec: FieldSpec, value: Any) -> Iterator[tuple[str, Any]]:
    if spec.widget == "whole" and value is not None:
        for other in (value * 2, value // 2):
            if other != value and _within(spec, other):
                yield str(other), other
    elif spec.widget == "pair" and isinstance(value, tuple):
        for other in ((value[0] + 2, value[1] + 2), (value[0] - 2, value[1] - 2), (value[0] + 1, value[1] + 1)):
            if all(_within(spec, size) for size in other):
                yield f"{other[0]} x {other[1]}", other
    elif spec.widget == "width" and isinstance(value, tuple):
        # of a series, whose height is 1
        for width in (value[1] + 2, value[1] - 2, value[1] + 1):
            if _within(spec, width):
                yield str(width), (value[0], width)
    elif spec.widget == "choice":
        for other in (*((None,) if spec.optional else ()), *spec.choices):
            if other != value:
                yield "none" if other is None else str(other).replace("_", " "), other
    elif spec.widget == "switch":
        yield ("off" if value else "on"), not value
    elif spec.widget == "named":
        for other in (*((None,) if spec.optional else ()), *spec.choices):
            if other != (None if value is None else getattr(value, NAME)):
                yield (
                    "none" if other is None else str(other).replace("_", " "),
                    None if other is None else {NAME: other},
                )


def _within(spec: FieldSpec, number: float) -> bool:
    return (spec.minimum is None or number >= spec.minimum) and (spec.maximum is None or number <= spec.maximum)
