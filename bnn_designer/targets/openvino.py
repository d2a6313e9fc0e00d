"""OpenVINO 2026.4's CPU plugin, from a model that names its BinaryConvolution: the rules of that operation.

No front end makes it, so a design gets there by an export that writes it (`export/openvino/`). What the plugin does not
compute rightly in bits is written as a float convolution of the same signs; :func:`why_in_float` is the rule for both.
"""

from __future__ import annotations

from bnn_designer.graph import Layer, ops
from bnn_designer.targets.verdict import Subject, Verdict, in_float, pads

_KERNEL = "openvinotoolkit/openvino, src/plugins/intel_cpu/src/nodes/bin_conv.cpp"
_OPERATION = "openvino's opset1.BinaryConvolution"
_RUN = "a run of OpenVINO 2026.4.1 (tests/export/test_openvino.py)"
_INT8 = (
    "Its whole numbers of 8 bits are multiplied as floats, which hold their sums: "
    "the plugin's kernels of 8 bits saturate where the processor has no VNNI."
)
#: Output pixels that a kernel computes side by side: with AVX-512, and with less. A padding must not be wider.
_SIDE_BY_SIDE = (4, 2)
#: Channels whose bits make a byte.
_BYTE = 8
#: Between an image and a dense layer these leave every feature where it was.
_KEEPING = (ops.Flatten, ops.BatchNorm, ops.Activation, ops.ChannelShift, ops.Dropout)

Pair = tuple[int, int]


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
    if op.is_int8 and not isinstance(op, ops.DepthwiseConv2D):
        return Verdict("float", _INT8, _RUN)
    if not op.is_binary:
        return Verdict(
            "float", "BinaryConvolution multiplies one bit with one bit; fewer than 8 bits have no other.", _OPERATION
        )
    if isinstance(op, ops.DepthwiseConv2D) or (isinstance(op, ops.Conv2D) and op.groups > 1):
        return Verdict(
            "float", "BinaryConvolution has no groups, so this is exported as a float convolution.", _OPERATION
        )
    found = _why(subject, layer, op)
    if found is not None:
        reason, source = found
        return Verdict("float", f"{reason}, so this is exported as a float convolution.", source)
    if isinstance(op, ops.Conv2D):
        return Verdict(
            "bits",
            "BinaryConvolution multiplies its bits; its sign of 0 is -1, so thresholds are exported half a step lower.",
            _KERNEL,
        )
    return Verdict("bits", "BinaryConvolution, exported as a convolution of the whole image.", _KERNEL)


def why_in_float(
    channels: int, image: Pair, output: Pair, size: Pair, strides: Pair, dilation: Pair, before: Pair
) -> tuple[str, str] | None:
    """Why the plugin cannot compute a convolution of signs in bits, with the source; None where it can.

    Args:
        channels: that it reads.
        image, output: heights and widths.
        size, strides, dilation: of its windows.
        before: what is padded above and to the left.
    """
    if channels % _BYTE:
        return f"The plugin's sums are wrong where channels ({channels}) do not fill whole bytes", _RUN
    if _beside(image, output, size, strides, dilation, before):
        return "The plugin's sums are wrong where a window lies beside the image altogether", _RUN
    reach = dilation[1] * (size[1] - 1) + 1
    if not all(_is_taken(image[1], output[1], size[1], reach, strides, before, width) for width in _SIDE_BY_SIDE):
        return "The plugin throws where padding is wider than what its kernel computes at once (2; AVX-512: 4)", _KERNEL
    return None


def _why(subject: Subject, layer: Layer, op: ops.QuantizedOp) -> tuple[str, str] | None:
    if isinstance(op, ops.Conv2D):
        height, width, channels = subject.graph.input_shapes(layer)[0]
        before, _ = pads(op, (height, width), layer.output.shape)
        out_height, out_width, _ = layer.output.shape
        image, output = (height, width), (out_height, out_width)
        return why_in_float(channels, image, output, op.kernel_size, op.strides, op.dilation, before)
    height, width, channels = _image(subject, layer.inputs[0])
    return why_in_float(channels, (height, width), (1, 1), (height, width), (1, 1), (1, 1), (0, 0))


def _image(subject: Subject, name: str) -> tuple[int, ...]:
    """The image that a dense layer reads, as it was before it was flattened; features alone are one pixel."""
    layers = {layer.name: layer for layer in subject.graph.layers}
    while name in layers and isinstance(layers[name].op, _KEEPING):
        (name,) = layers[name].inputs
    shape = subject.graph.tensors[name].shape
    return shape if len(shape) == 3 else (1, 1, *shape)


def _beside(image: Pair, output: Pair, size: Pair, strides: Pair, dilation: Pair, before: Pair) -> bool:
    """Whether a window has no tap inside of the image, on height or width."""
    for axis in (0, 1):
        for place in range(output[axis]):
            first = place * strides[axis] - before[axis]
            if not any(0 <= first + tap * dilation[axis] < image[axis] for tap in range(size[axis])):
                return True
    return False


def _is_taken(
    width: int, out_width: int, size: int, reach: int, strides: Pair, before: Pair, side_by_side: int
) -> bool:
    """The plugin's own check of its parameters (``args_ok``): it throws while the model is compiled."""
    block = min(side_by_side, out_width)
    tail = out_width % block
    top, left = before
    right = max(0, (out_width - tail - 1) * strides[1] + reach - 1 - (width + left - 1))
    return left <= block and right <= block and (size <= 7 or top == left == 0 or strides == (1, 1))
