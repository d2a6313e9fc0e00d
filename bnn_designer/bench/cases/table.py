"""All rows of all benchmarks by the module that measures them, and the texts by which they are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bnn_designer.bench.cases import conv, cost, float_conv, gemm, model, train, ui, what_if
from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request

Plan = Callable[[Request], Sequence[Planned[Any]]]

#: Benchmark -> module of `bnn_designer.bench` -> its rows, both in the order of measuring. Each module has
#: ``measure(request) -> Iterator[Row]``.
PLANS: dict[str, dict[str, Plan]] = {
    "gemm": {"gemm": gemm.planned},
    "conv": {"conv": conv.planned, "conv_packed": conv.planned_packed, "conv_chain": conv.planned_chain},
    "float-conv": {"float_conv": float_conv.planned},
    "model": {"model": model.planned},
    "train": {"train": train.planned, "step_memory": train.planned_memory},
    "cost": {"cost": cost.planned},
    "what-if": {"what_if": what_if.planned},
    "ui": {"ui": ui.planned, "ui_clients": ui.planned_clients, "ui_class": ui.planned_class},
}


def texts(requests: Iterable[Request]) -> list[str]:
    """The texts of the rows that these processes measure, each once, in order."""
    found: dict[str, None] = {}
    for request in requests:
        for plan in PLANS[request.benchmark].values():
            found |= {row.text: None for row in plan(request) if request.wants(row.text)}
    return list(found)
