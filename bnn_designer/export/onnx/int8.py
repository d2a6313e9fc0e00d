"""Layers of 8 bits in ONNX: whole numbers, so that sums are the engine's to the last digit.

Inputs and weights are whole numbers without a scale: of QuantizeLinear in plain ONNX, of Quant with a scale of 1 in
QONNX, by which its readers know the type INT8. Their products are summed as floats, which is exact up to 2^24; beyond
that weights go in two parts, of 16 and of 1, whose sums are joined as integers.

What becomes of the sums (packing/int8.py) is in integers of 64 bits in plain ONNX. In QONNX it is a MultiThreshold:
the arithmetic rises with the sum, so that the number it gives is told by how many of 255 sums are reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bnn_designer.export.c.constants import printable
from bnn_designer.export.errors import ExportError
from bnn_designer.export.nodes.node import Array, Node
from bnn_designer.export.onnx.protobuf import FLOAT, INT64, Value
from bnn_designer.export.onnx.writing import QONNX_DOMAIN, Writing
from bnn_designer.packing.drafts import StepDraft
from bnn_designer.packing.int8 import LARGEST, requantized_sums

#: Floats hold every whole number up to this.
_EXACT = 2**24
#: What the higher part of a weight counts.
_STEP = 16
_LEAST, _MOST = -128, 127
_INT32 = 2**31

#: Writes the product of a value with the filters of a name, as a part of a node; gives the name of the sums.
Product = Callable[[Writing, Node, str, str, str], str]


def write_quantize(writing: Writing, node: Node) -> None:
    """The nearest whole numbers of -127 to 127, as floats."""
    (value,), scale = writing.inputs(node), np.float32(node.numbers["scale"])
    if writing.qonnx:
        scaled = writing.add(node, "Div", (value, writing.numbers(np.array([scale]))), "scaled")
        _quant(writing, node, scaled)
        return
    limits = [writing.numbers(float(sign * np.float32(LARGEST) * scale)) for sign in (-1, 1)]
    clamped = writing.add(node, "Clip", (value, *limits), "clamped")
    whole = (clamped, writing.numbers(float(scale)), writing.graph.constant(np.array(0, np.int8)))
    bytes_ = writing.add(node, "QuantizeLinear", whole, "bytes")
    writing.add(node, "Cast", (bytes_,), attributes={"to": FLOAT})


def write_int8_conv(writing: Writing, node: Node, product: Product) -> None:
    """The sums: as floats, or as integers of 64 bits where floats do not hold them.

    Raises:
        ExportError: they take two parts, and one of these is beyond that too, or what reads them is in floats.
    """
    (value,), filters = writing.inputs(node), node.arrays["filters"].astype(np.int64)
    if _largest(filters) <= _EXACT:
        product(writing, node, value, _kernel_of(writing, node, filters, ""), "")
        return
    high = (filters + _STEP // 2) // _STEP
    low = filters - _STEP * high
    takes_integers = all(reader.kind in ("requantize", "signs") for reader in writing.readers(node))
    if max(_largest(high), _largest(low)) > _EXACT or not takes_integers:
        rule = "a filter's sums of 8-bit products go beyond 2^24, which floats do not hold"
        raise ExportError(printable(node.path), rule, "Use fewer channels, take the layer in float, or export it as C")
    sums = []
    for part, weights in (("high", high), ("low", low)):
        found = product(writing, node, value, _kernel_of(writing, node, weights, part), part)
        sums.append(writing.add(node, "Cast", (found,), f"{part}.whole", attributes={"to": INT64}))
    raised = writing.add(node, "Mul", (sums[0], writing.whole((_STEP,))), "raised")
    writing.wide.add(node.name)
    writing.add(node, "Add", (raised, sums[1]))


def without_wide(writing: Writing, signs: Node) -> Node:
    """Signs of floats: of a sum in 64 bits -1, 0 or 1, as it is below its threshold, on it or above."""
    if signs.inputs[0] not in writing.wide:
        return signs
    (value,), at_least = writing.inputs(signs), np.ceil(signs.arrays["at_least"]).astype(np.int64)
    found = writing.add(signs, "Sub", (value, writing.integers(at_least, signs)), "above")
    found = writing.add(signs, "Clip", (found, writing.integers(-1, signs), writing.integers(1, signs)), "step")
    found = writing.add(signs, "Cast", (found,), "narrow", attributes={"to": FLOAT})
    return replace(signs, arrays={}, inputs=(found,))


def write_requantize(writing: Writing, node: Node) -> None:
    """Numbers of 8 bits, less the zero point, times the scale."""
    (value,), scale = writing.inputs(node), np.float32(node.numbers["scale"])
    zero_point = int(node.numbers["zero_point"])
    is_wide = node.inputs[0] in writing.wide
    if writing.qonnx and not is_wide:
        limits = writing.graph.constant(_thresholds(node, _reach(writing, node)).astype(np.float32))
        attributes: dict[str, Value] = {"out_dtype": "INT8", "out_scale": 1.0, "out_bias": float(_LEAST)}
        whole = writing.add(node, "MultiThreshold", (value, limits), "whole", QONNX_DOMAIN, attributes)
        if zero_point:
            whole = writing.add(node, "Add", (whole, writing.numbers(np.array([-zero_point]))), "counted")
    else:
        wide = value if is_wide else writing.add(node, "Cast", (value,), "wide", attributes={"to": INT64})
        found = _in_integers(writing, node, wide, zero_point)
        whole = writing.add(node, "Cast", (found,), "whole", attributes={"to": FLOAT})
    writing.add(node, "Mul", (whole, writing.numbers(np.array([scale]))))


def _in_integers(writing: Writing, node: Node, value: str, zero_point: int) -> str:
    """``requantized_sums``, less the zero point. Div cuts off what is behind the point, so halves go away from zero."""
    shift = node.arrays["shift"].astype(np.int64)
    left, right = 2 ** np.maximum(shift, 0), 2 ** np.maximum(-shift, 0)

    def step(kind: str, value: str, part: str, *others: Array | int) -> str:
        return writing.add(node, kind, (value, *(writing.integers(other, node) for other in others)), part)

    def divided(value: str, by: Array | int, above: Array | int, below: Array | int, part: str) -> str:
        """Rounded by what is added first: of numbers of 0 and above, and of those below."""
        risen = step("GreaterOrEqual", value, f"{part}.rises", 0)
        nudges = [writing.integers(nudge, node) for nudge in (above, below)]
        nudge = writing.add(node, "Where", (risen, *nudges), f"{part}.nudge")
        nudged = writing.add(node, "Add", (value, nudge), f"{part}.nudged")
        return step("Div", nudged, part, by)

    value = step("Add", value, "biased", node.arrays["bias"])
    value = step("Mul", value, "raised", left)
    value = step("Clip", value, "saturated", -_INT32, _INT32 - 1)
    value = step("Mul", value, "product", node.arrays["multiplier"])
    value = divided(value, _INT32, _INT32 // 2, 1 - _INT32 // 2, "high")
    value = divided(value, right, right // 2, -(right // 2), "rounded")
    return step("Clip", value, "bytes", _LEAST - zero_point, _MOST - zero_point)


def _kernel_of(writing: Writing, node: Node, filters: Array, part: str) -> str:
    """Filters as floats that are whole: bytes in plain ONNX, Quant of 8 bits in QONNX."""
    rows = writing.laid(node, filters)
    name = f"{part}.filters" if part else "filters"
    if writing.qonnx:
        return _quant(writing, node, writing.graph.constant(rows.astype(np.float32)), name)
    return writing.add(node, "Cast", (writing.graph.constant(rows.astype(np.int8)),), name, attributes={"to": FLOAT})


def _quant(writing: Writing, node: Node, value: str, part: str = "") -> str:
    """QONNX's Quant of 8 bits with a sign, of -127 to 127, with a scale of 1; halves to the even one."""
    numbers = [writing.numbers(np.array(number)) for number in (1.0, 0.0, 8.0)]
    attributes: dict[str, Value] = {"signed": 1, "narrow": 1, "rounding_mode": "ROUND"}
    return writing.add(node, "Quant", (value, *numbers), part, QONNX_DOMAIN, attributes)


