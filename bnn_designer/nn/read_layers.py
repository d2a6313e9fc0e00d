"""From a Keras layer to the operations of a graph: one function a class, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from bnn_designer.graph import ops
from bnn_designer.nn import channels
from bnn_designer.nn.batch_norm import BatchNormalization
from bnn_designer.nn.depthwise import Binomial, QuantDepthwiseConv2D
from bnn_designer.nn.describing import described_constraint, described_quantizer
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.layers import QuantConv2D, QuantDense
from bnn_designer.nn.max_pool import MaxPooling2D
from bnn_designer.nn.unread_layers import no_such_layer

#: Operations in running order, each with the part of its name.
Steps = list[tuple[str, ops.Op]]

#: What a layer's activation function is in a design; None: nothing.
_FUNCTIONS: dict[str, ops.Op | None] = {
    "linear": None,
    "relu": ops.Activation("relu"),
    "sigmoid": ops.Activation("sigmoid"),
    "hard_tanh": ops.Activation("hard_tanh"),
    "softmax": ops.Softmax(),
}

_KNOWN_ROOMS = ("keras", "tensorflow", "bnn_designer")


def steps_of(layer: Any, rank: int) -> Steps:
    """The operations of one layer.

    Args:
        layer: a layer, or an operation of ``keras.ops`` on tensors of a model.
        rank: axes of its input without the batch axis.

    Raises:
        LayerError: a design has nothing that computes what this layer does; says why.
    """
    if type(layer) not in LAYERS:
        if type(layer).__module__.startswith("keras.") and type(layer).__name__ == "Add":  # x + y
            return [("", ops.Add())]
        raise no_such_layer(type(layer).__name__, _where(layer), sorted({kind.__name__ for kind in LAYERS}))
    return LAYERS[type(layer)](layer, rank)


def _where(layer: Any) -> str:
    return f"{type(layer).__name__} '{layer.name}'"


def _must(layer: Any, holds: bool, rule: str, mend: str) -> None:
    if not holds:
        raise LayerError(_where(layer), rule, mend)


def _with_activation(layer: Any, op: ops.Op) -> Steps:
    return [("", op), *_function(layer, layer.activation)]


def _function(layer: Any, function: Any) -> Steps:
    name = "linear" if function is None else getattr(function, "__name__", type(function).__name__)
    known = ", ".join(_FUNCTIONS)
    # Somebody's own function may have any name.
    theirs = function is not None and getattr(function, "__module__", "").partition(".")[0] not in _KNOWN_ROOMS
    _must(layer, not theirs, f"'{name}' is a function that a design does not know", f"Use one of {known}, by name")
    _must(layer, name in _FUNCTIONS, f"a design has no activation function '{name}'", f"Use one of {known}")
    op = _FUNCTIONS[name]
    return [] if op is None else [(name, op)]


def _operands(layer: Any, kernel: str) -> dict[str, Any]:
    """How a layer with a kernel quantizes; ``kernel`` is what it calls it."""
    constraint = getattr(layer, f"{kernel}_constraint", None)
    quantizer = getattr(layer, "kernel_quantizer", None)
    return {
        "input_quantizer": described_quantizer(getattr(layer, "input_quantizer", None), "input"),
        "kernel_quantizer": described_quantizer(quantizer, "kernel"),
        "kernel_constraint": described_constraint(constraint),
        "use_bias": layer.use_bias,
    }


def _window(layer: Any) -> dict[str, Any]:
    _must(layer, layer.data_format == "channels_last", "a design has its channels last", "Use channels_last")
    border = getattr(layer, "pad_values", 0)
    _must(layer, border in (0, 1), f"a design pads with 0 or 1, not {border:g}", "Set pad_values to one of these")
    return {
        "kernel_size": layer.kernel_size,
        "strides": layer.strides,
        "dilation": layer.dilation_rate,
        "padding": layer.padding,
        "pad_values": int(border),
    }


def _conv2d(layer: Any, rank: int) -> Steps:
    op = ops.Conv2D(filters=layer.filters, groups=layer.groups, **_window(layer), **_operands(layer, "kernel"))
    return _with_activation(layer, op)


def _depthwise(layer: Any, rank: int) -> Steps:
    single = layer.depth_multiplier == 1
    _must(
        layer, single, f"a design has one kernel a channel, not {layer.depth_multiplier}", "Set depth_multiplier to 1"
    )
    fixed = isinstance(layer.depthwise_initializer, Binomial)
    _must(layer, not fixed or not layer.trainable, "a design's blur is not trained", "Set trainable to False")
    op = ops.DepthwiseConv2D(
        kernel="binomial" if fixed else "trained", **_window(layer), **_operands(layer, "depthwise")
    )
    return _with_activation(layer, op)


def _dense(layer: Any, rank: int) -> Steps:
    _must(layer, rank == 1, "a design's dense layers read vectors", "Put a Flatten before it")
    return _with_activation(layer, ops.Dense(units=layer.units, **_operands(layer, "kernel")))


def _batch_norm(layer: Any, rank: int) -> Steps:
    last = layer.axis in (-1, rank)
    _must(layer, last, f"a design normalizes channels, which are last, not axis {layer.axis}", "Set axis to -1")
    return [("", ops.BatchNorm(layer.center, layer.scale, float(layer.momentum), float(layer.epsilon)))]


def _relu(layer: Any, rank: int) -> Steps:
    plain = not layer.negative_slope and not layer.threshold and layer.max_value in (None, 1)
    _must(layer, plain, "a design has ReLU without a slope, up to 1 or without an end", "Use ReLU() or ReLU(1.0)")
    return [("", ops.Activation("relu" if layer.max_value is None else "unit_clip"))]


def _prelu(layer: Any, rank: int) -> Steps:
    shared = list(layer.shared_axes or ()) == list(range(1, rank))
    _must(layer, shared, "a design has a slope a channel", f"Set shared_axes to {list(range(1, rank))}")
    return [("", ops.Activation("prelu"))]


def _pool(kind: Any) -> Callable[[Any, int], Steps]:
    def read(layer: Any, rank: int) -> Steps:
        _must(layer, layer.data_format == "channels_last", "a design has its channels last", "Use channels_last")
        return [("", ops.Pool2D(kind, layer.pool_size, layer.strides, layer.padding))]

    return read


def _global_pool(layer: Any, rank: int) -> Steps:
    plain = layer.data_format == "channels_last" and not layer.keepdims
    _must(layer, plain, "a design's global pool gives a vector of the last axis", "Leave keepdims and data_format out")
    return [("", ops.GlobalAveragePool())]


def _concatenate(layer: Any, rank: int) -> Steps:
    _must(layer, layer.axis in (-1, rank), "a design concatenates channels, which are last", "Set axis to -1")
    return [("", ops.Concatenate())]


def _softmax(layer: Any, rank: int) -> Steps:
    _must(layer, layer.axis == -1, "a design's softmax is over the classes, which are last", "Set axis to -1")
    return [("", ops.Softmax())]


def _flatten(layer: Any, rank: int) -> Steps:
    _must(layer, layer.data_format == "channels_last", "a design has its channels last", "Use channels_last")
    return [("", ops.Flatten())]


def _dropout(layer: Any, rank: int) -> Steps:
    _must(layer, layer.noise_shape is None, "a design drops elements one by one", "Leave noise_shape out")
    return [("", ops.Dropout(float(layer.rate)))]


def _plain(op: ops.Op) -> Callable[[Any, int], Steps]:
    return lambda layer, rank: [("", op)]


_layers = keras.layers
LAYERS: dict[type, Callable[[Any, int], Steps]] = {
    **dict.fromkeys((QuantConv2D, _layers.Conv2D), _conv2d),
    **dict.fromkeys((QuantDepthwiseConv2D, _layers.DepthwiseConv2D), _depthwise),
    **dict.fromkeys((QuantDense, _layers.Dense), _dense),
    **dict.fromkeys((BatchNormalization, _layers.BatchNormalization), _batch_norm),
    **dict.fromkeys((MaxPooling2D, _layers.MaxPooling2D), _pool("max")),
    _layers.AveragePooling2D: _pool("average"),
    _layers.GlobalAveragePooling2D: _global_pool,
    _layers.ReLU: _relu,
    _layers.PReLU: _prelu,
    _layers.Activation: lambda layer, rank: _function(layer, layer.activation),
    _layers.Softmax: _softmax,
    _layers.Flatten: _flatten,
    _layers.Add: _plain(ops.Add()),
    _layers.Concatenate: _concatenate,
    _layers.Dropout: _dropout,
    channels.PadChannels: lambda layer, rank: [("", ops.PadChannels(layer.before))],
    channels.ScaleChannels: _plain(ops.ScaleChannels()),
    channels.ChannelShift: _plain(ops.ChannelShift()),
}
