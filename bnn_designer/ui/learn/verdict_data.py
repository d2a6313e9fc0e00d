"""What the piece is given that shows how the networks of a result came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.results.catalogue import entry_of, kept_result
from bnn_designer.results.words import variant_rows


def verdict(result: str) -> Mapping[str, Any]:
    """How the networks of a result came out, if they were trained.

    Raises:
        ResultError: the file of the runs cannot be read.
    """
    entry = entry_of(result)
    kept = kept_result(entry)
    if kept is None:
        says = f"This result is not trained yet. Its command, in a clone of the repository: {entry.command}"
        return {"title": entry.title, "rows": [], "says": says}
    rows = [
        {"title": row.title, "cells": [row.accuracy, row.spread, str(row.runs), row.verdict]}
        for row in variant_rows(kept)
    ]
    return {"title": entry.title, "rows": rows, "says": entry.note}
