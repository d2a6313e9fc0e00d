"""What the quantized layers share: their quantizers, their engine, and errors that name the layer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

import keras
import tensorflow as tf

from bnn_designer.nn import constraints, kernel_variables, latent, quantizers, scaled_signs, wrong_arguments
from bnn_designer.nn.engine import GRADIENTS, Engine, EngineChoice, Gradients
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.layer_engine import LayerEngine
from bnn_designer.nn.quantizer import WithQuantizers

log = logging.getLogger(__name__)


def passed(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an ``__init__`` as a call of ``super().__init__`` passes them on, from its ``locals()``."""
    named = {name: value for name, value in arguments.items() if name not in ("self", "kwargs", "__class__")}
    return {**named, **arguments["kwargs"]}


class QuantizedLayer(LayerEngine, WithQuantizers):
    """What quantized layers share; mixed in before a Keras layer with a kernel.

    Args:
        *args: as the Keras layer has them.
        input_quantizer: None, a name such as ``"ste_sign"``, or a quantizer.
        kernel_quantizer: the same for the kernel.
        engine: ``"xnor"``: the compiled op where it can be had; ``"auto"``: where it is also the faster way, for
            products and gradients each; ``"float"``: never. See `engine_used`, `gradients_used`.
        gradients: of the compiled op: ``"float"`` exact to float rounding; ``"int16"``, ``"int8"`` of gradients rounded
            at random to that many bits, without bias, and faster. The float engine's are always exact.
        gradients_seed: of that rounding; layers of one seed and one input round alike.
        check_nan: of the compiled op: an error where it meets a NaN, for which one bit has no room; False counts NaN as
            +1. In float NaN always passes through.
        **kwargs: as Keras has them. Constraints may be ``"weight_clip"`` too, which binary kernels want: without one a
            warning is logged, as Larq does.

    Raises:
        LayerError: an argument is wrong, or (when built) the input does not fit.
        tf.errors.InvalidArgumentError: a NaN reaches the XNOR engine.
    """

    # Of the Keras layer it is mixed into.
    bias: Any
    activation: Any
    kernel_size: tuple[int, ...]
    trainable: bool
    input: Any
    #: What Larq calls the kernel in the names of arguments: ``{...}_quantizer``, ``{...}_constraint``.
    _kernel_argument = "kernel"
    #: The attributes with its kernels, each with that of its quantizer.
    _kernels: tuple[tuple[str, str], ...] = (("kernel", "kernel_quantizer"),)

    def __init__(
        self,
        *args: Any,
        input_quantizer: Any = None,
        kernel_quantizer: Any = None,
        engine: Engine = "auto",
        gradients: Gradients = "float",
        gradients_seed: int = 0,
        check_nan: bool = True,
        **kwargs: Any,
    ) -> None:
        label = self._label(kwargs)
        for argument in kwargs:
            if argument.endswith("_constraint"):
                kwargs[argument] = argument_of(label, argument, constraints.get, kwargs[argument])
        kwargs = wrong_arguments.counts(label, kwargs)
        try:
            super().__init__(*args, **kwargs)
        except LayerError:
            raise
        except (ValueError, TypeError) as error:
            raise wrong_arguments.refused(type(self), label, kwargs, error) from error
        self.input_quantizer = argument_of(self._where, "input_quantizer", quantizers.get, input_quantizer)
        self.kernel_quantizer = self._quantizer_of(self._kernel_argument, kernel_quantizer)
        self._choice: EngineChoice | None = None
        self.engine = engine
        if gradients not in GRADIENTS:
            raise LayerError(
                self._where,
                f"gradients must be one of {', '.join(map(repr, GRADIENTS))}, got {gradients!r}",
                "'float' is exact",
            )
        self.gradients = gradients
        self.gradients_seed = gradients_seed
        self.check_nan = check_nan

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights for inputs of this shape.

        Raises:
            LayerError: the layer cannot take inputs of this shape.
        """
        axis = -1 if self._channels_last else 1
        if len(input_shape) > 1 and input_shape[axis] is None:
            raise LayerError(
                self._where,
                f"the input's channels, axis {axis} of its shape {tuple(input_shape)}, must be a number, got None",
                "Give keras.Input its last dimension; height, width and batch may be None",
            )
        try:
            super().build(input_shape)  # type: ignore[misc]
        except ValueError as error:
            raise LayerError(
                self._where, str(error), f"Change the layer or the input; its shape is {tuple(input_shape)}"
            ) from error
        for kernel, quantizer in self._kernels:
            kernel_variables.attach(cast(keras.layers.Layer, self), kernel, quantizer)
        self.built = True
        self._choice = None
        self.supports_jit = self.engine_used != "xnor"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        config = super().get_config()  # type: ignore[misc]
        config.update(
            input_quantizer=quantizers.serialize(self.input_quantizer),
            kernel_quantizer=quantizers.serialize(self.kernel_quantizer),
            engine=self.engine,
            gradients=self.gradients,
            gradients_seed=self.gradients_seed,
            check_nan=self.check_nan,
        )
        return cast("dict[str, Any]", config)

    def _label(self, arguments: dict[str, Any]) -> str:
        """The layer in errors, before Keras has given it a name."""
        return type(self).__name__ + (f" '{arguments['name']}'" if arguments.get("name") else "")

    def _quantizer_of(self, kernel: str, identifier: Any) -> Any:
        """The quantizer that the argument ``{kernel}_quantizer`` means."""
        return kernel_quantizer_of(self._where, kernel, identifier, getattr(self, f"{kernel}_constraint", None))

    def _tensors(self, inputs: Any, kernel: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Input and kernel as tensors; an input of whole numbers in the type of the computation, as Keras leaves it."""
        inputs, kernel = (keras.ops.convert_to_tensor(x) for x in (inputs, kernel_variables.latent(kernel)))
        return tf.cast(inputs, self.compute_dtype) if inputs.dtype.is_integer else inputs, kernel

    def _quantized_input(self, inputs: tf.Tensor) -> tf.Tensor:
        return quantizers.of_input(self.input_quantizer, inputs)

    def _quantized_kernel(self, kernel: tf.Tensor, quantizer: Any) -> tf.Tensor:
        """What is multiplied in float of a kernel whose scale, if it has one, is not taken out of the product."""
        quantized = kernel if quantizer is None or latent.in_latent() else quantizer(kernel)
        return tf.cast(quantized, self.compute_dtype)

    def _quantize(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
        """What is multiplied in float, and the scale of the products (None: 1)."""
        inputs = self._quantized_input(inputs)
        kernel, scale = scaled_signs.split(None if latent.in_latent() else self.kernel_quantizer, kernel)
        # Only now to the type of the computation: a small negative weight could round to zero in half precision,
        # and its sign would turn.
        kernel = tf.cast(kernel, self.compute_dtype)
        return inputs, kernel, None if scale is None else tf.cast(scale, self.compute_dtype)

    def _finished(self, products: tf.Tensor, scale: tf.Tensor | None) -> tf.Tensor:
        """The layer's output: products times their scale, plus bias, through the activation."""
        outputs = products if scale is None else products * self._along_channels(scale)
        if self.bias is not None:
            # Not by keras.ops.add, which adds a bias to the last axis wherever that is as long as the bias.
            bias = tf.cast(keras.ops.convert_to_tensor(self.bias), outputs.dtype)
            outputs = tf.nn.bias_add(outputs, bias) if self._channels_last else outputs + self._along_channels(bias)
        return outputs if self.activation is None else self.activation(outputs)

    def _along_channels(self, values: tf.Tensor) -> tf.Tensor:
        """One number, or ``[channels]``, in a shape that broadcasts over the layer's output."""
        if self._channels_last or values.shape.rank == 0:
            return values
        return tf.reshape(values, [-1, *[1] * len(self.kernel_size)])


def kernel_quantizer_of(where: str, kernel: str, identifier: Any, constraint: Any) -> Any:
    """The quantizer that the argument ``{kernel}_quantizer`` means; what Larq says of one without a constraint.

    Args:
        where: the layer, for errors and the log.
        kernel: ``"kernel"``, or what Larq calls it in the names of arguments.
        identifier: what was given.
        constraint: of that kernel; a kernel of one bit without one is warned of.

    Raises:
        LayerError: there is no such quantizer.
    """
    quantizer = argument_of(where, f"{kernel}_quantizer", quantizers.get_kernel_quantizer, identifier)
    one_bit = getattr(quantizer, "precision", None) == 1 and not isinstance(quantizer, quantizers.NoOp)
    if one_bit and constraint is None:
        log.warning(
            "%s: a binary %s_quantizer without %s_constraint. Weights beyond 1 get no gradient and may never come "
            "back; %s_constraint='weight_clip' keeps them within.",
            where,
            *[kernel] * 3,
        )
    return quantizer


def argument_of(where: str, name: str, get: Callable[[Any], Any], identifier: Any) -> Any:
    """What an argument of a layer means, by ``get``; its errors name the argument."""
    try:
        return get(identifier)
    except LayerError as error:
        raise LayerError(f"{where}, {name}", error.rule, error.mend) from error
