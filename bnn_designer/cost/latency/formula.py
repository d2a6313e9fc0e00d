"""Estimates of latency, opened to their formulas."""

from __future__ import annotations

from dataclasses import asdict

from bnn_designer.cost.formula import Formula, Term, formula, total
from bnn_designer.cost.latency.devices import SOURCES, latency_model
from bnn_designer.cost.latency.model import TERM_NAMES, Work
from bnn_designer.units import percent_text


def latency_formulas(amount: Work) -> dict[str, Formula]:
    """The latency on every device with published figures, by the device's name in the catalogue."""
    found = {}
    for device, source in SOURCES.items():
        model = latency_model(device)
        parts = [
            Term(f"ms for {TERM_NAMES[name]}", coefficient) * Term(TERM_NAMES[name], count)
            for coefficient, (name, count) in zip(model.coefficients, asdict(amount).items(), strict=True)
        ]
        error = f"± {percent_text(model.mean_error, 0)}, at worst {percent_text(model.max_error, 0)}"
        found[device] = formula(device, total(parts), "ms", f"{source}; {error} for held-out networks")
    return found
