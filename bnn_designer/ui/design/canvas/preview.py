"""What an operation would cost: the figures of the design with it, against those without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnn_designer.cost import DeployedCost, DeployOptions
from bnn_designer.cost.partial import Figures, figures
from bnn_designer.design import Design
from bnn_designer.errors import DesignError
from bnn_designer.ui.design.canvas.operations import Operation, apply_operation
from bnn_designer.units import bytes_text, count_text, sentence, signed_text


@dataclass(frozen=True)
class Delta:
    """A figure's change.

    Attributes:
        label: the figure's name.
        before, after: its values; None: not known.
        is_bytes: whether it is a size; else a count.
    """

    label: str
    before: int | None
    after: int | None
    is_bytes: bool

    @property
    def change(self) -> int | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def text(self) -> str:
        """``+12.0 KiB``, ``no change``; without a figure before it, the figure itself."""
        show = bytes_text if self.is_bytes else count_text
        if self.change is None:
            return "not known yet" if self.after is None else show(self.after)
        return signed_text(self.change, show)

    def to_data(self) -> dict[str, Any]:
        return {"label": self.label, "text": self.text, "worse": None if not self.change else self.change > 0}


def preview(design: Design, operation: Operation, options: DeployOptions) -> dict[str, Any]:
    """The changes that an operation would make, or the error that it would be or lead to, as the canvas shows it."""
    try:
        changed = apply_operation(design, operation)
    except DesignError as error:
        return {"error": sentence(error.rule), "lines": []}
    before, after = figures(design, options), figures(changed, options)
    shown = [delta.to_data() for delta in deltas(before, after)]
    # an error that is there already is on its card; one that is new is the answer
    if after.error is not None and after.error_block_id is not None and before.error_block_id != after.error_block_id:
        return {"error": sentence(after.error.rule), "lines": shown}
    return {"error": None, "lines": shown}


_DEPLOYED = {
    "File": "file_bytes",
    "RAM": "arena_bytes",
    "Binary MACs": "binary_macs",
    "Float MACs": "float_macs",
}


def deltas(before: Figures, after: Figures) -> tuple[Delta, ...]:
    """File, RAM and MACs of the deployed program; of an unfinished design its weights and MACs so far."""
    old, new = (_deployed(known) for known in (before, after))
    if new is None:
        weights, weights_after = (-(-known.known.memory_bits // 8) for known in (before, after))
        return (
            Delta("Weights", weights, weights_after, is_bytes=True),
            Delta("MACs", before.known.macs, after.known.macs, is_bytes=False),
        )
    return tuple(
        Delta(label, None if old is None else getattr(old, name), getattr(new, name), name.endswith("_bytes"))
        for label, name in _DEPLOYED.items()
    )


def _deployed(known: Figures) -> DeployedCost | None:
    report = known.report
    return report.deployed if report is not None and isinstance(report.deployed, DeployedCost) else None
