"""Figures, differences and settings in words."""

from __future__ import annotations

from typing import Any

from bnn_designer.compare import FieldChange, Figure, Unknown, figure_text
from bnn_designer.design import Block
from bnn_designer.ui.compare.table.values import Tone
from bnn_designer.units import digits_text

#: A smaller change of a figure is told, but not stressed.
STRONG = 0.05
#: What a block is: how its numbers become bits is told only where designs differ in it.
_NOT_TELLING = frozenset(
    {"kind", "id", "label", "body", "batch_norm", "input_quantizer", "kernel_quantizer", "kernel_constraint"}
)


def exact_figure_text(figure: Figure, number: float | Unknown) -> str:
    """Every digit, with the unit; why there is none where it is unknown."""
    if isinstance(number, Unknown):
        return number.reason
    return figure_text(figure, number) if figure.unit == "ms" else f"{round(number):,} {figure.unit}"


def change_text(before: float | Unknown, after: float | Unknown) -> str:
    """A change in percent or times: ``+12 %``, ``-<0.1 %``, ``5.2 times``; "" without a change.

    A share of nothing is none. What has more than doubled is told in times, which is easier to grasp.
    """
    if isinstance(before, Unknown) or isinstance(after, Unknown) or before == after or before == 0:
        return ""
    share = after / before - 1
    if share >= 1:
        return f"{digits_text(after / before, 2)} times"
    if abs(share) < 0.001:
        return f"{'+' if share > 0 else '-'}<0.1 %"
    return f"{share * 100:+.{0 if abs(share) >= 0.1 else 1}f} %"


def tone(before: float | Unknown, after: float | Unknown) -> Tone:
    """How much a figure has changed; a small change gets no tone of its own."""
    if isinstance(before, Unknown) or isinstance(after, Unknown):
        return "unknown" if isinstance(after, Unknown) else ""
    if before == after:
        return "same"
    if before and abs(after / before - 1) < STRONG:
        return ""
    return "less" if after < before else "more"


def settings_text(block: Block) -> str:
    """What a block is in a few words: ``filters 64, strides 2``: what has no default, then what differs from it."""
    parts = []
    fields = type(block).model_fields
    for name, info in sorted(fields.items(), key=lambda field: not field[1].is_required()):
        value = getattr(block, name)
        if name not in _NOT_TELLING and (info.is_required() or value != info.get_default(call_default_factory=True)):
            parts.append(f"{_words(name)} {value_text(value)}")
    return ", ".join(parts)


def field_change_text(change: FieldChange) -> str:
    """``filters 32 → 64``."""
    return f"{_words(change.field)} {value_text(change.before)} → {value_text(change.after)}"


def value_text(value: Any) -> str:
    """A setting as people read it: ``3 x 3``, ``off``, ``ste_sign``."""
    if value is None or value is False:
        return "off"
    if value is True:
        return "on"
    if isinstance(value, dict):
        # what a quantizer or a constraint is called, with its parameters; a batch norm has no name, and is there
        others = ", ".join(f"{_words(name)} {value_text(one)}" for name, one in value.items() if name != "name")
        return "on" if "name" not in value else f"{value['name']} ({others})" if others else str(value["name"])
    if isinstance(value, list | tuple):
        return str(value[0]) if len(set(value)) == 1 and len(value) == 2 else " x ".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(field: str) -> str:
    return field.replace("_", " ").removesuffix(".name").replace(".", " ")
