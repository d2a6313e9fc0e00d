"""FINN, from a QONNX file: the rules of its transformations to hardware layers.

FINN streams integers through hardware; what is not integers after its streamlining gets no hardware layer, and the
build ends there. Sources are files of the repositories Xilinx/finn and fastmachinelearning/qonnx.
"""

from __future__ import annotations

from bnn_designer.graph import Layer, ops
from bnn_designer.targets.verdict import Subject, Verdict, in_float, is_padded

_LAYERS = "Xilinx/finn, src/finn/transformation/fpgadataflow/convert_to_hw_layers.py"
_PADDING = "Xilinx/finn, src/finn/custom_op/fpgadataflow/fmpadding.py and convert_to_hw_layers.py"
_ACTIVATIONS = "Xilinx/finn, src/finn/transformation/qonnx/qonnx_activation_handlers.py"


def judge(subject: Subject, layer: Layer) -> Verdict | None:
    """Products, pools, and what needs floats between them."""
    op = layer.op
    if isinstance(op, ops.QuantizedOp):
        return _product(subject, layer, op)
    if isinstance(op, ops.Pool2D):
        return _pool(subject, layer, op)
    if isinstance(op, ops.Add | ops.Concatenate):
        word = "adds" if isinstance(op, ops.Add) else "concatenates"
        reason = f"FINN {word} streams of integers of one type, and these are floats: quantize every path before it."
        return Verdict("refused", reason, f"{_LAYERS}: InferAddStreamsLayer, InferConcatLayer")
    if isinstance(op, ops.ScaleChannels):
        return Verdict("refused", "Nothing scales channels by numbers that come from the image.", _LAYERS)
    if isinstance(op, ops.Activation) and op.function in ("prelu", "sigmoid"):
        reason = f"Only quantized activations become thresholds, and this {op.function} is a float function."
        return Verdict("refused", reason, _ACTIVATIONS)
    return None


def _product(subject: Subject, layer: Layer, op: ops.QuantizedOp) -> Verdict:
    if not op.is_trained:
        return Verdict("refused", "A blur has fixed weights in float, and there is no layer for it.", _LAYERS)
    general = in_float(op, f"{_LAYERS}: InferQuantizedMatrixVectorActivation")
    if general is not None:
        first = layer.inputs == (subject.graph.input.name,)
        more = " As the first layer it needs an image of 8-bit integers." if first else ""
        reason = "FINN makes hardware of integers only, on both sides; this stays outside of it."
        return Verdict("float", f"{general.reason} {reason}{more}", general.source)
    if isinstance(op, ops.Convolution):
        refused = _window(subject, layer, op)
        if refused is not None:
            return refused
    if isinstance(op, ops.DepthwiseConv2D):
        return Verdict("unknown", "Whether its depthwise unit (VVAU) multiplies signs was not tried.", _LAYERS)
    if not op.is_binary:
        if op.is_int8:
            reason = "A matrix-vector unit of 8 bits (MVAU of INT8), as finn-plus 1.6.1 made one of a first layer."
            return Verdict("int8", reason, f"{_LAYERS}: InferQuantizedMatrixVectorActivation; tried, docs/exporting.md")
        reason = "Levels of a few bits are integers to FINN (MVAU); this project's quantizers were not tried there."
        return Verdict("unknown", reason, f"{_LAYERS}: InferQuantizedMatrixVectorActivation")
    return Verdict("bits", "XNOR and popcount in a matrix-vector unit (MVAU, binaryXnorMode).", _LAYERS)


def _window(subject: Subject, layer: Layer, op: ops.Convolution) -> Verdict | None:
    shape = subject.graph.input_shapes(layer)[0]
    # 8 bits have a zero, one bit has none.
    if not op.is_int8 and is_padded(op, shape, layer.output.shape):
        reason = (
            "FINN pads with zeros only, and its one-bit type has no zero: "
            'use "valid" padding, or pad the image before the first sign.'
        )
        return Verdict("refused", reason, _PADDING)
    if isinstance(op, ops.Conv2D) and op.groups > 1:
        reason = (
            "Convolutions are lowered to products of matrices for one group or depthwise; other groups were not tried."
        )
        return Verdict("unknown", reason, "fastmachinelearning/qonnx, transformation/lower_convs_to_matmul.py")
    if op.kernel_size == (1, 1) and max(op.strides) > 1:
        square = shape[0] == shape[1] and op.strides[0] == op.strides[1]
        if not square and 1 not in shape[:2]:
            reason = "A 1x1 kernel with strides is a DownSampler, which takes square images and equal strides only."
            return Verdict("refused", reason, f"{_LAYERS}: InferConvInpGen")
    return None


def _pool(subject: Subject, layer: Layer, op: ops.Pool2D) -> Verdict:
    height, width = subject.graph.input_shapes(layer)[0][:2]
    if op.kind == "average":
        reason = (
            "An average becomes hardware only as a quantized one (QuantAvgPool2d), which this design does not ask for."
        )
        return Verdict("unknown", reason, f"{_LAYERS}: InferPool")
    source = f"{_LAYERS}: InferStreamingMaxPool"
    if op.strides != op.pool_size:
        return Verdict(
            "unknown", "Its streaming max pool needs strides equal to the window; others were not tried.", source
        )
    if (height == 1 and op.pool_size[0] == 1) or (width == 1 and op.pool_size[1] == 1):
        return Verdict("refused", "Its streaming max pool of one bit takes two-dimensional images only.", source)
    if height % op.pool_size[0] and width % op.pool_size[1]:
        return Verdict("refused", "Its streaming max pool needs an image that the window divides.", source)
    return Verdict("bits", "Signs and sums stream through a max pool as integers.", source)
