"""The figures of the convention ``larq``, opened: the counting functions themselves, run with named numbers."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from bnn_designer.cost import larq
from bnn_designer.cost.formula import Formula, Term, formula
from bnn_designer.graph import Graph, Layer
from bnn_designer.units import precision_text

SOURCE = "larq 0.14.0, larq.models.ModelProfile"

#: What the numbers of an operation are called, where they take part in a count.
_NUMBERS = {"filters": "filters", "units": "units", "groups": "groups"}
_AXES = ("height", "width", "channels")


def layer_formulas(graph: Graph, layer: Layer) -> tuple[Formula, ...]:
    """Weights, memory and multiply-accumulates of one layer; none for a layer that has neither."""
    count = larq.count(_named_op(layer.op), _shapes(graph, layer), _named_shape(layer.output.shape, "output"))
    figures: list[tuple[str, Any, str]] = [
        (f"weights of {precision_text(bits)}", number, "weights") for bits, number in count.params_by_bits.items()
    ]
    figures.append(("weight memory", count.memory_bits, "bits"))
    figures += [(f"MACs of {precision_text(bits)}", number, "MACs") for bits, number in count.macs_by_bits.items()]
    # A count of nothing is a plain 0, and no figure.
    return tuple(
        formula(f"{layer.name}: {name}", number, unit, SOURCE)
        for name, number, unit in figures
        if isinstance(number, Term)
    )


def total_formulas(count: larq.Count) -> dict[str, Formula]:
    """The totals of a design from its weights by their bits."""
    params = {bits: Term(f"weights of {precision_text(bits)}", number) for bits, number in count.params_by_bits.items()}
    macs = {bits: Term(f"MACs of {precision_text(bits)}", number) for bits, number in count.macs_by_bits.items()}
    named = larq.Count(params, macs)  # type: ignore[arg-type]
    found = {
        "params": (named.params, "weights"),
        "memory_bits": (named.memory_bits, "bits"),
        "macs": (named.macs, "MACs"),
    }
    return {
        name: formula(name, number if isinstance(number, Term) else Term("nothing", number), unit, SOURCE)
        for name, (number, unit) in found.items()
    }


def _named_op(op: Any) -> Any:
    """The operation with terms in the place of the numbers that count; a 1 that changes nothing stays a number."""
    changed: dict[str, Any] = {}
    for field in fields(op):
        value = getattr(op, field.name)
        if field.name == "kernel_size":
            changed[field.name] = (Term("kernel height", value[0]), Term("kernel width", value[1]))
        elif field.name in _NUMBERS and value != 1:
            changed[field.name] = Term(_NUMBERS[field.name], value)
    return replace(op, **changed)


def _named_shape(shape: tuple[int, ...], side: str) -> Any:
    names = _AXES if len(shape) == 3 else ("features",)
    return tuple(Term(f"{side} {name}", size) for name, size in zip(names, shape, strict=True))


def _shapes(graph: Graph, layer: Layer) -> Any:
    return tuple(_named_shape(shape, "input") for shape in graph.input_shapes(layer))
