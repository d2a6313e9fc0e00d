"""What the converter makes of every other layer: one function a kind of operation.

A function either adds operators or makes the layer part of the one before it. The rules are TensorFlow Lite's (its
optimize_patterns.td) and LCE's (optimize_patterns_common.td), checked against networks that LCE 0.16.0 converted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnn_designer.graph import ops
from bnn_designer.graph.passes import products
from bnn_designer.graph.passes.builder import FOLDS_BATCH_NORM, FUSES_RELU, Builder
from bnn_designer.graph.passes.products import own_factors
from bnn_designer.graph.passes.program import Constant, Value


def _batch_norm(build: Builder, op: ops.BatchNorm) -> None:
    """Part of the product before it, if nothing else reads that; else a multiplication and an addition."""
    if _fold_factors(build):
        return
    source = build.value()
    scaled = Value(build.part("multiply"), source.shape)
    channels = (source.shape[-1],)
    build.add("MUL", [source], scaled, constants={"factor": Constant("factor", channels)})
    _plus(build, scaled)


def _channel_shift(build: Builder, op: ops.ChannelShift) -> None:
    if not _fold_factors(build):
        _plus(build, build.value())


def _fold_factors(build: Builder) -> bool:
    """Takes a factor and an offset per channel into the node before, where it has room for them."""
    node = build.maker()
    if node is None or (node.activation and node.kind != "LceBconv2d"):
        return False
    if node.kind == "LceBconv2d":
        own_factors(node, multiplier=isinstance(build.layer.op, ops.BatchNorm), bias=True)
    elif node.kind in FOLDS_BATCH_NORM and "weights" in node.constants:
        node.constants["bias"] = Constant("bias", (node.output.shape[-1],))
    else:
        return False
    build.fold(node)
    return True


def _plus(build: Builder, source: Value) -> None:
    build.make("ADD", [source], source.shape, {"offset": Constant("offset", (source.shape[-1],))})


#: The operator of each function; a product or sum before it computes the first two itself.
_ACTIVATIONS = {"relu": "RELU", "hard_tanh": "RELU_N1_TO_1", "prelu": "PRELU", "sigmoid": "LOGISTIC"}


def _activation(build: Builder, op: ops.Activation) -> None:
    source, node = build.value(), build.maker()
    if op.function == "unit_clip":
        smaller = Value(build.part("minimum"), source.shape)
        build.add("MINIMUM", [source], smaller, constants={"limit": Constant("limit", (), shared="one")})
        build.make("RELU", [smaller], source.shape)
        return
    kind = _ACTIVATIONS[op.function]
    if node is not None and kind.startswith("RELU") and not node.activation:
        # A binary convolution clamps its sums before it scales them, and only where its edges need no correction.
        binary = node.kind == "LceBconv2d" and node.packs and not node.scaled
        if binary or node.kind in FUSES_RELU:
            node.activation = kind
            build.fold(node)
            return
    slopes = {"slopes": Constant("slopes", (1,) * (len(source.shape) - 1) + source.shape[-1:])}
    build.make(kind, [source], source.shape, slopes if kind == "PRELU" else None)


def _pool2d(build: Builder, op: ops.Pool2D) -> None:
    build.make("MAX_POOL_2D" if op.kind == "max" else "AVERAGE_POOL_2D", [build.value()])


def _global_average_pool(build: Builder, op: ops.GlobalAveragePool) -> None:
    """One window over the whole image, as Larq Zoo builds it: TensorFlow Lite's mean is slower."""
    source = build.value()
    build.make("AVERAGE_POOL_2D", [source], (1, 1, source.shape[-1]))


def _flatten(build: Builder, op: ops.Flatten) -> None:
    """A single pixel is a vector already; and so stays what binary 1x1 convolutions read, one pixel of all features."""
    source = build.value()
    if source.shape[:2] == (1, 1):
        build.pass_on()
        return
    features = build.layer.output.shape
    pixel = build.dense_as_conv and _meets_binary_dense(build, build.layer.name)
    build.finish(build.reshape(source, (1, 1, *features) if pixel else features, build.layer.name))


def _meets_binary_dense(build: Builder, name: str) -> bool:
    """Whether a binary dense layer reads the vector, or an elementwise function of it."""
    for user in build.graph.users[name]:
        if isinstance(user.op, ops.Dense):
            return user.op.is_binary
        if isinstance(user.op, ops.BatchNorm | ops.Activation | ops.ChannelShift | ops.Dropout):
            return _meets_binary_dense(build, user.name)
    return False


def _add(build: Builder, op: ops.Add) -> None:
    """Sums of two; of more, one after the other."""
    total = build.value(0)
    for index in range(1, len(build.layer.inputs)):
        last = index == len(build.layer.inputs) - 1
        output = Value(build.layer.name if last else build.part(f"sum_{index}"), total.shape)
        build.add("ADD", [total, build.value(index)], output)
        total = output
    build.finish(total)


def _concatenate(build: Builder, op: ops.Concatenate) -> None:
    sources = [build.value(index) for index in range(len(build.layer.inputs))]
    build.make("CONCATENATION", sources, (*sources[0].shape[:-1], sum(source.shape[-1] for source in sources)))


def _pad_channels(build: Builder, op: ops.PadChannels) -> None:
    pads = Constant("shape", (4, 2), shared=f"channels before {op.before}")
    build.make("PAD", [build.value()], constants={"shape": pads})


def _scale_channels(build: Builder, op: ops.ScaleChannels) -> None:
    build.make("MUL", [build.value(0), build.value(1)])


def _softmax(build: Builder, op: ops.Softmax) -> None:
    source = build.value()
    if len(source.shape) == 3:
        source = build.reshape(source, source.shape[-1:], build.part("reshape"))
    build.make("SOFTMAX", [source], source.shape)


def _nothing(build: Builder, op: ops.Op) -> None:
    """Only training knows the layer."""
    build.pass_on()


#: The function of every kind of operation.
RULES: dict[type[ops.Op], Callable[[Builder, Any], None]] = {
    ops.Conv2D: products.conv2d,
    ops.DepthwiseConv2D: products.depthwise_conv2d,
    ops.Dense: products.dense,
    ops.BatchNorm: _batch_norm,
    ops.ChannelShift: _channel_shift,
    ops.Activation: _activation,
    ops.Dropout: _nothing,
    ops.Pool2D: _pool2d,
    ops.GlobalAveragePool: _global_average_pool,
    ops.Flatten: _flatten,
    ops.Add: _add,
    ops.Concatenate: _concatenate,
    ops.PadChannels: _pad_channels,
    ops.ScaleChannels: _scale_channels,
    ops.Softmax: _softmax,
}


def unknown(build: Builder, op: ops.Op) -> None:
    """An operation without a rule: a float tensor, and the reason why nothing more is known."""
    build.refuse(f"this project has no rule for what LCE makes of {type(op).__name__}", unknown=True)
    build.make(type(op).__name__, [build.value(index) for index in range(len(build.layer.inputs))])
