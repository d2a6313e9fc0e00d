"""Which binary weights still flip, and when they last did: what a run's state has counted, as a report shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bnn_designer.inspection.report import FlipsLook, KernelLook
from bnn_designer.inspection.weights import as_tiles
from bnn_designer.runs.store import Store
from bnn_designer.training.checkpoint import load
from bnn_designer.training.failures import CheckpointError
from bnn_designer.training.flips import LayerFlips, read_flips

_OF_BEFORE = (
    "Not recorded: this run began before runs kept when each weight flips. Retry or clone it for one that has it."
)


@dataclass(frozen=True)
class Recorded:
    """What a run's state has counted.

    Attributes:
        epochs: finished ones, all of which are counted.
        layers: the flips by the name of the layer.
        why_none: why nothing is known; "" where it is.
    """

    epochs: int = 0
    layers: Mapping[str, LayerFlips] = field(default_factory=dict)
    why_none: str = "Not recorded."


def recorded_flips(store: Store, run_id: str) -> Recorded:
    """The flips over a run's whole training, to its last epoch; that they are not known is a value too."""
    try:
        state = load(store.state_path(run_id))
        found = None if state is None else read_flips(state.arrays)
    except CheckpointError as error:
        return Recorded(why_none=f"The run's state cannot be read: {error}")
    if state is None:
        return Recorded(why_none="Not recorded: the run has no state in its folder.")
    return Recorded(why_none=_OF_BEFORE) if found is None else Recorded(*found, why_none="")


def flip_looks(
    recorded: Recorded, kernels: Iterable[KernelLook], arrays: dict[str, Any]
) -> tuple[tuple[FlipsLook, ...], str]:
    """The looks of the layers, whose tiles are added to ``arrays``, and why there are none; "" where there are."""
    found = []
    for kernel in kernels:
        layer = recorded.layers.get(kernel.name)
        if layer is None or len(layer.last) != np.prod(kernel.shape):
            return (), recorded.why_none or f"The run's state has other weights than layer {kernel.name}."
        found.append(_look(kernel, layer, recorded.epochs))
        for what, values in (("last", layer.last), ("count", layer.count)):
            arrays[f"flips_{what}/{kernel.name}"] = as_tiles(values.reshape(kernel.shape))
    return tuple(found), recorded.why_none


def _look(kernel: KernelLook, layer: LayerFlips, epochs: int) -> FlipsLook:
    never, *by_epoch = np.bincount(layer.last, minlength=epochs + 1).tolist()
    return FlipsLook(
        name=kernel.name,
        weights=len(layer.last),
        never=never,
        last=tuple(by_epoch),
        flips=int(layer.count.sum(dtype=np.int64)),
    )
