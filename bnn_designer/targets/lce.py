"""Larq Compute Engine 0.16.0: what the deployed program says, which is held to files that LCE wrote."""

from __future__ import annotations

from bnn_designer.graph import Layer, ops
from bnn_designer.targets.verdict import Subject, Verdict, in_float
from bnn_designer.units import sentence

_PROGRAM = "LCE 0.16.0, larq_compute_engine/mlir/transforms; docs/counting.md"
_INT8 = "files that LCE 0.16.0 wrote (tests/export/test_tflite.py); docs/exporting.md"


def judge(subject: Subject, layer: Layer) -> Verdict | None:
    """What stands in the program for a product or a max pool; and each layer that LCE does not take."""
    refused = subject.unsupported.get(layer.name)
    if refused is not None:
        return Verdict("unknown" if refused.unknown else "refused", f"{_sentence(refused.reason)}.", _PROGRAM)
    if isinstance(layer.op, ops.QuantizedOp) and layer.op.is_trained:
        return _product(subject, layer, layer.op)
    if isinstance(layer.op, ops.Pool2D) and layer.op.kind == "max":
        return _pool(subject, layer)
    return None


def _product(subject: Subject, layer: Layer, op: ops.QuantizedOp) -> Verdict:
    operator = subject.operators.get(layer.name)
    if operator is not None and operator.is_binary:
        how = "LceBconv2d multiplies its bits"
        if isinstance(op, ops.Dense):
            return Verdict(
                "bits", f"{how}, exported as a 1x1 convolution; a Keras dense layer would be float.", "LCE#53"
            )
        return Verdict("bits", f"{how}.", _PROGRAM)
    if operator is not None and operator.is_int8:
        how = "TensorFlow Lite's kernel multiplies its whole numbers of 8 bits"
        if isinstance(op, ops.Dense):
            return Verdict("int8", f"{how}, exported as a 1x1 convolution, which has a scale a filter.", _INT8)
        return Verdict("int8", f"{how}.", _INT8)
    general = in_float(op, _PROGRAM)
    if general is not None:
        return general
    if isinstance(op, ops.DepthwiseConv2D):
        return Verdict("float", "LCE has no binary depthwise kernel: signs are unpacked.", _PROGRAM)
    if isinstance(op, ops.Dense) and op.is_binary:
        return Verdict("float", "LCE packs no dense layer: its weights are stored as floats.", "LCE#53")
    if op.is_binary:
        reason = "Its scaled signs are computed from float weights for every image: they are too large to fold."
        return Verdict("float", reason, _PROGRAM)
    return Verdict(
        "float", "Only signs multiplied with signs have a kernel: any other mix is a float operator.", _PROGRAM
    )


def _pool(subject: Subject, layer: Layer) -> Verdict:
    operator = next((op for op in subject.program.operators if layer.name in op.layers), None)
    if operator is not None and operator.kind == "LceBMaxPool2d":
        return Verdict("bits", "Only a sign reads it, so LceBMaxPool2d pools bits.", "LCE#371")
    return Verdict("float", "LCE pools bits only where a sign directly reads the pool.", "LCE#371")


def _sentence(reason: str) -> str:
    return sentence(reason)
