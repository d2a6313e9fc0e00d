"""The number that a person changes most often in a block: typed into its card, without opening its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnn_designer.design.blocks import Block, PoolBatchNorm
from bnn_designer.ui.shared.fields import FieldSpec, form_fields

#: The first of these that a block has. A pair shows one number where both are equal, and takes one for both.
_FIELDS = ("filters", "units", "times", "growth", "reduction", "rate", "stride", "kernel_size", "pool_size")


@dataclass(frozen=True)
class MainNumber:
    """A field of a block, as a field of a form.

    Attributes:
        field: its name in the document.
        label: its name for people.
        minimum, maximum: inclusive; None: no bound.
        step: the distance of two neighboring values.
    """

    field: str
    label: str
    value: float
    minimum: float | None
    maximum: float | None
    step: float

    def to_data(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


def main_number(block: Block) -> MainNumber | None:
    """The number of a block; None for one that has none, or an uneven pair that is better edited as such."""
    if isinstance(block, PoolBatchNorm) and block.pool == "global_average":
        return None  # its window is the image
    specs = {spec.name: spec for spec in form_fields(type(block))}
    name = next((name for name in _FIELDS if name in specs), None)
    if name is None:
        return None
    value = getattr(block, name)
    if isinstance(value, tuple):
        if len(set(value)) > 1:
            return None
        value = value[0]
    return _of(specs[name], value)


def _of(spec: FieldSpec, value: float) -> MainNumber:
    return MainNumber(spec.name, spec.label, value, spec.minimum, spec.maximum, 0.05 if spec.widget == "number" else 1)
