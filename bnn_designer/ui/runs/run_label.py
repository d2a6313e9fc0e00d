"""What a run is called, and how far it is, in a few words."""

from __future__ import annotations

from bnn_designer.runs.known import of_recipe
from bnn_designer.runs.records import RunRecord
from bnn_designer.units import UNKNOWN


def run_label(run: RunRecord) -> str:
    """What a run is called where several are shown: names repeat, ids do not."""
    return f"{run.name} {run.id}"


def epochs_text(run: RunRecord, done: int) -> str:
    """``3 of 10``; an unreadable recipe leaves the second number unknown."""
    epochs = of_recipe(run).epochs
    return f"{done} of {UNKNOWN if epochs is None else epochs}"


def of_what_text(run: RunRecord) -> str:
    """Data, seed and recipe in a line, such as "CIFAR-10 · seed 0 · 10 epochs of 50,000 images"."""
    known = of_recipe(run)
    return known.text if known.seed is None else f"{known.data} · seed {known.seed} · {known.text}"
