"""Larq's names of ``larq.models``: the table of a model, for any Keras model that is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from bnn_designer.larq.counting import LARQ_COUNTS_MACS, LARQ_COUNTS_NONE
from bnn_designer.larq.deployed import keras_model
from bnn_designer.larq.layer_profile import LayerProfile, OperationProfile, WeightProfile
from bnn_designer.larq.profile import ModelProfile
from bnn_designer.larq.remarks import Difference
from bnn_designer.larq.tables import table_text

__all__ = [
    "LayerProfile",
    "ModelProfile",
    "OperationProfile",
    "WeightProfile",
    "mac_containing_layers",
    "op_count_supported_layer_types",
    "summary",
]

#: The layers whose multiply-accumulates the table counts, and with them those of which it says that they have none.
mac_containing_layers = LARQ_COUNTS_MACS
op_count_supported_layer_types = (*LARQ_COUNTS_NONE, *LARQ_COUNTS_MACS)


def summary(model: keras.Model, print_fn: Callable[[str], Any] | None = None, include_macs: bool = True) -> None:
    """Prints Larq's two tables of a model, what Larq Compute Engine makes of it, and what the first two get wrong.

    The first has a row a layer: the bits of its input, the shape of its output, its weights by their bits, what they
    take in kB of 8,192 bits, its multiply-accumulates (MACs) by the wider of their operands. The second has the totals.
    The third has the deployed size and the runtime memory, or says why they are unknown; a fourth comes where Larq's
    figures mislead.

    Args:
        model: of any kind, built.
        print_fn: takes each table as a text; ``print`` if None.
        include_macs: whether MACs are among the figures.

    Raises:
        TypeError: it is no Keras model.
        ValueError: it is not built.
    """
    keras_model("lq.models.summary", model)
    if not model.built:
        raise ValueError(
            f"model '{model.name}': it is not built, so its weights have no shapes yet. Call model.build() with the "
            "input's shape, call it on some data, or put a keras.Input in front."
        )
    show = print if print_fn is None else print_fn
    profile = ModelProfile(model)
    show(table_text(profile.generate_table(include_macs), f"{model.name} stats"))
    show(table_text(profile.generate_summary(include_macs), f"{model.name} summary", header=False, total=False))
    deployed = profile.generate_deployed()
    show(table_text(deployed, f"{model.name} deployed", header=len(deployed) > 1, total=False))
    differences = [found for found in profile.differences() if include_macs or found.figure != "MACs"]
    if differences:
        show(table_text(_difference_rows(differences), f"{model.name} where these mislead", total=False, header=False))


def _difference_rows(differences: list[Difference]) -> list[list[str | float]]:
    rows: list[list[str | float]] = [["Where", "Figure", "Above", "Counted", "Why"]]
    return rows + [[one.where, one.figure, one.larq, one.counted or "unknown", one.why] for one in differences]
