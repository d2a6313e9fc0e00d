"""Which engine computes a layer: the compiled XNOR-popcount op, or the signs simulated in float.

Both give the same numbers; the choice is about speed alone, so a layer always says which one it uses and why.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import tensorflow as tf
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

from bnn_designer import kernels
from bnn_designer.nn.quantizers import SignName

Engine = Literal["auto", "xnor", "float"]
ENGINES: tuple[Engine, ...] = ("auto", "xnor", "float")

#: How the compiled op computes gradients of binary products: exactly, or of values rounded to 16 or 8 bits.
Gradients = Literal["float", "int16", "int8"]
GRADIENTS: tuple[Gradients, ...] = ("float", "int16", "int8")


class EngineWarning(UserWarning):
    """The XNOR engine was wanted and cannot be had on this machine; the same numbers come more slowly."""


@dataclass(frozen=True)
class EngineChoice:
    """The engine a layer uses, and one sentence that says why."""

    used: Literal["xnor", "float"]
    reason: str


@dataclass(frozen=True)
class Operands:
    """What of a layer decides whether XNOR and popcount can compute it.

    Attributes:
        input_sign: name of the input's sign quantizer in the compiled op, or None.
        kernel_sign: the same for the kernel.
        input_quantized: whether the input has a quantizer at all.
        kernel_quantized: whether the kernel has one.
        dtype: the type the layer computes in.
        data_format: ``channels_last`` or ``channels_first``.
        only_float: why the compiled op has nothing for this kind of layer, or None.
        input_scaled: whether the input's signs are times magnitudes.
    """

    input_sign: SignName | None
    kernel_sign: SignName | None
    input_quantized: bool
    kernel_quantized: bool
    dtype: str = "float32"
    data_format: str = "channels_last"
    only_float: str | None = None
    input_scaled: bool = False

    def not_binary(self) -> str | None:
        """Why the compiled op cannot compute this layer anywhere, or None where it can."""
        if not self.input_quantized and not self.kernel_quantized:
            return "full precision: neither input nor kernel is quantized"
        if not self.input_quantized:
            return "only the kernel is quantized; XNOR needs signs on both sides"
        if not self.kernel_quantized:
            return "only the input is quantized; XNOR needs signs on both sides"
        if self.input_scaled:
            return "the input quantizer scales signs, and a scale of each channel cannot be taken out of the product"
        if self.input_sign is None or self.kernel_sign is None:
            side = "input" if self.input_sign is None else "kernel"
            return (
                f"the compiled op multiplies signs, and this {side} quantizer does not give them, or its own class "
                "does not say so (gives_signs = True, which is not inherited)"
            )
        if self.dtype != "float32":
            return f"the layer computes in {self.dtype}, the compiled op in float32"
        if self.data_format != "channels_last":
            return "the compiled op takes data_format='channels_last' only"
        return self.only_float


def decide(engine: Engine, operands: Operands, *, gpu: bool, unavailable: str | None) -> EngineChoice:
    """The engine for a layer, from facts alone.

    Args:
        engine: what the layer was asked for.
        operands: what the layer multiplies.
        gpu: whether TensorFlow runs on a GPU; the compiled op has CPU kernels only.
        unavailable: why the compiled op is unavailable, or None where it can.
    """
    if engine == "float":
        return EngineChoice("float", "engine='float' was asked for")
    if (reason := operands.not_binary()) is not None:
        return EngineChoice("float", reason)
    if gpu:
        return EngineChoice("float", "TensorFlow runs on a GPU, and the XNOR op has CPU kernels only")
    if unavailable is not None:
        return EngineChoice("float", unavailable)
    return EngineChoice("xnor", "both operands are signs: XNOR and popcount")


def choose(engine: Engine, operands: Operands) -> EngineChoice:
    """`decide` on this machine. Builds the compiled op at its first need; warns once where it cannot be had."""
    wanted = engine != "float" and operands.not_binary() is None
    gpu = wanted and bool(tf.config.get_visible_devices("GPU"))
    unavailable = None
    if wanted and not gpu and not kernels.available():
        unavailable = kernels.unavailable_reason() or "the compiled op is unavailable"
    choice = decide(engine, operands, gpu=gpu, unavailable=unavailable)
    if wanted and choice.used == "float":
        _warn_once(choice.reason)
    return choice


_warned: set[str] = set()


def _warn_once(reason: str) -> None:
    # Python's own filter counts once per calling line, which is once per layer kind here; users want it once.
    if reason not in _warned:
        _warned.add(reason)
        warnings.warn(
            f"Binary layers run in simulated float (same numbers, slower): {reason.rstrip('.')}.",
            EngineWarning,
            stacklevel=2,
        )


def in_xla() -> bool:
    """Whether a function is recorded now that XLA compiles (``tf.function(jit_compile=True)``): it has no kernel for
    our compiled ops, and TensorFlow would say so without naming a layer or a way out."""
    return not tf.executing_eagerly() and GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())


def leaves_bits_to_xla() -> bool:
    """As `in_xla`, for a layer that the XNOR op would compute; warns once."""
    if not in_xla():
        return False
    _warn_once("XLA has no kernel for the XNOR op, and jit_compile=True was asked for. Leave it out for the op's speed")
    return True


def compiled_training(engine: Engine) -> bool:
    """Whether batch norm, max pool and Adam run through compiled ops on this machine.

    They compute what Keras computes, to float rounding, so falling back to Keras needs no warning.
    """
    return engine != "float" and not tf.config.get_visible_devices("GPU") and kernels.available()
