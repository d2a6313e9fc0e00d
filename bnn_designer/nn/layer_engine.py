"""Which engine computes a quantized layer, how its gradients are computed, and what the compiled op is given."""

from __future__ import annotations

import math
from typing import Any, Literal, cast

import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.nn import export, latent, quantizers, scaled_signs
from bnn_designer.nn.engine import ENGINES, Engine, EngineChoice, Gradients, Operands, choose, leaves_bits_to_xla
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.layer_choice import GradientChoice, GradientsUsed, choose_gradients, choose_products
from bnn_designer.nn.quantizers import SignName
from bnn_designer.nn.scaled_signs import ScaledSign


class LayerEngine:
    """The engine of a layer with quantizers; mixed in before a Keras layer, see `QuantizedLayer`."""

    # Of the Keras layer, and of `QuantizedLayer`.
    name: str
    compute_dtype: str
    kernel: Any
    built: bool
    input_quantizer: Any
    kernel_quantizer: Any
    gradients: Gradients
    gradients_seed: int
    check_nan: bool
    _choice: EngineChoice | None

    @property
    def engine(self) -> Engine:
        """The engine that was asked for. It may be set anew: `engine_used` and the next call follow. A function that
        recorded the layer before keeps what it recorded; ``model.compile`` makes a model record anew."""
        return self._engine

    @engine.setter
    def engine(self, engine: Engine) -> None:
        if engine not in ENGINES:
            raise LayerError(
                self._where,
                f"engine must be one of {', '.join(map(repr, ENGINES))}, got {engine!r}",
                "'auto' uses XNOR where it is available",
            )
        self._engine = engine
        self._choice = None
        # XLA has no kernel for the compiled op: jit_compile="auto" must not choose XLA, and True warns and goes
        # without. Until the layer is built, whether it will be wide enough for the op is not known.
        maybe = engine != "float" and self._operands().not_binary() is None
        self.supports_jit = self.engine_used != "xnor" if self.built else not maybe

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

    @property
    def _where(self) -> str:
        return f"{type(self).__name__} '{self.name}'"

    @property
    def _channels_last(self) -> bool:
        return getattr(self, "data_format", "channels_last") == "channels_last"

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
            only_float=self._only_float(),
            input_scaled=input_scaled,
        )

    def _only_float(self) -> str | None:
        """Why the compiled op cannot compute this kind of layer with any quantizers, or None where it can."""
        return None

    def _engine_choice(self) -> EngineChoice:
        if self._choice is None:
            choice = choose(self.engine, self._operands())
            if not self.built:
                return choice
            if self.engine == "auto" and choice.used == "xnor" and not self._dilated:
                choice = self._faster_products()
            self._choice = choice
        return self._choice

    def _faster_products(self) -> EngineChoice:
        """What ``engine="auto"`` takes where the compiled op can be had, of the layer that is built."""
        return choose_products(kernels.chosen_isa(), self._window_and_channels()[1])

    def _window_and_channels(self) -> tuple[tuple[int, ...], int]:
        """The taps of the kernel on each axis, and the channels that a filter sees."""
        *window, channels, _ = self.kernel.shape
        return tuple(window), channels

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
        window, channels = self._window_and_channels()
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
            "check_nan": self.check_nan,
        }

    def _computes_in_bits(self) -> bool:
        """Whether the compiled op computes this call: an exported graph has it only if that was asked for, and one for
        XLA never."""
        if export.in_float() or latent.in_latent() or self.engine_used != "xnor":
            return False
        return not leaves_bits_to_xla()

    def _op_operands(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
        """What the compiled op takes the signs of, and the scale of its outputs (None: 1)."""
        scale = None
        if self.input_quantizer is not None and quantizers.gradient_name(self.input_quantizer) is None:
            inputs = quantizers.of_input(self.input_quantizer, inputs)
        if quantizers.gradient_name(self.kernel_quantizer) is None:
            kernel, scale = scaled_signs.split(self.kernel_quantizer, kernel)
        return inputs, kernel, scale
