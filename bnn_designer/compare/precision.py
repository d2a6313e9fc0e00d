"""Variants of the first and the last layer's precision, and of the whole network in floats."""

from __future__ import annotations

from typing import Any

from bnn_designer.advisor.precision import FULL_PRECISION
from bnn_designer.compare.editor import Editor, InapplicableError
from bnn_designer.design import Block, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import Add, Update
from bnn_designer.graph import lower, ops

_BINARY = {
    b.Conv: b.BinaryConv,
    b.DepthwiseConv: b.BinaryDepthwiseConv,
    b.Dense: b.BinaryDense,
}
#: The fields that make a block's operands so; signs are padded with 1, all else with 0.
PRECISIONS: dict[str, dict[str, Any]] = {
    "float": FULL_PRECISION,
    "binary-weights": FULL_PRECISION | {"kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"},
    "binary": {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"},
    "8-bit": {"input_quantizer": "int8", "kernel_quantizer": "int8", "kernel_constraint": None},
}


def first_and_last(editor: Editor, precision: str) -> None:
    """Gives the first and the last layer with a kernel one precision.

    Raises:
        InapplicableError: one of them is not a block of its own.
    """
    layers = [
        layer for layer in lower(editor.design).layers if isinstance(layer.op, ops.QuantizedOp) and layer.op.is_trained
    ]
    if not layers:
        raise InapplicableError("the design has no layer with weights")
    for block_id in dict.fromkeys((layers[0].block_id, layers[-1].block_id)):
        _set(editor, editor.design.find(block_id), precision)


def _set(editor: Editor, block: Block, precision: str) -> None:
    if isinstance(block, b.Head):
        if precision == "float":
            return
        dense = b.BinaryDense(units=editor.design.classes, use_bias=block.use_bias, **PRECISIONS[precision])
        position = editor.design.position_of(block.id)
        editor.apply(Update(block_id=block.id, changes={"classifier": "none"}))
        editor.apply(Add(block=dense, parent=position.parent_id, index=position.index))
    elif isinstance(block, b.Conv | b.DepthwiseConv | b.Dense):
        if precision == "float":
            return
        fields = {name: value for name, value in block if name != "kind"} | PRECISIONS[precision]
        if not isinstance(block, b.Dense):
            fields["pad_values"] = int(precision == "binary")
        editor.replace(block, _BINARY[type(block)](**fields))
    elif isinstance(block, b.Quantized):
        changes = dict(PRECISIONS[precision])
        if hasattr(block, "pad_values") and precision != "binary":
            changes["pad_values"] = 0
        editor.update(block, **changes)
    else:
        raise InapplicableError(f"{block.id} is a {block.kind} block, whose layers have no precision of their own")


def all_float(editor: Editor) -> None:
    """Every layer in full precision, so that what binarizing saves is seen."""
    found = [block for _, block in walk(editor.design.blocks) if isinstance(block, b.Quantized)]
    if not found:
        raise InapplicableError("no block of the design has a quantizer")
    for block in found:
        _set(editor, block, "float")
