"""Rules about ReLUs: where signs read them, and where LCE can fuse them."""

from __future__ import annotations

from collections.abc import Iterator

from bnn_designer.advisor.finding import Evidence, Fix, Found
from bnn_designer.advisor.sources import DERIVED, OPTIMIZATION
from bnn_designer.advisor.subject import Subject, layer_block, quantized, reads_signs
from bnn_designer.design.blocks import Activation, BatchNorm
from bnn_designer.design.edits import Remove, Update
from bnn_designer.graph import Layer, ops


def relu_feeds_sign(subject: Subject) -> Iterator[Found]:
    """Behind a ReLU nothing is negative, so that every sign is +1."""
    for layer in subject.products:
        if not reads_signs(layer) or layer.inputs[0] not in subject.non_negative:
            continue
        relu = _origin(subject, layer)
        function = relu.op.function if isinstance(relu.op, ops.Activation) else "relu"
        yield Found(
            layer.block_id,
            "error",
            f"The {function} of {relu.path} has no negative outputs, so the sign of every input here is +1, and the "
            "layer computes the same for every image.",
            (
                Evidence("sign(x) = +1 for x >= 0.", DERIVED),
                Evidence("A ReLU before a binarized layer makes all its activations +1.", OPTIMIZATION),
            ),
            _mended(subject, relu, layer),
        )


def _origin(subject: Subject, layer: Layer) -> Layer:
    """The layer that made the numbers non-negative, the nearest one."""
    maker = subject.layers[layer.inputs[0]]
    while not isinstance(maker.op, ops.Activation):
        maker = subject.layers[maker.inputs[0]]
    return maker


def _mended(subject: Subject, relu: Layer, layer: Layer) -> Fix | None:
    """A batch norm between the function and the sign: the function's own, or a new one."""
    block = layer_block(subject, relu.block_id)
    if block is not None and block.activation is not None:
        changes: dict[str, object] = {"order": "activation_first"}
        if block.batch_norm is None:
            changes["batch_norm"] = {}
        return subject.offer(
            f"Put a batch norm after the {block.activation}", Update(block_id=block.id, changes=changes)
        )
    return subject.offer("Put a batch norm before the sign", *subject.insertion(layer.block_id, BatchNorm()))


def relu_before_batch_norm(subject: Subject) -> Iterator[Found]:
    """Binary convolution, ReLU, batch norm: LCE fuses these; not convolution, batch norm, ReLU."""
    for layer in subject.products:
        norm = subject.only_user(layer.name)
        relu = subject.only_user(norm.name) if norm is not None and isinstance(norm.op, ops.BatchNorm) else None
        if not quantized(layer).is_binary or isinstance(layer.op, ops.DepthwiseConv2D) or relu is None:
            continue
        if relu.op != ops.Activation("relu"):
            continue
        yield Found(
            layer.block_id,
            "hint",
            "The order is binary layer, batch norm, ReLU; LCE fuses binary layer, ReLU, batch norm into one operator.",
            (Evidence("With a ReLU: convolution, ReLU, batch norm, which LCE can fuse.", OPTIMIZATION),),
            _reordered(subject, layer, relu),
        )


def _reordered(subject: Subject, layer: Layer, relu: Layer) -> Fix | None:
    block, label = layer_block(subject, layer.block_id), "Put the ReLU before the batch norm"
    if block is None or block.batch_norm is None:
        return None
    if relu.block_id == block.id:
        return subject.offer(label, Update(block_id=block.id, changes={"order": "activation_first"}))
    behind = subject.neighbor(block.id, 1)
    if not isinstance(behind, Activation) or behind.id != relu.block_id or block.activation is not None:
        return None
    changes = {"activation": "relu", "order": "activation_first"}
    return subject.offer(label, Update(block_id=block.id, changes=changes), Remove(block_id=behind.id))
