"""Quantizers: the sign function with a straight-through gradient, as Larq users know them; and how to find all others.

These compute ``sign(x)`` with ``sign(0) = +1`` and differ in the gradient they pretend it has (`larq.quantizers`;
Courbariaux et al. 2016, arXiv 1602.02830; Liu et al. 2018, arXiv 1808.00278; Darabi et al. 2018, arXiv 1812.11800):

==============  =====================================================
``ste_sign``    1 where ``|x| <= clip_value``, else 0
``approx_sign`` ``2 - 2 |x|`` where ``|x| <= 1``, else 0
``swish_sign``  ``b (2 - b x tanh(b x / 2)) / (1 + cosh(b x))``, b = 5
==============  =====================================================

NaN stays NaN, so that a training run that has diverged shows it; its gradient is 0.
TensorFlow flushes subnormal numbers to zero, so a negative subnormal has the sign +1.
Whole numbers have the same signs, in their own type; where a quantizer gives fractions, they count as floats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import keras
import tensorflow as tf

from bnn_designer.design.quantization import QUANTIZERS
from bnn_designer.nn.errors import LayerError

PACKAGE = "bnn_designer"
SignName = Literal["ste_sign", "approx_sign"]


def _sign(x: tf.Tensor) -> tf.Tensor:
    if x.dtype.is_integer:
        one = tf.ones_like(x)
        # Half a step, as below, is no whole number; and unsigned numbers, which TensorFlow does not negate, have no -1.
        return one if x.dtype.is_unsigned else tf.where(x < 0, -one, one)
    # The inner sign is -1, 0 or 1; half a step up leaves no zero, and NaN passes through both.
    return tf.sign(tf.sign(x) + tf.cast(0.5, x.dtype))


def numbers(x: Any) -> tf.Tensor:
    """``x`` as a tensor of floats or whole numbers.

    Raises:
        LayerError: it holds something else, such as booleans, which have no sign.
    """
    x = tf.convert_to_tensor(x)
    if not (x.dtype.is_floating or x.dtype.is_integer):
        raise LayerError(
            "quantizer", f"it takes floats or whole numbers, got {x.dtype.name}", "Cast the tensor to float32 first"
        )
    return x


def floats(x: Any) -> tf.Tensor:
    """``x`` as a tensor of floats: whole numbers in Keras' float type.

    Raises:
        LayerError: as `numbers`.
    """
    x = numbers(x)
    return x if x.dtype.is_floating else tf.cast(x, keras.config.floatx())


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def ste_sign(x: Any, clip_value: float | None = 1.0) -> tf.Tensor:
    """Sign of ``x``, with the gradient of the identity where ``|x| <= clip_value``.

    Args:
        x: tensor of floats or whole numbers, of any shape.
        clip_value: where the gradient ends; None never clips it.

    Returns:
        Tensor of -1 and +1, shape and type of ``x``.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def gradient(dy: tf.Tensor) -> tf.Tensor:
            if clip_value is None:
                return dy
            return tf.where(tf.abs(x) <= tf.cast(clip_value, x.dtype), dy, tf.zeros_like(dy))

        return _sign(x), gradient

    return op(numbers(x))


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def approx_sign(x: Any) -> tf.Tensor:
    """Sign of ``x``, with the gradient ``2 - 2 |x|`` where ``|x| <= 1`` (Bi-Real Net, arXiv 1808.00278, eq. 5).

    Args:
        x: tensor of floats or whole numbers, of any shape.

    Returns:
        Tensor of -1 and +1, shape and type of ``x``.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def gradient(dy: tf.Tensor) -> tf.Tensor:
            magnitude = tf.abs(x)
            return tf.where(magnitude <= 1, (2 - 2 * magnitude) * dy, tf.zeros_like(dy))

        return _sign(x), gradient

    return op(numbers(x))


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def swish_sign(x: Any, beta: float = 5.0) -> tf.Tensor:
    """Sign of ``x``, with the gradient of the SignSwish function (BNN+, arXiv 1812.11800, eq. 3).

    Args:
        x: tensor of floats or whole numbers, of any shape.
        beta: the larger, the closer the function is to the sign.

    Returns:
        Tensor of -1 and +1, shape and type of ``x``.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def gradient(dy: tf.Tensor) -> tf.Tensor:
            # Beyond 30 the gradient is 0 in float32, and cosh of large numbers would be infinite.
            scaled = tf.clip_by_value(beta * x, -30.0, 30.0)
            return dy * beta * (2 - scaled * tf.tanh(scaled / 2)) / (1 + tf.cosh(scaled))

        return _sign(x), gradient

    return op(numbers(x))


