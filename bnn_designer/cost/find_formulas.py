"""Which formulas a name means: of a layer, a total, a convention, or of every total."""

from __future__ import annotations

from dataclasses import replace

from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.cost.formula import Formula
from bnn_designer.cost.latency.formula import latency_formulas
from bnn_designer.cost.latency.model import work
from bnn_designer.cost.report import CostReport
from bnn_designer.errors import BnnDesignerError

#: Stands for every total.
TOTALS = "totals"


def find_formulas(report: CostReport, target: str, batch_size: int) -> tuple[Formula, ...]:
    """The formulas that a name means.

    Args:
        report: of the design.
        target: a layer; a total such as ``file_bytes`` or ``larq.macs``; a convention such as ``deployed``; ``totals``.
        batch_size: batch size, for the training memory.

    Raises:
        BnnDesignerError: nothing has this name.
    """
    totals = report.formulas() | {"training_memory": report.training_memory.at(batch_size).formulas()}
    if isinstance(report.deployed, DeployedCost):
        totals["latency"] = latency_formulas(work(report.program))
    named = {
        f"{convention}.{name}": replace(one, name=f"{convention}.{name}")
        for convention, group in totals.items()
        for name, one in group.items()
    }
    if target == TOTALS:
        return tuple(named.values())
    if target in totals:
        return tuple(one for name, one in named.items() if name.startswith(f"{target}."))
    found = tuple(one for name, one in named.items() if target in (name, name.partition(".")[2]))
    if found:
        return found
    if any(layer.name == target for layer in report.graph.layers):
        return report.layer_formulas(target)
    raise BnnDesignerError(
        f"{target}: no layer and no total has this name. Choose a layer of the report, {TOTALS}, or one of "
        f"{', '.join(named)}."
    )
