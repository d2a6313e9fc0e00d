"""Models of QKeras on Keras 3 (the package qkeras-v3) to models of these layers, and back: binary and ternary layers.

What both can say is the same there and here: ``binary(alpha=1.0)`` is the sign with the gradient 1 everywhere,
``ternary(alpha=1.0, threshold=t)`` the same with zeros below ``t``, and ``Clip(-1, 1)`` clips weights. QKeras quantizes
inputs in a layer of its own, ``QActivation``; here that is the ``input_quantizer`` of the layers that read it. QKeras
adds what it rounds away and takes it off again, so its signs are +-1 to float rounding, of inputs below about 1e6.

QKeras need not be installed to read its models, which whoever has one has; `to_qkeras` imports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from bnn_designer.nn.batch_norm import BatchNormalization
from bnn_designer.nn.constraints import WeightClip
from bnn_designer.nn.depthwise import QuantDepthwiseConv2D
from bnn_designer.nn.engine import Engine
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.few_bits import SteTern
from bnn_designer.nn.layers import QuantConv1D, QuantConv2D, QuantDense
from bnn_designer.nn.max_pool import MaxPooling2D
from bnn_designer.nn.model_walk import converted
from bnn_designer.nn.quantized import QuantizedLayer
from bnn_designer.nn.quantizer import Quantizer
from bnn_designer.nn.signs import ApproxSign, SteSign, SwishSign

#: What QKeras takes for the threshold of ``ternary()``.
DEFAULT_THRESHOLD = 0.33
_ALIKE_ONLY_IN_OUTPUTS = "trains_alike=False takes what gives the same outputs, whatever its gradients are"


@dataclass(frozen=True)
class _Kind:
    """A layer that both have: its arguments beside those of all, and what its kernel is called."""

    ours: type[QuantizedLayer]
    theirs: str
    arguments: tuple[str, ...]
    kernel: str = "kernel"


_WINDOW = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")
_KINDS = (
    _Kind(QuantDense, "QDense", ("units",)),
    _Kind(QuantConv1D, "QConv1D", ("filters", "groups", *_WINDOW)),
    _Kind(QuantConv2D, "QConv2D", ("filters", "groups", *_WINDOW)),
    _Kind(QuantDepthwiseConv2D, "QDepthwiseConv2D", ("depth_multiplier", *_WINDOW), "depthwise"),
)
_OF_ALL = ("name", "trainable", "use_bias", "bias_initializer", "bias_regularizer", "activity_regularizer")


def from_qkeras(model: keras.Model, *, engine: Engine = "auto", trains_alike: bool = True) -> keras.Model:
    """A functional model of these layers that computes what a model of QKeras computes, with its weights.

    Args:
        model: functional or sequential; ``QDense``, ``QConv1D``, ``QConv2D``, ``QDepthwiseConv2D`` and ``QActivation``
            become ours, Keras' own layers stay what they are. It is not changed.
        engine: of the layers.
        trains_alike: refuse what gives the same outputs with other gradients: ``binary()`` of activations, which has
            that of tanh.

    Raises:
        LayerError: a layer or quantizer has no counterpart (scales that QKeras computes, more than two bits, quantized
            biases, masks); the error names it.
    """

    def made(layer: keras.layers.Layer, input_quantizer: Any) -> keras.layers.Layer:
        name = type(layer).__name__
        if not type(layer).__module__.startswith("qkeras"):
            return type(layer).from_config(layer.get_config())
        if name == "QActivation":
            return _our_quantizer(_where(layer), layer.activation, trains_alike, name=layer.name)
        kind = next((kind for kind in _KINDS if kind.theirs == name), None)
        if kind is None:
            raise _no_counterpart(layer, [kind.theirs for kind in _KINDS] + ["QActivation"])
        return _our_layer(kind, layer, input_quantizer, trains_alike, engine)

    def quantizer_in(layer: keras.layers.Layer, new: keras.layers.Layer) -> Any:
        return new if isinstance(new, Quantizer) else None

    return converted(model, made, quantizer_in, takes_quantizer=lambda layer: type(layer).__name__ in _THEIR_NAMES)


def to_qkeras(model: keras.Model, *, trains_alike: bool = True) -> keras.Model:
    """A functional model of QKeras' layers that computes what a model of these layers computes, with its weights.

    An input quantizer becomes a ``QActivation`` before the layer, called ``<layer>_input``.

    Args:
        model: functional or sequential; it is not changed.
        trains_alike: refuse what gives the same outputs with other gradients, or another constraint: QKeras has no
            ``clip_value``, and clips all quantized kernels to -1 and 1. A kernel whose ``"weight_clip"`` keeps it
            within its ``clip_value`` trains alike.

    Raises:
        LayerError: qkeras-v3 is not installed; or a layer or quantizer has no counterpart; the error names it.
    """
    try:
        import qkeras
    except ImportError as error:
        raise LayerError("to_qkeras", "QKeras is not installed", "pip install qkeras-v3") from error

    def made(layer: keras.layers.Layer, input_quantizer: Any) -> keras.layers.Layer:
        if isinstance(layer, Quantizer):
            return qkeras.QActivation(
                _their_quantizer(qkeras, _where(layer), layer, None, trains_alike), name=layer.name
            )
        if isinstance(layer, QuantizedLayer):
            kind = next((kind for kind in _KINDS if type(layer) is kind.ours), None)
            if kind is None:
                raise _no_counterpart(layer, [kind.ours.__name__ for kind in _KINDS])
            return _their_layer(qkeras, kind, layer, trains_alike)
        config = layer.get_config()
        if isinstance(layer, BatchNormalization | MaxPooling2D):
            del config["engine"]
            return getattr(keras.layers, type(layer).__name__).from_config(config)
        return type(layer).from_config(config)

    def before(layer: keras.layers.Layer) -> keras.layers.Layer | None:
        quantizer = layer.input_quantizer if isinstance(layer, QuantizedLayer) else None
        if quantizer is None:
            return None
        where = f"{_where(layer)}, input_quantizer"
        activation = _their_quantizer(qkeras, where, quantizer, None, trains_alike)
        return qkeras.QActivation(activation, name=f"{layer.name}_input")

    return converted(model, made, before=before)


_THEIR_NAMES = frozenset(kind.theirs for kind in _KINDS)


def _our_layer(kind: _Kind, layer: Any, input_quantizer: Any, trains_alike: bool, engine: Engine) -> keras.layers.Layer:
    where = _where(layer)
    if layer.bias_quantizer_internal is not None or getattr(layer, "_mask", None) is not None:
        raise LayerError(
            where,
            "its bias is quantized, or its kernel masked",
            "Leave bias_quantizer and mask out: biases are floats here",
        )
    if type(layer.activation).__module__.startswith("qkeras"):
        raise LayerError(where, f"its activation is {layer.activation}", "Put it into a QActivation behind the layer")
    kernel = kind.kernel
    quantizer = getattr(layer, f"{kernel}_quantizer_internal")
    initializer, constraint = getattr(layer, f"{kernel}_initializer"), getattr(layer, f"{kernel}_constraint")
    arguments = {
        **{name: getattr(layer, name) for name in (*_OF_ALL, *kind.arguments)},
        "activation": layer.activation,
        "dtype": layer.dtype_policy,
        "bias_constraint": layer.bias_constraint,
        "input_quantizer": input_quantizer,
        f"{kernel}_quantizer": _our_quantizer(f"{where}, {kernel}_quantizer", quantizer, trains_alike),
        # QKeras wraps initializers in one that scales; the kernel's values are read right after.
        f"{kernel}_initializer": getattr(initializer, "initializer", initializer),
        f"{kernel}_regularizer": getattr(layer, f"{kernel}_regularizer"),
        f"{kernel}_constraint": _our_constraint(constraint),
        "engine": engine,
    }
    return kind.ours(**arguments)


def _their_layer(qkeras: Any, kind: _Kind, layer: Any, trains_alike: bool) -> keras.layers.Layer:
    where, kernel = _where(layer), kind.kernel
    if getattr(layer, "padding", "valid") == "same" and layer.pad_values != 0:
        raise LayerError(where, f"pad_values={layer.pad_values}, and QKeras pads with 0", "Pad with 0, or by a layer")
    constraint, quantizer = layer.kernel_constraint, layer.kernel_quantizer
    if quantizer is not None and constraint is None and trains_alike:
        raise LayerError(
            where,
            f"it has no {kernel}_constraint, and QKeras clips every quantized kernel to -1 and 1",
            f"Give it 'weight_clip', or: {_ALIKE_ONLY_IN_OUTPUTS}",
        )
    arguments = {
        **{name: getattr(layer, name) for name in (*_OF_ALL, *kind.arguments)},
        "activation": None if layer.activation is keras.activations.linear else layer.activation,
        "dtype": layer.dtype_policy,
        "bias_constraint": layer.bias_constraint,
        f"{kernel}_quantizer": _their_quantizer(
            qkeras, f"{where}, {kernel}_quantizer", quantizer, constraint, trains_alike
        ),
        f"{kernel}_initializer": getattr(layer, f"{kernel}_initializer"),
        f"{kernel}_regularizer": getattr(layer, f"{kernel}_regularizer"),
        f"{kernel}_constraint": qkeras.qlayers.Clip(-constraint.clip_value, constraint.clip_value)
        if type(constraint) is WeightClip
        else constraint,
    }
    return getattr(qkeras, kind.theirs)(**arguments)


def _our_constraint(constraint: Any) -> Any:
    clips = type(constraint).__name__ == "Clip" and type(constraint).__module__.startswith("qkeras")
    if clips and constraint.constraint is None and constraint.min_value == -constraint.max_value:
        return WeightClip(constraint.max_value)
    return constraint


def _our_quantizer(where: str, theirs: Any, trains_alike: bool, **arguments: Any) -> Any:
    if theirs is None:
        return None
    name = type(theirs).__name__
    alpha = getattr(theirs, "alpha", "")
    plain = (
        name in ("binary", "ternary") and not theirs.use_stochastic_rounding and not getattr(theirs, "use_01", False)
    )
    # Without alpha the gradient is that of tanh; layers take a scale of their own then, "auto_po2".
    one = (isinstance(alpha, int | float) and alpha == 1) or (alpha is None and not trains_alike)
    if not plain or not one:
        raise LayerError(
            where,
            f"{theirs} has no counterpart",
            f"binary(alpha=1.0) and ternary(alpha=1.0) have; {_ALIKE_ONLY_IN_OUTPUTS}",
        )
    if name == "binary":
        return SteSign(clip_value=None, **arguments)
    threshold = DEFAULT_THRESHOLD if theirs.threshold is None else theirs.threshold
    return SteTern(threshold_value=threshold, clip_value=None, **arguments)


def _their_quantizer(qkeras: Any, where: str, ours: Any, constraint: Any, trains_alike: bool) -> Any:
    if ours is None:
        return None
    signs = type(ours) in (SteSign, ApproxSign, SwishSign)
    if not signs and not (type(ours) is SteTern and not ours.ternary_weight_networks):
        raise LayerError(
            where,
            f"{type(ours).__name__} has no counterpart",
            "Signs and SteTern with a fixed threshold have",
        )
    if trains_alike and not _never_clips(ours, constraint):
        raise LayerError(
            where,
            f"QKeras' gradient is 1 everywhere, and that of {type(ours).__name__} is not",
            f"Use clip_value=None, or for a kernel 'weight_clip'; {_ALIKE_ONLY_IN_OUTPUTS}",
        )
    return qkeras.binary(alpha=1.0) if signs else qkeras.ternary(alpha=1.0, threshold=ours.threshold_value)


def _never_clips(quantizer: Any, constraint: Any) -> bool:
    """Whether the gradient is 1 for all that the quantizer is given."""
    if type(quantizer) not in (SteSign, SteTern):
        return False
    clip: float | None = quantizer.clip_value
    return clip is None or (type(constraint) is WeightClip and constraint.clip_value <= clip)


def _where(layer: keras.layers.Layer) -> str:
    return f"{type(layer).__name__} '{layer.name}'"


def _no_counterpart(layer: keras.layers.Layer, known: list[str]) -> LayerError:
    return LayerError(_where(layer), "it has no counterpart", f"These have: {', '.join(known)}, and Keras' own layers")
