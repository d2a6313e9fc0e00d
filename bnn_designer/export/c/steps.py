"""The C calls for the steps of a group: a function a kind."""

from __future__ import annotations

from collections.abc import Callable

from bnn_designer.export.c.constants import number
from bnn_designer.export.c.writer import GroupWriter, call, cells
from bnn_designer.packing.header import StepEntry


def _affine(writer: GroupWriter, step: StepEntry) -> list[str]:
    factor, offset = (writer.blob(index) for index in step.numbers)
    arrays = [
        writer.constants.floats(writer.name, what, one) for what, one in (("factors", factor), ("offsets", offset))
    ]
    return call("affine", [str(writer.at.out_channels), *arrays])


def _clamp(writer: GroupWriter, step: StepEntry) -> list[str]:
    limits = (("at_least", step.low), ("at_most", step.high))
    channels = writer.at.out_channels
    return [f"{function}({channels}, {number(limit)});" for function, limit in limits if limit is not None]


def _prelu(writer: GroupWriter, step: StepEntry) -> list[str]:
    slopes = writer.constants.floats(writer.name, "slopes", writer.blob(step.numbers[0]))
    return [f"prelu({writer.at.out_channels}, {slopes});"]


def _plain(writer: GroupWriter, step: StepEntry) -> list[str]:
    return [f"{step.kind}({writer.at.out_channels});"]


def _up_to(writer: GroupWriter, step: StepEntry) -> list[str]:
    return [f"{step.kind}({writer.at.out_channels}, {number(step.high or 0.0)});"]


def _pixelwise(writer: GroupWriter, step: StepEntry) -> list[str]:
    channels = writer.at.out_channels
    return [f"{step.kind}({channels}, {writer.place(str(step.tensor), channels)});"]


def _scale_channels(writer: GroupWriter, step: StepEntry) -> list[str]:
    return [f"multiply({writer.at.out_channels}, {writer.place(str(step.tensor), 0)});"]


def _sign(writer: GroupWriter, step: StepEntry) -> list[str]:
    """Of a pooled tensor of bits the pool itself has written them."""
    if writer.group.source == "binary_max_pool":
        return []
    channels = writer.at.out_channels
    return [f"sign({channels}, {writer.place(str(step.tensor), cells(channels))});"]


def _threshold(writer: GroupWriter, step: StepEntry) -> list[str]:
    """The convolution has written them."""
    return []


def _requantize(writer: GroupWriter, step: StepEntry) -> list[str]:
    """Part of the convolution."""
    return []


def _quantize(writer: GroupWriter, step: StepEntry) -> list[str]:
    channels = writer.at.out_channels
    out = writer.bytes_place(str(step.tensor), channels)
    return call("quantize", [str(channels), number(step.high or 0.0), out])


STEPS: dict[str, Callable[[GroupWriter, StepEntry], list[str]]] = {
    "affine": _affine,
    "clamp": _clamp,
    "prelu": _prelu,
    "sigmoid": _plain,
    "softmax": _plain,
    "add": _pixelwise,
    "multiply": _pixelwise,
    "scale_channels": _scale_channels,
    "store": _pixelwise,
    "sign": _sign,
    "threshold": _threshold,
    "levels": _up_to,
    "ternary": _up_to,
    "quantize": _quantize,
    "requantize": _requantize,
}
