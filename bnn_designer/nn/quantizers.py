"""Quantizers as arguments of layers: what a name means, how one is written, and what of it the compiled op can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
import tensorflow as tf

from bnn_designer.nn import context
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.few_bits import SteTern, ste_tern
from bnn_designer.nn.flip_ratio import PACKAGE
from bnn_designer.nn.quantizer import Quantizer, class_of, is_known, known_as, unknown
from bnn_designer.nn.signs import (
    ApproxSign,
    SteHeaviside,
    SteSign,
    SwishSign,
    approx_sign,
    ste_heaviside,
    ste_sign,
    swish_sign,
)

__all__ = [
    "PACKAGE",
    "NoOp",
    "Quantizer",
    "QuantizerLike",
    "SignName",
    "class_of",
    "deserialize",
    "get",
    "get_kernel_quantizer",
    "gives_signs",
    "gradient_name",
    "of_input",
    "op_name",
    "serialize",
    "ste_sign",
]

SignName = Literal["ste_sign", "approx_sign"]


@keras.saving.register_keras_serializable(PACKAGE)
@known_as()
class NoOp(Quantizer):
    """Leaves values as they are, and says how many bits they have: a mark for optimizers such as `Bop`, and metrics.

    Args:
        precision: bits of an element. With 1, `Bop` finds the kernel.
        **kwargs: as `Quantizer` has them.
    """

    def __init__(self, precision: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.precision = precision

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "precision": self.precision}


_BY_FUNCTION: dict[Callable[..., tf.Tensor], type[Quantizer]] = {
    ste_sign: SteSign,
    approx_sign: ApproxSign,
    swish_sign: SwishSign,
    ste_heaviside: SteHeaviside,
    ste_tern: SteTern,
}


QuantizerLike = Quantizer | Callable[[Any], Any]


def get(identifier: Any) -> QuantizerLike | None:
    """The quantizer that an argument of a layer means.

    Args:
        identifier: None (full precision), a name (``"ste_sign"`` or ``"SteSign"``, ..., or of
            `keras.saving.get_custom_objects`), a quantizer, its class or
            function, a config dictionary of Keras or of Larq, or any other callable.

    Raises:
        LayerError: the name is unknown or the identifier is something else.
    """
    if isinstance(identifier, dict):
        identifier = deserialize(identifier)
    if identifier is None:
        return None
    if isinstance(identifier, str):
        identifier = _custom(identifier) or class_of(identifier)
    if identifier is NoOp:
        raise LayerError("quantizer 'NoOp'", "it needs a precision, which a name has not", "Use NoOp(precision=1)")
    if isinstance(identifier, type) and issubclass(identifier, keras.layers.Layer):
        return identifier()  # type: ignore[no-any-return]
    if not callable(identifier):
        raise unknown(identifier)
    if identifier in _BY_FUNCTION:
        return _BY_FUNCTION[identifier]()
    return identifier  # type: ignore[no-any-return]


def _custom(name: str) -> Any:
    """What somebody has registered with Keras under a name that is none of ours."""
    return None if is_known(name) else keras.saving.get_custom_objects().get(name)


def get_kernel_quantizer(identifier: Any) -> QuantizerLike | None:
    """As `get`, for a kernel: the quantizer measures what `metrics_scope` says, unless it measures something already.

    One that measures another kernel is replaced by an equal one, as the two would be mixed up.

    Raises:
        LayerError: as `get`.
    """
    quantizer = get(identifier)
    if isinstance(quantizer, Quantizer):
        quantizer.measure(sorted(context.get_training_metrics()))
        if quantizer.measures and quantizer.measures_kernel:
            quantizer = type(quantizer).from_config({**quantizer.get_config(), "name": None})
        quantizer.measures_kernel = quantizer.measures
    return quantizer


def serialize(quantizer: QuantizerLike | None, use_legacy_format: bool = False) -> Any:
    """What `get` and `deserialize` turn back into an equal quantizer.

    Args:
        quantizer: a quantizer, a function, or None.
        use_legacy_format: as Keras 2 wrote it: class and arguments alone, or a function's name.
    """
    if quantizer is None:
        return None
    if not use_legacy_format:
        return keras.saving.serialize_keras_object(quantizer)
    if isinstance(quantizer, keras.layers.Layer):
        return {"class_name": type(quantizer).__name__, "config": quantizer.get_config()}
    return quantizer.__name__


def deserialize(
    name: str | dict[str, Any], custom_objects: dict[str, Any] | None = None, use_legacy_format: bool = False
) -> Any:
    """What a name or a configuration means: of a name a class or function, else what `serialize` or Larq wrote.

    Args:
        name: the name, or the configuration of Keras 3, Keras 2 or Larq.
        custom_objects: classes and functions by names, which come first.
        use_legacy_format: Larq's; either form is read whatever it says.

    Raises:
        LayerError: the class or function that is named is unknown.
    """
    if isinstance(name, str):
        return _named(name, custom_objects)
    # Larq's own module cannot be imported here; its classes are known by their names.
    of_larq = str(name.get("module")).startswith("larq.")
    if not of_larq and ("module" in name or "registered_name" in name):
        return keras.saving.deserialize_keras_object(name, custom_objects=custom_objects)
    return _named(str(name.get("class_name")), custom_objects).from_config(name.get("config", {}))


def _named(name: str, custom_objects: dict[str, Any] | None) -> Any:
    return (custom_objects or {}).get(name) or _custom(name) or class_of(name)


def gradient_name(quantizer: QuantizerLike | None) -> SignName | None:
    """The compiled op's name for this quantizer, or None where the op does not compute its gradient.

    Only the exact classes count: a subclass may compute anything, and the op clips at 1. Nor do quantizers that are
    measured: they must see what they give.
    """
    if isinstance(quantizer, Quantizer) and quantizer.measures:
        return None
    if type(quantizer) is SteSign and quantizer.clip_value == 1.0:
        return "ste_sign"
    if type(quantizer) is ApproxSign:
        return "approx_sign"
    return None


def gives_signs(quantizer: QuantizerLike | None) -> bool:
    """Whether the quantizer's own class declares that it gives signs; what it inherits says nothing about it."""
    return isinstance(quantizer, Quantizer) and vars(type(quantizer)).get("gives_signs", False) is True


def op_name(quantizer: QuantizerLike | None) -> SignName | None:
    """The name under which the compiled op takes what a quantizer gives; None where it is not signs.

    Signs of a quantizer that the op does not know are computed before it. Of +-1 the op takes the sign again, which
    changes nothing, and ``ste_sign`` passes the gradient on, since it is 1 where ``|x| <= 1``.
    """
    return gradient_name(quantizer) or ("ste_sign" if gives_signs(quantizer) else None)


def of_input(quantizer: QuantizerLike | None, inputs: Any) -> Any:
    """What a layer's input quantizer makes of its input. One that measures a kernel, as a quantizer that is shared may,
    does not measure inputs beside it: their shape is another."""
    if quantizer is None:
        return inputs
    if isinstance(quantizer, Quantizer) and quantizer.measures_kernel:
        return quantizer.call(inputs)
    return quantizer(inputs)
