"""The tables' figures of one layer, by Larq's numbers under Larq's names, and what runs beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Union

import keras

from bnn_designer.cost.larq import Count
from bnn_designer.design.vocabulary import FLOAT_BITS
from bnn_designer.larq import counting
from bnn_designer.larq.calls import Call, Calls, Unrecorded
from bnn_designer.larq.remarks import Difference, difference_of_layer

#: A figure that Larq's table cannot give.
UNKNOWN = "?"

#: One output's shape with -1 where the model leaves a size open, or one for each output.
OutputShape = Union[tuple[int, ...], list[tuple[int, ...]]]  # noqa: UP007 - read at run time on Python 3.10


class WeightProfile:
    """One array of numbers of a layer.

    Attributes:
        bitwidth: bits that one number takes.
        trainable: whether training changes it.
    """

    def __init__(self, weight: counting.Weight) -> None:
        self._weight = weight
        self.bitwidth = weight.bits
        self.trainable = weight.trainable

    @property
    def count(self) -> int:
        """How many numbers."""
        return self._weight.count

    @property
    def memory(self) -> int:
        """Bits of all."""
        return self.bitwidth * self.count

    @property
    def fp_equivalent_memory(self) -> int:
        """Bits of all, had each 32."""
        return FLOAT_BITS * self.count

    @property
    def int8_fp_weights_memory(self) -> int:
        """Bits of all, had none more than 8."""
        return min(self.bitwidth, 8) * self.count

    def is_bias(self) -> bool:
        """Whether it is added; Larq tells by names, and takes all weights of a layer called "bias..." for biases."""
        return self._weight.is_bias


@dataclass(frozen=True)
class OperationProfile:
    """What a layer does ``n`` times, with operands of ``precision`` bits: multiply-accumulates (``"mac"``)."""

    n: int
    precision: int
    op_type: str


class LayerProfile:
    """One layer.

    Args:
        layer: a layer that is built.
        calls: of the model that it is in; None: nothing is known of what runs.

    Attributes:
        name: the layer's.
        weight_profiles: what it stores.
        op_profiles: what Larq counts of what it does.
    """

    def __init__(self, layer: keras.layers.Layer, calls: Calls | Unrecorded | None = None) -> None:
        self._layer = layer
        self._calls = calls or Unrecorded("the layer's calls were not recorded")
        self.name: str = layer.name
        self.weight_profiles = [WeightProfile(weight) for weight in counting.weights_of(layer)]
        places = self.output_pixels if isinstance(layer, counting.LARQ_COUNTS_MACS) else None
        self.op_profiles = [
            OperationProfile(weight.count * places, max(self.input_precision or FLOAT_BITS, weight.bitwidth), "mac")
            for weight in (self.weight_profiles if places else ())
            if places and not weight.is_bias()
        ]

    @property
    def memory(self) -> int:
        """Bits of all weights."""
        return sum(weight.memory for weight in self.weight_profiles)

    @property
    def int8_fp_weights_memory(self) -> int:
        """Bits of all weights, had none more than 8."""
        return sum(weight.int8_fp_weights_memory for weight in self.weight_profiles)

    @property
    def fp_equivalent_memory(self) -> int:
        """Bits of all weights, had each 32."""
        return sum(weight.fp_equivalent_memory for weight in self.weight_profiles)

    def weight_count(self, bitwidth: int | None = None, trainable: bool | None = None) -> int:
        """How many weights have so many bits and are trained, or not; None takes either."""
        return sum(
            weight.count
            for weight in self.weight_profiles
            if bitwidth in (None, weight.bitwidth) and trainable in (None, weight.trainable)
        )

    def op_count(self, op_type: str | None = None, precision: int | None = None) -> int | None:
        """Multiply-accumulates with operands of so many bits; None: Larq does not count this kind of layer.

        Raises:
            ValueError: ``op_type`` is not ``"mac"``.
        """
        if op_type != "mac":
            raise ValueError(f"op_count: op_type must be 'mac', got {op_type!r}. Nothing else is counted.")
        known = (*counting.LARQ_COUNTS_MACS, *counting.LARQ_COUNTS_NONE)
        if not isinstance(self._layer, known) or not self.output_pixels:
            return None
        return sum(found.n for found in self.op_profiles if precision in (None, found.precision))

    @property
    def input_precision(self) -> int | None:
        """Bits that the input quantizer leaves; None where there is none."""
        return counting.input_bits(self._layer)

    @property
    def output_shape(self) -> OutputShape | None:
        """With the batch axis, -1 for open sizes; None where the layer has none or several."""
        found = [[tensor.shape for tensor in node.output_tensors] for node in self._layer._inbound_nodes]
        if not found or any(shapes != found[0] for shapes in found):
            return None
        shapes = [tuple(size or -1 for size in shape) for shape in found[0]]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape_str(self) -> str:
        """The shape as the table has it."""
        return str(self.output_shape or "multiple")

    @property
    def output_pixels(self) -> int | None:
        """Places of one feature map, 1 for vectors, as Larq takes them: the channels are last, open sizes are -1."""
        shape = self.output_shape
        return math.prod(shape[1:-1]) if isinstance(shape, tuple) and len(shape) > 1 else None

    @property
    def unique_param_bidtwidths(self) -> Sequence[int]:
        """The widths of its weights; the name is Larq's."""
        return sorted({weight.bitwidth for weight in self.weight_profiles})

    @property
    def unique_op_precisions(self) -> Sequence[int]:
        """The widths of its multiply-accumulates."""
        return sorted({found.precision for found in self.op_profiles})

    @property
    def calls(self) -> tuple[Call, ...]:
        """Each time that the layer runs when the model runs once; none where that is not known."""
        return () if isinstance(self._calls, Unrecorded) else self._calls.of(self._layer)

    @cached_property
    def macs_run(self) -> Count | str:
        """The multiply-accumulates of all its calls when the model runs once; or why they are not known."""
        if isinstance(self._calls, Unrecorded):
            return self._calls.reason
        return counting.macs_run(self._layer, self._calls.of)

    def difference(self) -> Difference | None:
        """How far Larq's multiply-accumulates are from those that run, and why; None where they are the same."""
        larq = {bits: self.op_count("mac", bits) or 0 for bits in self.unique_op_precisions}
        return difference_of_layer(self._layer, self.calls, larq, self.macs_run)

    def generate_table_row(self, table_config: dict[str, Any]) -> list[str | float]:
        """The cells of the layer's row; ``table_config`` as `ModelProfile.generate_table` makes it."""
        return [self.name, self.input_precision or "-", self.output_shape_str, *self._figures(table_config)]

    def _figures(self, config: dict[str, Any]) -> list[str | float]:
        return [
            *(_entry(self.weight_count(bits), config["param_units"]) for bits in config["param_bidtwidths"]),
            _entry(self.memory, config["memory_units"]),
            *(_entry(self.op_count("mac", bits), config["mac_units"]) for bits in config["mac_precisions"]),
        ]


def _entry(figure: float | None, units: int) -> str | float:
    if figure is None:
        return UNKNOWN
    return figure if figure == 0 or units == 1 else figure / units
