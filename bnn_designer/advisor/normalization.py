"""Rules about batch norms: where they stand and how they are set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bnn_designer.advisor.finding import Evidence, Fix, Found
from bnn_designer.advisor.sources import DERIVED, GUIDE, OPTIMIZATION
from bnn_designer.advisor.subject import Subject, layer_block, quantized, reads_signs
from bnn_designer.design.blocks import BatchNorm, BatchNormOptions, DenseBlock, LayerBlock, PoolBatchNorm, Shortcut
from bnn_designer.design.edits import Update
from bnn_designer.graph import Layer, ops

_MOMENTUM = 0.9
_HOLDERS = (LayerBlock, PoolBatchNorm, BatchNorm, Shortcut, DenseBlock)


def batch_norm_after_binary(subject: Subject) -> Iterator[Found]:
    """A batch norm stands behind every binary layer, before the next sign and before the output."""
    for layer in subject.products:
        if not quantized(layer).is_binary:
            continue
        ends = subject.behind(layer, lambda user: isinstance(user.op, ops.BatchNorm))
        norms = [end for end in ends if isinstance(end.op, ops.BatchNorm)]
        signs = [end for end in ends if reads_signs(end)]
        if not signs and (norms or _batch_norm_before(subject, layer)):
            continue
        reader = f"{signs[0].path} takes their signs" if signs else "nothing normalizes them later"
        yield Found(
            layer.block_id,
            "warning",
            f"No batch norm follows this binary layer: its outputs are sums of +1 and -1, and {reader}.",
            (Evidence("All successful BNNs still contain a batch norm after each binarized layer.", GUIDE),),
            _added(subject, layer.block_id),
        )


def _batch_norm_before(subject: Subject, layer: Layer) -> bool:
    """Whether a batch norm of the layer's own stands in front of it, as in Real-to-Binary Net, DenseNets and MeliusNet.

    One that normalizes the layer before is not its own.
    """
    norm = _source(subject, layer)
    if norm is None or not isinstance(norm.op, ops.BatchNorm):
        return False
    source = _source(subject, norm)
    return source is None or not isinstance(source.op, ops.QuantizedOp)


def _source(subject: Subject, layer: Layer) -> Layer | None:
    """The nearest layer in front that does more than to pass each value on, or merges; None for the image."""
    maker = subject.maker(layer.inputs[0])
    while maker is not None and isinstance(maker.op, ops.PASS_ON) and len(maker.inputs) == 1:
        maker = subject.maker(maker.inputs[0])
    return maker


def _added(subject: Subject, block_id: str) -> Fix | None:
    block = layer_block(subject, block_id)
    if block is not None and block.batch_norm is None:
        return subject.offer("Add a batch norm", Update(block_id=block_id, changes={"batch_norm": {}}))
    return subject.offer("Add a batch norm after it", *subject.insertion(block_id, BatchNorm(), behind=True))


def trainable_batch_norm(subject: Subject) -> Iterator[Found]:
    """Beta and gamma of the batch norms behind binary layers are trained."""
    for layer in subject.products:
        if not quantized(layer).is_binary:
            continue
        for end in subject.behind(layer, lambda user: isinstance(user.op, ops.BatchNorm)):
            op = end.op
            if not isinstance(op, ops.BatchNorm) or (op.center and op.scale):
                continue
            off = " and ".join(name for name, on in (("beta", op.center), ("gamma", op.scale)) if not on)
            evidence: tuple[Evidence, ...] = (
                Evidence("Batch normalization with trainable beta and gamma is recommended.", GUIDE),
            )
            users = subject.graph.users[end.name]
            if op.center and users and all(reads_signs(user) for user in users):
                text = (
                    "Only signs read this one: sign(gamma x + beta) needs gamma only for its sign, so little is lost."
                )
                evidence += (Evidence(text, DERIVED),)
            yield Found(
                end.block_id,
                "hint",
                f"The batch norm after a binary layer does not train {off}.",
                evidence,
                _set(subject, end.block_id, "Train beta and gamma", {"center": True, "scale": True}),
            )


def batch_norm_momentum(subject: Subject) -> Iterator[Found]:
    """Moving averages follow with momentum 0.9, because binary weights flip."""
    for layer in subject.graph.layers:
        if not isinstance(layer.op, ops.BatchNorm) or layer.op.momentum == _MOMENTUM:
            continue
        yield Found(
            layer.block_id,
            "hint",
            f"The batch norm's momentum is {layer.op.momentum:g}; 0.9 is recommended for BNNs.",
            (Evidence("Use momentum 0.9; Keras has 0.99 by default.", OPTIMIZATION),),
            _set(subject, layer.block_id, "Set momentum to 0.9", {"momentum": _MOMENTUM}),
        )


def _set(subject: Subject, block_id: str, label: str, changes: dict[str, Any]) -> Fix | None:
    block = subject.blocks[block_id]
    options = block.batch_norm if isinstance(block, _HOLDERS) else None
    if not isinstance(options, BatchNormOptions):
        return None
    return subject.offer(label, Update(block_id=block_id, changes={"batch_norm": options.model_dump() | changes}))


def bias_before_batch_norm(subject: Subject) -> Iterator[Found]:
    """No bias before a batch norm, which subtracts it again."""
    for layer in subject.products:
        user = subject.only_user(layer.name)
        if not quantized(layer).use_bias or user is None or not isinstance(user.op, ops.BatchNorm):
            continue
        channels = layer.output.shape[-1]
        yield Found(
            layer.block_id,
            "hint",
            f"The {channels} biases do nothing: the batch norm after them subtracts each channel's mean.",
            (Evidence("None of the guide's binary layers before a batch norm has a bias.", GUIDE),),
            None
            if layer_block(subject, layer.block_id) is None
            else subject.offer("Remove the bias", Update(block_id=layer.block_id, changes={"use_bias": False})),
        )
