"""What quantized convolutions with a border share: ``pad_values``."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.padding import pad_same
from bnn_designer.nn.quantized import QuantizedLayer


class PaddedLayer(QuantizedLayer):
    """A convolution whose "same" padding may be another number than 0.

    Args:
        *args: as `QuantizedLayer` has them.
        padding: ``"valid"`` or ``"same"``; layers of one dimension also take ``"causal"``, zeros before the first step.
        pad_values: what "same" padding puts around the *quantized* input, any number. The compiled op takes 0, and -1
            and 1, which are one bit.
        **kwargs: as `QuantizedLayer` has them.

    Raises:
        LayerError: as `QuantizedLayer` says; or ``pad_values`` is no number, or not 0 with causal padding.
    """

    # Of the Keras layer it is mixed into.
    padding: str
    data_format: str
    strides: tuple[int, ...]
    dilation_rate: tuple[int, ...]

    def __init__(self, *args: Any, padding: str = "valid", pad_values: Any = 0.0, **kwargs: Any) -> None:
        # First, as the base asks about the engine, which depends on it.
        self._pad_values = finite_number(self._label(kwargs), pad_values)
        super().__init__(*args, padding=padding, **kwargs)
        self._check_causal()

    def _check_causal(self) -> None:
        if self.padding == "causal" and self.pad_values != 0:
            raise LayerError(
                self._where,
                f"padding='causal' puts zeros before the first step, got pad_values={self.pad_values:g}",
                "Leave pad_values out, or use padding='same'",
            )

    @property
    def pad_values(self) -> float:
        """What "same" padding puts around the quantized input; an int where it is one."""
        return int(self._pad_values) if self._pad_values.is_integer() else self._pad_values

    def _only_float(self) -> str | None:
        if self.padding == "same" and self.pad_values not in (-1, 0, 1):
            return f"pad_values={self.pad_values:g} is neither 0 nor one bit, -1 or 1"
        return None

    def _bordered(self, inputs: tf.Tensor) -> tuple[tf.Tensor, str]:
        """The input, in a border where Keras cannot pad it so itself, and the padding that is left for Keras."""
        if self.padding == "causal":
            return tf.pad(inputs, self._causal_border(inputs)), "valid"
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

    def _causal_border(self, inputs: tf.Tensor) -> list[tuple[int, int]]:
        """Of one dimension: as many steps before the first as a filter looks back; van den Oord et al., "WaveNet",
        arXiv 1609.03499, section 2.1."""
        border = [(0, 0)] * inputs.shape.rank
        border[1 if self._channels_last else 2] = ((self.kernel_size[0] - 1) * self.dilation_rate[0], 0)
        return border

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "pad_values": self.pad_values}


def finite_number(where: str, value: Any) -> float:
    """One finite number, also out of an array or a tensor without axes."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise LayerError(
            where, f"pad_values must be a finite number, got {value!r}", "0 is the usual border, 1 one bit"
        )
    return number
