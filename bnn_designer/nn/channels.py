"""Small layers that work channel by channel: a trained shift, a scale from elsewhere, channels of zeros."""

from __future__ import annotations

from typing import Any

import keras

from bnn_designer.nn.quantizers import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class ChannelShift(keras.layers.Layer):  # type: ignore[misc]
    """Adds one trained number a channel, 0 at first. In front of a sign it is ReActNet's RSign (arXiv 2003.03488).

    Input and output ``[N, ..., C]``.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates ``shift``, ``[C]``."""
        self.shift = self.add_weight(name="shift", shape=(input_shape[-1],), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """The inputs, shifted."""
        return inputs + self.shift


@keras.saving.register_keras_serializable(PACKAGE)
class ScaleChannels(keras.layers.Layer):  # type: ignore[misc]
    """Inputs ``[N, H, W, C]`` and ``[N, C]``: each channel of the first times its number in the second."""

    def call(self, inputs: Any) -> Any:
        """The image, scaled."""
        image, scales = inputs
        return image * scales[:, None, None, :]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the image."""
        return input_shape[0]


@keras.saving.register_keras_serializable(PACKAGE)
class PadChannels(keras.layers.Layer):  # type: ignore[misc]
    """Puts ``before`` channels of zeros in front: ``[N, ..., C]`` to ``[N, ..., before + C]``."""

    def __init__(self, before: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.before = before

    def call(self, inputs: Any) -> Any:
        """The inputs behind the zeros."""
        return keras.ops.pad(inputs, [(0, 0)] * (len(inputs.shape) - 1) + [(self.before, 0)])

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "before": self.before}
