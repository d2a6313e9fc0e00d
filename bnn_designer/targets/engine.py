"""This project's engine: what is packed, by the rules that pack it."""

from __future__ import annotations

import math

from bnn_designer.graph import Layer, ops
from bnn_designer.graph.passes.bits import LARGEST_SUM, MOST_INT8_PRODUCTS, has_input_step
from bnn_designer.targets.verdict import Subject, Verdict, in_float

_SOURCE = "bnn_designer/graph/passes/bits.py"


def judge(subject: Subject, layer: Layer) -> Verdict | None:
    """A product or a max pool; None for layers that are steps of others."""
    if isinstance(layer.op, ops.QuantizedOp) and layer.op.is_trained:
        return _product(subject, layer, layer.op)
    if isinstance(layer.op, ops.Pool2D) and layer.op.kind == "max":
        return _pool(subject, layer)
    return None


def _product(subject: Subject, layer: Layer, op: ops.QuantizedOp) -> Verdict:
    if op.is_int8 and not isinstance(op, ops.DepthwiseConv2D):
        products = _products(subject, layer, op)
        if products > MOST_INT8_PRODUCTS:
            reason = f"It sums {products:,} products of 8 bits, and 32 bits hold the sum of {MOST_INT8_PRODUCTS:,}."
            return Verdict("refused", reason, _SOURCE)
        return Verdict("int8", "Whole numbers of 8 bits are multiplied, and summed in 32 bits.", _SOURCE)
    if op.input_quantizer is not None and not has_input_step(op.input_quantizer):
        reason = f"The engine has no step that quantizes inputs with {op.input_quantizer}."
        return Verdict("refused", reason, _SOURCE)
    general = in_float(op, _SOURCE)
    if general is not None:
        return general
    if not op.is_binary:
        return Verdict("float", "Levels of a few bits are multiplied as floats; only signs are packed.", _SOURCE)
    if isinstance(op, ops.DepthwiseConv2D):
        return Verdict("float", "The engine has no binary depthwise kernel: signs are unpacked.", _SOURCE)
    operator = subject.operators.get(layer.name)
    if operator is None or not subject.bits.multiplies(operator):
        reason = (
            "LCE does not take it, and in the program its signs are padded as floats, so they are not packed again."
        )
        return Verdict("float", reason, _SOURCE)
    if (products := _products(subject, layer, op)) > LARGEST_SUM:
        reason = f"It sums {products:,} products, and sums are exact only up to {LARGEST_SUM:,}."
        return Verdict("refused", reason, _SOURCE)
    return Verdict("bits", "XNOR and popcount multiply its signs.", _SOURCE)


def _products(subject: Subject, layer: Layer, op: ops.QuantizedOp) -> int:
    """Of how many an output is the sum."""
    return math.prod(op.kernel_shape(subject.graph.input_shapes(layer)[0])[:-1])


def _pool(subject: Subject, layer: Layer) -> Verdict:
    operator = next((op for op in subject.program.operators if layer.name in op.layers), None)
    if operator is not None and subject.bits.pools(operator):
        return Verdict("bits", "Only signs of its maxima are read, so that bits are pooled.", _SOURCE)
    return Verdict("float", "More than the signs of its maxima is read, or none were packed before it.", _SOURCE)