def _largest(filters: Array) -> int:
    """The largest sum of any filter ``[filters, ...]`` with inputs of 8 bits."""
    return int(np.abs(filters.reshape(len(filters), -1)).sum(axis=1).max()) * LARGEST


def _reach(writing: Writing, node: Node) -> npt.NDArray[np.int64]:
    """Of each filter before a node, the largest sum."""
    filters = writing.by_name[node.inputs[0]].arrays["filters"].astype(np.int64)
    return np.asarray(np.abs(filters.reshape(len(filters), -1)).sum(axis=1) * LARGEST, np.int64)


def _thresholds(node: Node, reach: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """``[filters, 255]``: the least sum that gives -127, -126, ..., 127; one more than any where none does."""
    numbers = np.stack([node.arrays[part].ravel() for part in ("bias", "multiplier", "shift")])
    step = StepDraft("requantize", numbers=(numbers,), low=float(node.numbers["zero_point"]))
    wanted = np.arange(_LEAST + 1, _MOST + 1)[:, None]
    low, high = np.repeat(-reach[None], len(wanted), 0), np.repeat(reach[None] + 1, len(wanted), 0)
    while (low < high).any():  # the least sum that reaches is among low to high
        middle = (low + high) // 2
        reached = requantized_sums(middle, step) >= wanted
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
        low = np.minimum(low, high)
    return low.T
