"""What the quantized layers share: their quantizers, their engine, and errors that name the layer."""

from __future__ import annotations

import math
from typing import Any, Literal, cast

import keras
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.nn import constraints, export, kernel_variables, latent, quantizers, scaled_signs
from bnn_designer.nn.engine import ENGINES, GRADIENTS, Engine, EngineChoice, Gradients, Operands, choose
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.layer_choice import GradientChoice, GradientsUsed, choose_gradients, choose_products
from bnn_designer.nn.padding import pad_same
from bnn_designer.nn.quantizers import SignName
from bnn_designer.nn.scaled_signs import ScaledSign

#: What may pad a quantized input: 0, or 1, which one bit can hold.
PAD_VALUES = (0, 1)


class QuantizedLayer:
    """What quantized layers share; mixed in before a Keras layer with a kernel.

    Args:
        *args: as the Keras layer has them.
        input_quantizer: None, a name such as ``"ste_sign"``, or a quantizer.
        kernel_quantizer: the same for the kernel.
        kernel_constraint: ``"weight_clip"``, a Keras constraint, or None; binary kernels want ``"weight_clip"``.
        engine: ``"xnor"``: the compiled op where it can be had; ``"auto"``: where it is also the faster way, for
            products and gradients each; ``"float"``: never. See `engine_used`, `gradients_used`.
        gradients: of the compiled op: ``"float"`` exact to float rounding; ``"int16"``, ``"int8"`` of gradients rounded
            at random to that many bits, without bias, and faster. The float engine's are always exact.
        gradients_seed: of that rounding; layers of one seed and one input round alike.
        **kwargs: initializers, regularizers, ``name``, ``dtype`` as Keras has them.

    Raises:
        LayerError: an argument is wrong, or (when built) the input does not fit.
        tf.errors.InvalidArgumentError: a NaN reaches the XNOR engine.
    """

    # Of the Keras layer it is mixed into.
    name: str
    compute_dtype: str
    bias: Any
    activation: Any
    kernel: Any
    trainable: bool
    input: Any

    def __init__(
        self,
        *args: Any,
        input_quantizer: Any = None,
        kernel_quantizer: Any = None,
        kernel_constraint: Any = None,
        engine: Engine = "auto",
        gradients: Gradients = "float",
        gradients_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        label = f"{type(self).__name__} '{kwargs.get('name') or 'unnamed'}'"
        try:
            super().__init__(*args, **kwargs)
        except (ValueError, TypeError) as error:
            raise LayerError(label, str(error), "Change that argument") from error
        self.input_quantizer = self._argument("input_quantizer", quantizers.get, input_quantizer)
        self.kernel_quantizer = self._argument("kernel_quantizer", quantizers.get_kernel_quantizer, kernel_quantizer)
        self.kernel_constraint = self._argument("kernel_constraint", constraints.get, kernel_constraint)
        if engine not in ENGINES:
            raise LayerError(
                self._where,
                f"engine must be one of {', '.join(map(repr, ENGINES))}, got {engine!r}",
                "'auto' uses XNOR where it is available",
            )
        if gradients not in GRADIENTS:
            raise LayerError(
                self._where,
                f"gradients must be one of {', '.join(map(repr, GRADIENTS))}, got {gradients!r}",
                "'float' is exact",
            )
        self.engine = engine
        self.gradients = gradients
        self.gradients_seed = gradients_seed
        self._choice: EngineChoice | None = None

    @property
    def engine_used(self) -> Literal["xnor", "float"]:
        """``"xnor"`` or ``"float"``: what computes this layer on this machine. The first look may build the op.

        Before the layer is built, ``engine="auto"`` does not know whether it is so narrow that float is faster.
        """
        return self._engine_choice().used

    @property
    def engine_reason(self) -> str:
        """One sentence: why `engine_used` is what it is."""
        return self._engine_choice().reason

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights for inputs of this shape.

        Raises:
            LayerError: the layer cannot take inputs of this shape.
        """
        try:
            super().build(input_shape)  # type: ignore[misc]
        except ValueError as error:
            raise LayerError(
                self._where, str(error), f"Change the layer or the input; its shape is {tuple(input_shape)}"
            ) from error
        kernel_variables.attach(cast(keras.layers.Layer, self), "kernel", "kernel_quantizer")
        if self.engine == "auto" and self.engine_used == "xnor" and not self._dilated:
            self._choice = choose_products(kernels.chosen_isa(), self.kernel.shape[-2])
        # XLA has no kernel for the compiled op, so jit_compile="auto" must not choose XLA.
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
        )
        return cast("dict[str, Any]", config)

    @property
    def _where(self) -> str:
        return f"{type(self).__name__} '{self.name}'"

    def _argument(self, name: str, get: Any, identifier: Any) -> Any:
        try:
            return get(identifier)
        except LayerError as error:
            raise LayerError(f"{self._where}, {name}", error.rule, error.mend) from error

    def _operands(self) -> Operands:
        scaled = isinstance(self.kernel_quantizer, ScaledSign) and not scaled_signs.splits(self.kernel_quantizer)
        input_scaled = isinstance(self.input_quantizer, ScaledSign)
        return Operands(
            input_sign=None if input_scaled else quantizers.op_name(self.input_quantizer),
            kernel_sign=None if scaled else quantizers.op_name(self.kernel_quantizer),
            input_quantized=self.input_quantizer is not None,
            kernel_quantized=self.kernel_quantizer is not None,
            dtype=self.compute_dtype,
            data_format=getattr(self, "data_format", "channels_last"),
            depthwise=isinstance(self, keras.layers.DepthwiseConv2D),
            input_scaled=input_scaled,
        )

    def _engine_choice(self) -> EngineChoice:
        if self._choice is None:
            self._choice = choose(self.engine, self._operands())
        return self._choice

    def _op_gradients(self) -> tuple[SignName, SignName]:
        """The compiled op's names of the straight-through gradients of input and kernel; for the XNOR engine only."""
        operands = self._operands()
        return cast(SignName, operands.input_sign), cast(SignName, operands.kernel_sign)

    @property
    def gradients_used(self) -> GradientsUsed:
        """How the gradients of this layer are computed, once it is built: looked up exactly ("float") or from rounded
        numbers ("int16", "int8"), or "multiplied" by TensorFlow."""
        return self.gradient_choice.used

    @property
    def gradients_reason(self) -> str:
        """One sentence: why `gradients_used` is what it is."""
        return self.gradient_choice.reason

    @property
    def gradient_choice(self) -> GradientChoice:
        """`gradients_used` and `gradients_reason` at once."""
        if self.engine_used == "float":
            return GradientChoice("multiplied", "the float engine multiplies")
        if self.engine == "xnor":
            return GradientChoice(self.gradients, "engine='xnor' was asked for")
        if self._dilated:
            return GradientChoice(self.gradients, "TensorFlow has no gradients of dilated convolutions on a processor")
        *window, channels, _ = self.kernel.shape
        return choose_gradients(kernels.chosen_isa(), self.gradients, channels, math.prod(window))

    @property
    def _dilated(self) -> bool:
        """TensorFlow has no gradients of dilated convolutions on a processor, so ours compute them at any width."""
        return max(getattr(self, "dilation_rate", (1, 1))) > 1

    def _op_precision(self, training: bool | None) -> dict[str, Any]:
        """The compiled op's arguments for the gradients. Where Keras says that nothing is trained, nothing is kept for
        them, and the packed kernel stays for the next call."""
        return {
            "gradients": self.gradients_used,
            "seed": self.gradients_seed,
            "differentiable": training is not False,
        }

    def _tensors(self, inputs: Any, kernel: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Input and kernel as tensors; an input of whole numbers in the type of the computation, as Keras leaves it."""
        inputs, kernel = (keras.ops.convert_to_tensor(x) for x in (inputs, kernel_variables.latent(kernel)))
        return tf.cast(inputs, self.compute_dtype) if inputs.dtype.is_integer else inputs, kernel

    def _computes_in_bits(self) -> bool:
        """Whether the compiled op computes this call: an exported graph has it only if that was asked for."""
        return not export.in_float() and not latent.in_latent() and self.engine_used == "xnor"

    def _op_operands(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
        """What the compiled op takes the signs of, and the scale of its outputs (None: 1)."""
        scale = None
        if self.input_quantizer is not None and quantizers.gradient_name(self.input_quantizer) is None:
            inputs = self.input_quantizer(inputs)
        if quantizers.gradient_name(self.kernel_quantizer) is None:
            kernel, scale = scaled_signs.split(self.kernel_quantizer, kernel)
        return inputs, kernel, scale

    def _quantize(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
        """What is multiplied in float, and the scale of the products (None: 1)."""
        if self.input_quantizer is not None:
            inputs = self.input_quantizer(inputs)
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

    @property
    def _channels_last(self) -> bool:
        return getattr(self, "data_format", "channels_last") == "channels_last"

    def _along_channels(self, values: tf.Tensor) -> tf.Tensor:
        """One number, or ``[channels]``, in a shape that broadcasts over the layer's output."""
        return values if self._channels_last or values.shape.rank == 0 else values[:, None, None]


class QuantizedConvolution(QuantizedLayer):
    """What quantized convolutions share beside.

    Args:
        *args: as `QuantizedLayer` has them.
        pad_values: what "same" padding puts around the *quantized* input: 0, or 1, which one bit can hold.
        **kwargs: as `QuantizedLayer` has them.

    Raises:
        LayerError: as `QuantizedLayer` says.
    """

    # Of the Keras layer it is mixed into.
    padding: str
    data_format: str
    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    dilation_rate: tuple[int, int]

    def __init__(self, *args: Any, pad_values: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if pad_values not in PAD_VALUES:
            raise LayerError(
                self._where,
                f"pad_values must be 0 or 1, got {pad_values!r}",
                "Use 1 for a border that is one bit wide, 0 for the usual zeros",
            )
        self.pad_values = int(pad_values)  # Larq's users write 1.0

    def _bordered(self, inputs: tf.Tensor) -> tuple[tf.Tensor, str]:
        """The input, in a border where Keras cannot pad it so itself, and the padding that is left for Keras."""
        if self.padding != "same" or self.pad_values == 0:
            return inputs, self.padding
        bordered = pad_same(
            inputs,
            self.pad_values,
            kernel_size=self.kernel_size,
            strides=self.strides,
            dilation=self.dilation_rate,
            channels_last=self._channels_last,
        )
        return bordered, "valid"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "pad_values": self.pad_values}
