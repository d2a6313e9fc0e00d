"""Where a figure of Larq's table is not what runs, and why: each difference with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras

from bnn_designer.cost.larq import Count
from bnn_designer.design.vocabulary import FLOAT_BITS
from bnn_designer.larq import counting
from bnn_designer.larq.calls import Call
from bnn_designer.units import by_bits_text, counted, exact_text


@dataclass(frozen=True)
class Difference:
    """One figure that misleads.

    Attributes:
        where: the layer's name, or what of the model it is.
        figure: what is counted, such as ``MACs``.
        larq: what Larq's table says.
        counted: what runs; None: it is not known.
        why: the reason, in one sentence.
    """

    where: str
    figure: str
    larq: str
    counted: str | None
    why: str


def difference_of_training(model: keras.Model, larq: int, trained: int) -> Difference | None:
    """Larq drops the trained half of a batch norm, and counts a layer inside two models twice."""
    if larq == trained:
        return None
    why = "batch norms train beta and gamma, which Larq merges with the moving statistics"
    return Difference(model.name, "trainable params", exact_text(larq), exact_text(trained), why)


def difference_of_layer(
    layer: keras.layers.Layer, calls: Sequence[Call], larq: dict[int, int], run: Count | str, inside: Sequence[str] = ()
) -> Difference | None:
    """The multiply-accumulates of one layer.

    Args:
        layer: of any kind.
        calls: each time that it runs.
        larq: what Larq counts, by bits.
        run: what runs, or why that is not known.
        inside: the reasons of the layers of a model, each with its layer's name.
    """
    if isinstance(run, str):
        if not _multiplies(layer):
            return None
        return Difference(layer.name, "MACs", by_bits_text(larq, exact_text), None, run)
    if {bits: number for bits, number in larq.items() if number} == run.macs_by_bits:
        return None
    why = "; ".join(inside or _reasons(layer, calls)) or "Larq does not see into it"
    return Difference(
        layer.name, "MACs", by_bits_text(larq, exact_text), by_bits_text(run.macs_by_bits, exact_text), why
    )


def _multiplies(layer: keras.layers.Layer) -> bool:
    """Whether there is anything to know: a layer without a matrix of its own or inside has no MACs."""
    return any(len(variable.shape) > 1 for variable in layer.weights)


def _reasons(layer: keras.layers.Layer, calls: Sequence[Call]) -> Iterator[str]:
    if len(calls) != 1:
        yield f"it runs {counted(len(calls), 'time')}, and Larq counts one at most"
    elif not layer._inbound_nodes:
        yield "Larq sees no shape of a layer that the model's own code calls"
    if not isinstance(layer, counting.LARQ_COUNTS_MACS):
        yield f"Larq counts none of {type(layer).__name__}"
        return
    if "bias" in layer.name:
        yield 'Larq takes every weight of a layer called "bias" for a bias'
    if isinstance(layer, keras.layers.Conv1DTranspose | keras.layers.Conv2DTranspose):
        yield "a transposed kernel is used once for each place of its input, and Larq takes the output's"
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        yield "Larq takes channels for places"
    if isinstance(layer, keras.layers.SeparableConv1D | keras.layers.SeparableConv2D) and (
        counting.input_bits(layer) is not None
    ):
        yield "the second kernel reads sums, which are as wide as floats"
    if counting.input_bits(layer) is None and any(call.source_bits != FLOAT_BITS for call in calls):
        yield "a layer before it quantizes its input, and Larq sees a layer's own quantizer only"
