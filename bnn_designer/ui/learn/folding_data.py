"""What the pieces of the lesson on batch norm are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bnn_designer.lessons.folding import NEIGHBOURS, Operator, is_folded, operators
from bnn_designer.lessons.layer_sums import FILTERS
from bnn_designer.results.catalogue import entry_of
from bnn_designer.results.kept import read_result
from bnn_designer.results.words import variant_rows
from bnn_designer.units import bytes_text, precision_text

_RESULT = "batch-norm"


def histograms() -> Mapping[str, Any]:
    """The filters whose sums were counted."""
    return {"filters": [asdict(one) for one in FILTERS]}


def folds() -> Mapping[str, Any]:
    """What the deployed program makes of the batch norm among each of its neighbours."""
    return {
        "neighbours": [
            {
                "title": one.title,
                "says": one.says,
                "folded": is_folded(name),
                "operators": [_operator(operator) for operator in operators(name)],
            }
            for name, one in NEIGHBOURS.items()
        ]
    }


def _operator(one: Operator) -> tuple[str, ...]:
    return (
        one.kind,
        ", ".join(one.constants) or "none",
        bytes_text(one.written_bytes),
        precision_text(one.bits),
    )


def verdict() -> Mapping[str, Any]:
    """How networks with batch norm and without came out, if they were trained.

    Raises:
        ResultError: the file of the runs cannot be read.
    """
    entry = entry_of(_RESULT)
    if not entry.file.exists():
        says = f"This result is not trained yet. Its command, in a clone of the repository: {entry.command}"
        return {"title": entry.title, "rows": [], "says": says}
    rows = [
        {"title": row.title, "cells": [row.accuracy, row.spread, str(row.runs), row.verdict]}
        for row in variant_rows(read_result(entry.file))
    ]
    return {"title": entry.title, "rows": rows, "says": entry.note}
