"""In which epoch each binary weight last flipped, and how often it has: two whole numbers a weight, in a run's state.

A history of all signs would grow with the epochs, and a large network's would be larger than all else that a run keeps.
These two numbers a weight do not: a byte each, two from the 256th epoch on. They are in the state that a run goes on
from, so whatever is computed again after a resume is counted again from where it began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.training.failures import CheckpointError

Whole = npt.NDArray[np.unsignedinteger]
Arrays = Mapping[str, npt.NDArray[Any]]

_PREFIX = "flips/"
_EPOCHS = f"{_PREFIX}epochs"


@dataclass
class LayerFlips:
    """The flips of one kernel's weights, in the order of the kernel's elements.

    Attributes:
        last: [weights], the epoch in which each last flipped, from 1; 0: it never did.
        count: [weights], in how many epochs it flipped.
    """

    last: Whole
    count: Whole


class Flips:
    """Those of one run, since its first step.

    A weight flips in an epoch where its sign at the epoch's end is another than at the end of the one before, as the
    flip ratio has it: one that flips and flips back within an epoch has not.

    Args:
        weights: how many each layer with a binary kernel has, by name.
    """

    def __init__(self, weights: Mapping[str, int]) -> None:
        self.epochs = 0
        self.layers = {
            name: LayerFlips(np.zeros(count, np.uint8), np.zeros(count, np.uint8)) for name, count in weights.items()
        }
        # of a run that began before they were kept nothing is known of its first epochs, so nothing is said at all
        self._are_known = True

    def add(self, changed: Mapping[str, npt.NDArray[np.uint8]]) -> dict[str, int]:
        """Notes the flips of one more epoch, and returns how many there are in each layer.

        Args:
            changed: by layer, packed as :func:`numpy.packbits` does it, a bit a weight: 1 where it flipped.
        """
        self.epochs += 1
        kind = np.min_scalar_type(self.epochs)
        found = {}
        for name, bits in changed.items():
            layer = self.layers[name]
            if layer.last.dtype != kind:
                layer.last, layer.count = layer.last.astype(kind), layer.count.astype(kind)
            flipped = np.flatnonzero(np.unpackbits(bits, count=len(layer.last)))
            layer.last[flipped] = self.epochs
            layer.count[flipped] += 1
            found[name] = len(flipped)
        return found

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What the run's state keeps of them."""
        if not self._are_known:
            return {}
        kept: dict[str, npt.NDArray[Any]] = {_EPOCHS: np.array(self.epochs, np.int64)}
        for name, layer in self.layers.items():
            kept[f"{_PREFIX}{name}/last"], kept[f"{_PREFIX}{name}/count"] = layer.last, layer.count
        return kept

    def restore(self, arrays: Arrays) -> None:
        """Goes on from a state; of one of before they were kept, nothing is known from then on.

        Raises:
            CheckpointError: they are of another network.
        """
        found = read_flips(arrays)
        if found is None:
            self._are_known = False
            return
        epochs, layers = found
        wanted = {name: len(layer.last) for name, layer in self.layers.items()}
        if {name: len(layer.last) for name, layer in layers.items()} != wanted:
            raise CheckpointError(
                "The checkpoint does not fit the network: its flips are of other layers. Retry the run, which starts "
                "it from the beginning."
            )
        self.epochs, self.layers = epochs, layers


def read_flips(arrays: Arrays) -> tuple[int, dict[str, LayerFlips]] | None:
    """The epochs that a state has counted flips of, and the flips by layer; None: it is of before they were kept.

    Raises:
        CheckpointError: something is missing, or no such array.
    """
    if _EPOCHS not in arrays:
        return None
    layers: dict[str, LayerFlips] = {}
    for key in arrays:
        name, _, what = key.removeprefix(_PREFIX).rpartition("/")
        if not key.startswith(_PREFIX) or what != "last":
            continue
        last, count = arrays[key], arrays.get(f"{_PREFIX}{name}/count")
        if count is None or any(one.dtype.kind != "u" or one.ndim != 1 for one in (last, count)):
            raise CheckpointError(f"the flips of layer {name} are not what this program writes")
        if last.shape != count.shape:
            raise CheckpointError(f"the flips of layer {name} are of two shapes, {last.shape} and {count.shape}")
        layers[name] = LayerFlips(last, count)
    return int(arrays[_EPOCHS]), layers