class Quantizer(keras.layers.Layer):  # type: ignore[misc]
    """Base of the quantizers; usable as a layer of its own.

    Attributes:
        precision: bits of an element of its output.
        gives_signs: whether the output is -1 and +1, so that XNOR and popcount can multiply with it. Only what a
            quantizer's own class says counts: one derived from it may give other values, and says so anew.
    """

    precision: int
    gives_signs: bool = False

    def __init__(self, **kwargs: Any) -> None:
        # The layer that owns a quantizer decides the data type; a cast in here would undo that.
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """A quantizer works element by element: the shape stays."""
        return input_shape


_BY_NAME: dict[str, type[Quantizer]] = {}
_Q = TypeVar("_Q", bound=type[Quantizer])


def named(name: str) -> Callable[[_Q], _Q]:
    """Lets designs and layers find a quantizer's class by ``name``, and gives it what the table says of that name.

    Layers find it by the class's own name too.
    """
    facts = QUANTIZERS[name]

    def register(quantizer: _Q) -> _Q:
        quantizer.gives_signs = facts.gives_signs
        if facts.bits is not None:
            quantizer.precision = facts.bits
        _BY_NAME[name] = _BY_NAME[quantizer.__name__] = quantizer
        return quantizer

    return register


@keras.saving.register_keras_serializable(PACKAGE)
@named("ste_sign")
class SteSign(Quantizer):
    """Sign with the straight-through gradient, see `ste_sign`.

    Args:
        clip_value: the gradient is 1 where ``|x| <= clip_value``, else 0; None never clips it.

    Raises:
        LayerError: ``clip_value`` is not positive.
    """

    def __init__(self, clip_value: float | None = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if clip_value is not None and not clip_value > 0:
            raise LayerError(
                f"SteSign '{self.name}'",
                f"clip_value must be positive or None, got {clip_value!r}",
                "With 0 or less no weight would ever learn; the usual value is 1.0",
            )
        self.clip_value = clip_value

    def call(self, inputs: Any) -> tf.Tensor:
        """Sign of the inputs, in their shape."""
        return ste_sign(inputs, clip_value=self.clip_value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "clip_value": self.clip_value}


@keras.saving.register_keras_serializable(PACKAGE)
@named("approx_sign")
class ApproxSign(Quantizer):
    """Sign with the gradient of a piecewise parabola, see `approx_sign`."""

    def call(self, inputs: Any) -> tf.Tensor:
        """Sign of the inputs, in their shape."""
        return approx_sign(inputs)


@keras.saving.register_keras_serializable(PACKAGE)
@named("swish_sign")
class SwishSign(Quantizer):
    """Sign with a smooth gradient, see `swish_sign`."""

    def __init__(self, beta: float = 5.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.beta = beta

    def call(self, inputs: Any) -> tf.Tensor:
        """Sign of the inputs, in their shape."""
        return swish_sign(inputs, beta=self.beta)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "beta": self.beta}


_BY_FUNCTION: dict[Callable[..., tf.Tensor], type[Quantizer]] = {
    ste_sign: SteSign,
    approx_sign: ApproxSign,
    swish_sign: SwishSign,
}


def class_of(name: str) -> type[Quantizer]:
    """The class that is registered under a name.

    Raises:
        LayerError: there is none.
    """
    if name not in _BY_NAME:
        raise _unknown(name)
    return _BY_NAME[name]


QuantizerLike = Quantizer | Callable[[Any], Any]


def get(identifier: Any) -> QuantizerLike | None:
    """The quantizer that an argument of a layer means.

    Args:
        identifier: None (full precision), a name (``"ste_sign"`` or ``"SteSign"``, ...), a quantizer, its class or
            function, a Keras config dictionary, or any other callable.

    Raises:
        LayerError: the name is unknown or the identifier is something else.
    """
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if identifier is None:
        return None
    if isinstance(identifier, str):
        return class_of(identifier)()
    if isinstance(identifier, type) and issubclass(identifier, Quantizer):
        return identifier()
    if not callable(identifier):
        raise _unknown(identifier)
    if identifier in _BY_FUNCTION:
        return _BY_FUNCTION[identifier]()
    return identifier  # type: ignore[no-any-return]


def _unknown(identifier: Any) -> LayerError:
    return LayerError(
        "quantizer",
        f"{identifier!r} is not a quantizer",
        f"Use one of {', '.join(repr(name) for name in _BY_NAME)}, a quantizer object, or None for full precision",
    )


def serialize(quantizer: QuantizerLike | None) -> Any:
    """A config dictionary that `get` turns back into an equal quantizer."""
    return None if quantizer is None else keras.saving.serialize_keras_object(quantizer)


def gradient_name(quantizer: QuantizerLike | None) -> SignName | None:
    """The compiled op's name for this quantizer, or None where the op does not compute its gradient.

    Only the exact classes count: a subclass may compute anything, and the op clips at 1.
    """
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
