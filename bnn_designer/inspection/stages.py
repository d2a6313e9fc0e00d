"""The way of a tensor to the sign that binarizes it: what made it, and each pool, norm and activation in between."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.graph import Graph, Layer, ops

#: How a tensor is called after the operation that made it.
_WORDS: dict[type[ops.Op], str] = {
    ops.Conv2D: "convolution",
    ops.DepthwiseConv2D: "depthwise convolution",
    ops.Dense: "dense layer",
    ops.BatchNorm: "batch norm",
    ops.ChannelShift: "learned shift",
    ops.Activation: "activation",
    ops.GlobalAveragePool: "global average pool",
    ops.Add: "addition of the shortcut",
    ops.Concatenate: "concatenation",
    ops.PadChannels: "padding of channels",
    ops.ScaleChannels: "scaling of channels",
    ops.Dropout: "dropout",
    ops.Softmax: "softmax",
}
#: What is the same numbers in another shape, or in use nothing at all: no stage.
_UNSEEN = (ops.Flatten, ops.Dropout)
#: What gives each channel an offset of its own, which can bring it back to both sides of zero.
_CENTERING = (ops.BatchNorm, ops.ChannelShift)
#: Activations whose values are all at least 0.
_NEVER_NEGATIVE = ("relu", "unit_clip", "sigmoid")


@dataclass(frozen=True)
class Way:
    """How the input of a layer with a sign comes about.

    Attributes:
        layer: the one whose input is binarized.
        stages: the layers whose outputs are looked at, in running order; the last one's is binarized. Empty where that
            is the image itself.
    """

    layer: Layer
    stages: tuple[Layer, ...]


def ways(graph: Graph) -> tuple[Way, ...]:
    """The way to each sign, in running order: back to a product, a sum or whatever else reads several tensors."""
    makers = {layer.name: layer for layer in graph.layers}
    found = []
    for layer in graph.layers:
        if not has_sign(layer):
            continue
        stages: list[Layer] = []
        name = layer.inputs[0]
        while name in makers:
            maker = makers[name]
            if not isinstance(maker.op, _UNSEEN):
                stages.insert(0, maker)
            if isinstance(maker.op, ops.QuantizedOp) or len(maker.inputs) > 1:
                break
            name = maker.inputs[0]
        found.append(Way(layer, tuple(stages)))
    return tuple(found)


def has_sign(layer: Layer) -> bool:
    """Whether a layer binarizes its input."""
    quantizer = layer.op.input_quantizer if isinstance(layer.op, ops.QuantizedOp) else None
    return quantizer is not None and quantizer.facts.gives_signs


def has_binary_kernel(layer: Layer) -> bool:
    """Whether a layer's kernel is trained, and multiplied as signs, times a scale or not."""
    op = layer.op
    if not isinstance(op, ops.QuantizedOp) or op.kernel_quantizer is None:
        return False
    return op.is_trained and op.kernel_quantizer.facts.gives_signs


def stage_text(layer: Layer) -> str:
    """Such as "after the max pool"."""
    if isinstance(layer.op, ops.Pool2D):
        return f"after the {layer.op.kind} pool"
    return f"after the {_WORDS.get(type(layer.op), type(layer.op).__name__)}"


def dead_advice(way: Way, reads_dead: str = "", *, always_positive: bool = True) -> str:
    """What to change where channels are always one sign: the cause as far as the design tells it.

    Args:
        reads_dead: the layer that makes the first stage, if each channel that it reads itself is always one sign: then
            its outputs are constants whatever stands behind it. "": it is not so.
        always_positive: whether some of the channels are always +1, which is what a max pool, or an activation that is
            never negative, comes to; always -1 has other causes.
    """
    if reads_dead:
        return (
            f"All that {reads_dead} reads is always one sign already, so its outputs are the same for every image. "
            "Mend that first."
        )
    kinds = [layer.op for layer in way.stages]
    last_center = max((i for i, op in enumerate(kinds) if isinstance(op, _CENTERING)), default=-1)
    pools = [i for i, op in enumerate(kinds) if isinstance(op, ops.Pool2D) and op.kind == "max"]
    if always_positive and any(
        isinstance(op, ops.Activation) and op.function in _NEVER_NEGATIVE for op in kinds[last_center + 1 :]
    ):
        return (
            "The activation before the sign gives nothing below 0, so every value becomes +1. Take it out, or put a "
            "batch norm behind it."
        )
    if always_positive and pools and pools[-1] > last_center:
        return (
            "The last thing before the sign is a max pool: the largest of several values is seldom below 0. Put the "
            "batch norm behind the pool."
        )
    if last_center < 0:
        return (
            "Nothing before the sign gives a channel an offset of its own, so it stays on the side on which it is. Add "
            "a batch norm, or a learned shift as ReActNet has it (arXiv 2003.03488, section 4.2)."
        )
    return (
        "There is an offset before the sign, and training has moved these channels to one side. Try a lower learning "
        "rate, or fewer channels: what is always one sign tells the next layer nothing."
    )
