"""ST Edge AI Core 3.0, from a Larq .h5 file: which kernels its library has.

The tool is closed. What its library computes is read from the headers of its kernels, which many STM32 projects hold
(layers_conv2d_dqnn.h, layers_dense_dqnn.h): ``is1os1ws1`` has inputs, outputs and weights of one bit. Which of them the
tool takes for a layer was not tried here, so whatever they leave open is unknown.
"""

from __future__ import annotations

from bnn_designer.graph import Layer, ops
from bnn_designer.targets.verdict import Subject, Verdict, in_float, is_padded

_CONV = "ST Edge AI's layers_conv2d_dqnn.h"
_DENSE = "ST Edge AI's layers_dense_dqnn.h"
_POOL = "ST Edge AI's layers_list.h"
_GUIDE = "ST Edge AI Core 3.0, Deep Quantized Neural Network (DQNN) support"


def judge(subject: Subject, layer: Layer) -> Verdict | None:
    """Products and max pools; None for others."""
    op = layer.op
    if isinstance(op, ops.Pool2D) and op.kind == "max":
        return _pool(subject, layer)
    if not isinstance(op, ops.QuantizedOp) or not op.is_trained:
        return None
    if op.precision == "low-bit":
        reason = "Kernels have 1, 8 and 16 bits; what becomes of other widths was not tried."
        return Verdict("unknown", reason, _GUIDE)
    general = in_float(op, _GUIDE)
    if general is not None:
        return general
    if isinstance(op, ops.Convolution):
        return _convolution(subject, layer, op)
    ending = "is1os1ws1" if subject.writes_bits(layer) else "is1of32ws1"
    return Verdict("bits", f"There is a kernel of these bits: forward_dense_{ending}.", _DENSE)


def _convolution(subject: Subject, layer: Layer, op: ops.Convolution) -> Verdict:
    if isinstance(op, ops.Conv2D) and op.groups > 1:
        return Verdict("unknown", "Its kernels of bits name no groups.", _CONV)
    if max(op.dilation) > 1:
        return Verdict("unknown", "Its kernels of bits name no dilation.", _CONV)
    kind = "dw" if isinstance(op, ops.DepthwiseConv2D) else "pw" if op.kernel_size == (1, 1) else "conv2d"
    padded = is_padded(op, subject.graph.input_shapes(layer)[0], layer.output.shape)
    padding = f"_pad{op.pad_values}" if padded else ""
    if _only_signs_follow(subject, layer):
        return Verdict("bits", f"There is a kernel of these bits: forward_{kind}_is1os1ws1_bn{padding}.", _CONV)
    if kind == "pw":
        return Verdict("bits", "There is a kernel with float outputs: forward_pw_is1of32ws1_bn.", _CONV)
    reason = "Its kernels of bits write 1, 8 or 16 bits, and floats are read here: what it does then was not tried."
    return Verdict("unknown", reason, _CONV)


def _only_signs_follow(subject: Subject, layer: Layer) -> bool:
    """Unlike LCE, padding with zeros does not keep it from writing bits; a batch norm is part of the kernel."""
    users = subject.graph.users[layer.name]
    if len(users) == 1 and isinstance(users[0].op, ops.BatchNorm):
        users = subject.graph.users[users[0].name]
    return bool(users) and all(
        isinstance(user.op, ops.QuantizedOp)
        and user.op.input_quantizer is not None
        and user.op.input_quantizer.facts.gives_signs
        for user in users
    )


def _pool(subject: Subject, layer: Layer) -> Verdict:
    operator = next((op for op in subject.program.operators if layer.name in op.layers), None)
    if operator is not None and operator.kind == "LceBMaxPool2d":
        return Verdict("bits", "There is a kernel of bits: forward_maxpool_is1os1.", _POOL)
    return Verdict(
        "unknown", "There is a kernel of bits (forward_maxpool_is1os1); whether it is taken here was not tried.", _POOL
    )
