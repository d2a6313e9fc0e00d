"""The layers of a program of plain Keras: no quantizer, as kernels come quantized and inputs go through functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bnn_designer.design.quantization import Quantizer
from bnn_designer.graph import Layer, ops
from bnn_designer.larq.program_layers import CALLS, Call
from bnn_designer.nn.few_bits import SteTern
from bnn_designer.nn.padding import same_padding

Shape = tuple[int, ...]

#: What a program may need beside Keras' own, by name.
HELPERS = {
    "sign": '''\
def sign(x):
    """-1 below zero, else +1."""
    return ops.where(x >= 0, 1.0, -1.0)''',
    "ternary": '''\
def ternary(x, threshold):
    """The sign where the magnitude reaches the threshold, else 0."""
    return ops.where(ops.abs(x) < threshold, 0.0, ops.sign(x))''',
    "levels": '''\
def levels(x, steps):
    """The nearest of so many even steps from 0 to 1."""
    return ops.round(ops.clip(x, 0.0, 1.0) * steps) / steps''',
    "int8": '''\
def int8(x):
    """Whole numbers from -127 to 127 times a scale, which the largest magnitude of all these images sets."""
    scale = ops.max(ops.abs(x)) / 127
    return ops.round(ops.divide_no_nan(x, scale)) * scale''',
    "pad": '''\
def pad(x, rows, columns, value):
    """Images in a border, of so many rows and columns before and after them."""
    return ops.pad(x, ((0, 0), rows, columns, (0, 0)), constant_values=value)''',
    "pad_channels": '''\
def pad_channels(x, before):
    """So many channels of zeros in front of those of an image."""
    return ops.pad(x, ((0, 0), (0, 0), (0, 0), (before, 0)))''',
    "Scale": '''\
class Scale(keras.layers.Layer):
    """Multiplies each channel with a number: the magnitude of the signs in a filter."""

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale''',
    "Shift": '''\
class Shift(keras.layers.Layer):
    """Adds a number to each channel."""

    def build(self, input_shape):
        self.shift = self.add_weight(name="shift", shape=(input_shape[-1],), initializer="zeros")

    def call(self, inputs):
        return inputs + self.shift''',
}
_INPUTS: dict[str, Callable[[Quantizer], str]] = {
    "ste_tern": lambda quantizer: f"ternary({{}}, {SteTern().threshold_value})",
    "dorefa": lambda quantizer: f"levels({{}}, {2**quantizer.k_bit - 1})",
    "int8": lambda quantizer: "int8({})",
}


def plain_call(layer: Layer, source: Shape) -> Call:
    """The layers of plain Keras that compute what one of a graph does with an input of this shape."""
    op = layer.op
    if isinstance(op, ops.QuantizedOp):
        return _product(op, source)
    if type(op) in _OTHERS:
        return _OTHERS[type(op)](op, source)
    return CALLS[type(op)](op, len(source))


def _product(op: ops.QuantizedOp, source: Shape) -> Call:
    """Keras' own layer of a quantized kernel; a scale of its signs is a layer behind it: their sums are whole."""
    scaled = op.kernel_quantizer is not None and op.kernel_quantizer.facts.scales
    bare: dict[str, Any] = {"input_quantizer": None, "kernel_quantizer": None, "kernel_constraint": None}
    reads = "" if op.input_quantizer is None else _quantized(op.input_quantizer)
    if isinstance(op, ops.Convolution) and op.padding == "same" and op.pad_values:
        axes = zip(source, op.kernel_size, op.strides, op.dilation, strict=False)
        rows, columns = (same_padding(*axis) for axis in axes)
        reads = f"pad({reads or '{}'}, {rows}, {columns}, {op.pad_values:.1f})"
        bare["padding"] = "valid"
    if isinstance(op, ops.Convolution):
        bare["pad_values"] = 0
    if isinstance(op, ops.DepthwiseConv2D):
        bare["kernel"] = "trained"
    bare["use_bias"] = op.use_bias and not scaled
    call = CALLS[type(op)](replace(op, **bare), len(source))
    behind = [("scale", "Scale")] * scaled + [("bias", "Shift")] * (scaled and op.use_bias)
    return replace(call, name=f"keras.layers.{type(op).__name__}", reads=reads, behind=tuple(behind))


def _quantized(quantizer: Quantizer) -> str:
    return _INPUTS[quantizer.name](quantizer) if quantizer.name in _INPUTS else "sign({})"


#: What is no layer of Keras.
_OTHERS: dict[type[ops.Op], Callable[[Any, Shape], Call]] = {
    ops.ChannelShift: lambda op, source: Call("Shift"),
    ops.PadChannels: lambda op, source: Call("pad_channels", (str(op.before),), is_function=True),
    ops.ScaleChannels: lambda op, source: Call(
        "keras.layers.Multiply", reads=f"[{{}}, keras.layers.Reshape((1, 1, {source[-1]}))({{}})]"
    ),
}
