"""Makes every variant of a design and costs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from bnn_designer.compare.editor import Editor, InapplicableError
from bnn_designer.compare.figures import Totals, differences, totals, totals_data
from bnn_designer.compare.variants import VARIANTS, Variant
from bnn_designer.cost import CostReport, cost
from bnn_designer.design import Design
from bnn_designer.design.edits import Edit
from bnn_designer.errors import DesignError
from bnn_designer.graph import Graph

#: changed: another network. same: already the case. inapplicable: it does not apply to the design.
#: refused: what comes out is not a network.
State = Literal["changed", "same", "inapplicable", "refused"]


@dataclass(frozen=True)
class Outcome:
    """One variant of one design.

    Attributes:
        variant: what was tried.
        state: what came of it.
        reason: why there is no variant, in the states inapplicable and refused; else "".
        design: the variant, in the states changed and same.
        edits: what makes it of the design.
        totals: its figures, see :data:`bnn_designer.compare.FIGURES`; empty where there is no variant.
        difference: its figures minus the design's.
    """

    variant: Variant
    state: State
    reason: str = ""
    design: Design | None = None
    edits: tuple[Edit, ...] = ()
    totals: Totals | None = None
    difference: Totals | None = None

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.variant.name,
            "group": self.variant.group,
            "title": self.variant.title,
            "state": self.state,
            "reason": self.reason,
            "edits": [edit.model_dump(mode="json") for edit in self.edits],
            "totals": totals_data(self.totals) if self.totals is not None else None,
            "difference": totals_data(self.difference) if self.difference is not None else None,
        }


@dataclass(frozen=True)
class WhatIf:
    """A design and its variants."""

    design: Design
    totals: Totals
    outcomes: tuple[Outcome, ...]

    def to_data(self) -> dict[str, Any]:
        """As ``bnn-designer what-if --json`` prints it."""
        return {
            "name": self.design.name,
            "totals": totals_data(self.totals),
            "variants": [outcome.to_data() for outcome in self.outcomes],
        }


def what_if(
    design: Design, variants: tuple[Variant, ...] = VARIANTS, report_of: Callable[[Design], CostReport] = cost
) -> WhatIf:
    """Every variant of a design, with all its costs.

    Args:
        report_of: gives the cost report of a design, or raises DesignError; one that keeps reports saves work.

    Raises:
        DesignError: the design itself cannot be lowered.
    """
    report = report_of(design)
    base = totals(report)
    return WhatIf(design, base, tuple(_outcome(design, report, base, variant, report_of) for variant in variants))


def _outcome(
    design: Design, report: CostReport, base: Totals, variant: Variant, report_of: Callable[[Design], CostReport]
) -> Outcome:
    editor = Editor(design)
    try:
        variant.make(editor)
        changed = report_of(editor.design)
    except InapplicableError as reason:
        return Outcome(variant, "inapplicable", str(reason))
    except DesignError as error:
        return Outcome(variant, "refused", str(error))
    edits = tuple(editor.edits)
    if not edits or _content(changed.graph) == _content(report.graph):
        return Outcome(variant, "same", "", editor.design, edits, base, differences(base, base))
    figures = totals(changed)
    return Outcome(variant, "changed", "", editor.design, edits, figures, differences(base, figures))


def _content(graph: Graph) -> tuple[object, ...]:
    """A graph without the names of its layers, which say only where they come from."""
    numbers = {graph.input.name: -1} | {layer.name: index for index, layer in enumerate(graph.layers)}
    layers = ((layer.op, tuple(numbers[name] for name in layer.inputs), layer.output.shape) for layer in graph.layers)
    return (replace(graph.input, name=""), *layers)
