"""OpenVINO 2026.4's CPU plugin, from a model that is built with its Python API: the rules of its BinaryConvolution.

No front end makes this operation, so a design gets there only by an export that names it.
"""

from __future__ import annotations

from bnn_designer.graph import Layer, ops
from bnn_designer.targets.verdict import Subject, Verdict, in_float, pads

_KERNEL = "openvinotoolkit/openvino, src/plugins/intel_cpu/src/nodes/bin_conv.cpp"
_OPERATION = "openvino's opset1.BinaryConvolution"
#: Output pixels that a kernel computes side by side: with AVX-512, and with less. A padding must not be wider.
_SIDE_BY_SIDE = (4, 2)


def judge(subject: Subject, layer: Layer) -> Verdict | None:
    """Products and max pools; None for others."""
    op = layer.op
    if isinstance(op, ops.Pool2D) and op.kind == "max":
        return Verdict("float", "There is no max pool of bits.", _OPERATION)
    if not isinstance(op, ops.QuantizedOp) or not op.is_trained:
        return None
    general = in_float(op, _OPERATION)
    if general is not None:
        return general
    if not op.is_binary:
        return Verdict(
            "float", "BinaryConvolution multiplies one bit with one bit; fewer than 8 bits have no other.", _OPERATION
        )
    if isinstance(op, ops.DepthwiseConv2D) or (isinstance(op, ops.Conv2D) and op.groups > 1):
        return Verdict(
            "float", "BinaryConvolution has no groups, so this is exported as a float convolution.", _OPERATION
        )
    if isinstance(op, ops.Conv2D):
        return _window(subject, layer, op)
    return Verdict("bits", "BinaryConvolution, exported as a 1x1 convolution of one pixel.", _KERNEL)


def _window(subject: Subject, layer: Layer, op: ops.Conv2D) -> Verdict:
    """The plugin's own check of its parameters (``args_ok``): it throws while the model is compiled."""
    shape, output = subject.graph.input_shapes(layer)[0], layer.output.shape
    fits = [_is_taken(op, shape, output, width) for width in _SIDE_BY_SIDE]
    if all(fits):
        return Verdict("bits", "BinaryConvolution multiplies its bits; note that its sign of 0 is -1, not +1.", _KERNEL)
    if not any(fits):
        return Verdict(
            "refused", "The plugin throws: the padding is wider than what its kernel computes at once.", _KERNEL
        )
    return Verdict("unknown", "The plugin takes padding this wide only on processors with AVX-512.", _KERNEL)


def _is_taken(op: ops.Conv2D, shape: tuple[int, ...], output: tuple[int, ...], side_by_side: int) -> bool:
    (top, left), _ = pads(op, shape, output)
    width, out_width = shape[1], output[1]
    block = min(side_by_side, out_width)
    tail = out_width % block
    right = max(0, (out_width - tail - 1) * op.strides[1] + op.reach[1] - 1 - (width + left - 1))
    wide = op.kernel_size[1] > 7
    return left <= block and right <= block and (not wide or top == left == 0 or op.strides == (1, 1))
