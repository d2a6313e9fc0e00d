"""What the steps of a packed group are in nodes, one function a kind; those that write a tensor make none."""

from __future__ import annotations

import math
from collections.abc import Callable

from bnn_designer.export.nodes.building import Building, Signs
from bnn_designer.export.nodes.node import by_channel
from bnn_designer.packing.header import StepEntry


def _store(building: Building, step: StepEntry, value: str) -> str:
    assert step.tensor is not None
    building.values[step.tensor] = value
    return value


def _sign(building: Building, step: StepEntry, value: str) -> str:
    assert step.tensor is not None
    building.signs[step.tensor] = Signs(value)
    return value


def _quantize(building: Building, step: StepEntry, value: str) -> str:
    """What is quantized is kept beside the value, which other steps may read."""
    assert step.tensor is not None
    numbers = {"scale": step.high or 0.0}
    building.values[step.tensor] = building.add("quantize", (value,), building.shape(value), numbers=numbers)
    return value


def _requantize(building: Building, step: StepEntry, value: str) -> str:
    shape = building.shape(value)
    rows = building.network.blob(step.numbers[0]).reshape(3, -1)
    arrays = {part: by_channel(row, shape) for part, row in zip(("bias", "multiplier", "shift"), rows, strict=True)}
    numbers = {"zero_point": step.low or 0.0, "scale": step.high or 0.0}
    return building.add("requantize", (value,), shape, numbers=numbers, arrays=arrays)


def _alone(kind: str, **numbers: str) -> Callable[[Building, StepEntry, str], str]:
    """A step on one value; its numbers are those of the step's limits, by their names there."""

    def make(building: Building, step: StepEntry, value: str) -> str:
        limits = {
            "low": -math.inf if step.low is None else step.low,
            "high": math.inf if step.high is None else step.high,
        }
        found = {name: limits[limit] for name, limit in numbers.items()}
        return building.add(kind, (value,), building.shape(value), numbers=found)

    return make


def _of_channels(kind: str, *parts: str) -> Callable[[Building, StepEntry, str], str]:
    """A step with arrays."""

    def make(building: Building, step: StepEntry, value: str) -> str:
        shape = building.shape(value)
        arrays = {
            part: by_channel(building.network.blob(index), shape)
            for part, index in zip(parts, step.numbers, strict=True)
        }
        return building.add(kind, (value,), shape, arrays=arrays)

    return make


def _with_tensor(kind: str) -> Callable[[Building, StepEntry, str], str]:
    """A step on two values of one shape, or with one pixel for all where the step scales channels."""

    def make(building: Building, step: StepEntry, value: str) -> str:
        assert step.tensor is not None
        channels, height, width = building.shape(value)
        other = (channels, 1, 1) if step.kind == "scale_channels" else (channels, height, width)
        return building.add(
            kind, (value, building.shaped(building.values[step.tensor], other)), (channels, height, width)
        )

    return make


#: All but thresholds, which are read with the convolution before them.
STEPS: dict[str, Callable[[Building, StepEntry, str], str]] = {
    "store": _store,
    "sign": _sign,
    "affine": _of_channels("affine", "factor", "offset"),
    "clamp": _alone("clamp", low="low", high="high"),
    "prelu": _of_channels("prelu", "slope"),
    "sigmoid": _alone("sigmoid"),
    "softmax": _alone("softmax"),
    "levels": _alone("levels", steps="high"),
    "ternary": _alone("ternary", zero="high"),
    "quantize": _quantize,
    "requantize": _requantize,
    "add": _with_tensor("add"),
    "multiply": _with_tensor("multiply"),
    "scale_channels": _with_tensor("multiply"),
}
