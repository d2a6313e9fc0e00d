"""What the pieces of the lesson on batch norm are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from bnn_designer.lessons.folding import NEIGHBOURS, Operator, is_folded, operators
from bnn_designer.lessons.layer_sums import FILTERS
from bnn_designer.units import bytes_text, precision_text


def histograms() -> Mapping[str, Any]:
    """The filters whose sums were counted."""
    return {"filters": [asdict(one) for one in FILTERS]}


def folds(names: Iterable[str] = tuple(NEIGHBOURS)) -> Mapping[str, Any]:
    """What the deployed program makes of the batch norm among each of its neighbours, or among those that are named."""
    return {
        "neighbours": [
            {
                "title": NEIGHBOURS[name].title,
                "says": NEIGHBOURS[name].says,
                "folded": is_folded(name),
                "operators": [_operator(operator) for operator in operators(name)],
            }
            for name in names
        ]
    }


def _operator(one: Operator) -> tuple[str, ...]:
    return (
        one.kind,
        ", ".join(one.constants) or "none",
        bytes_text(one.written_bytes),
        precision_text(one.bits),
    )
