"""The integer sums of a binary layer, counted, beside the thresholds that the packed network compares them with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bnn_designer.graph import Layer
from bnn_designer.inspection.report import SumsLook
from bnn_designer.inspection.weights import MOST_TILES
from bnn_designer.packing.drafts import GroupDraft

FloatArray = npt.NDArray[np.float32]

MOST_BINS = 64


class Threshold(NamedTuple):
    """The bit of filter f is the sign of ``factor[f] * sum + offset[f]``: :mod:`bnn_designer.packing.thresholds`."""

    factor: FloatArray
    offset: FloatArray


def thresholds(groups: Iterable[GroupDraft]) -> tuple[dict[str, Threshold], dict[str, str]]:
    """The thresholds of a packed network by layer, and of its other binary layers why they have none."""
    found: dict[str, Threshold] = {}
    why: dict[str, str] = {}
    for group in groups:
        if group.source != "binary_conv":
            continue
        first = group.steps[0] if group.steps else None
        if first is not None and first.kind == "threshold":
            found[group.layers[0]] = Threshold(*first.numbers)
        else:
            why[group.layers[0]] = (
                "What follows reads the sums as numbers, not only their signs: a shortcut, a float layer, a pool or "
                "the output. So the batch norm stays a multiplication and an addition."
            )
    return found, why


class Sums:
    """Counts the sums of one layer.

    The first part says where the bins are; what lies outside later counts for the outermost bins.

    Args:
        layer: with signs for input and kernel.
        products: the largest sum.
        scale: of each filter's products, or None for 1.
        bias: of each filter, or None.
        threshold, why_none: as the packed network has it.
    """

    def __init__(
        self,
        layer: Layer,
        *,
        products: int,
        scale: FloatArray | None,
        bias: FloatArray | None,
        threshold: Threshold | None,
        why_none: str,
    ) -> None:
        self.layer, self.products, self.threshold = layer, products, threshold
        self.why_none = "" if threshold is not None else why_none or "The packed network computes it another way."
        self._scale, self._bias = scale, bias
        self.filters = layer.output.shape[-1]
        self.low, self.width = 0, 0
        self.counts = np.zeros((min(self.filters, MOST_TILES), 1), np.int64)

    def add(self, outputs: FloatArray) -> None:
        """Counts what the layer gave some images, [..., filters]."""
        values: npt.NDArray[np.floating] = outputs.reshape(-1, self.filters)
        if self._bias is not None:
            values = values - self._bias
        if self._scale is not None:
            values = values / np.where(self._scale == 0, 1, self._scale)
        sums = np.rint(values[:, :MOST_TILES]).astype(np.int64)
        if not self.width:
            self._lay_out(int(sums.min()), int(sums.max()))
        bins = self.counts.shape[1]
        place = np.clip((sums - self.low) // self.width, 0, bins - 1)
        flat = place + np.arange(len(self.counts)) * bins
        self.counts += np.bincount(flat.reshape(-1), minlength=self.counts.size).reshape(self.counts.shape)

    def _lay_out(self, low: int, high: int) -> None:
        # an even width: sums of one layer are all even or all odd where no border is padded with 0, and bins of an odd
        # width would hold one more of them every other time
        self.width = 2 * -(-(high - low + 1) // (2 * MOST_BINS))
        self.low = low
        self.counts = np.zeros((len(self.counts), -(-(high - low + 1) // self.width)), np.int64)

    def look(self, arrays: dict[str, Any]) -> SumsLook:
        """What is kept; its arrays are added to ``arrays``."""
        name = self.layer.name
        arrays[f"sums/{name}"] = self.counts
        if self.threshold is not None:
            arrays[f"factor/{name}"], arrays[f"offset/{name}"] = self.threshold
        return SumsLook(
            name=name,
            path=self.layer.path,
            products=self.products,
            filters=self.filters,
            low=self.low,
            width=max(self.width, 1),
            why_none=self.why_none,
        )
