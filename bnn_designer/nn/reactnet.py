"""What trained numbers a channel do around a binary convolution: move its sign, bend and move what comes out, scale it.

ReActNet (Liu et al. 2020, arXiv 2003.03488) learns where the sign of each channel changes and where its PReLU bends;
XNOR-Net++ (Bulat and Tzimiropoulos 2019, arXiv 1909.13863) learns the scale of each output channel.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn.flip_ratio import PACKAGE
from bnn_designer.nn.quantizer import Quantizer, floats, known_as
from bnn_designer.nn.signs import approx_sign

#: Where slopes start, as in `bnn_designer.nn.model`: from 0 nothing is below zero at first, and signs give only ones.
SLOPE = 0.25


@keras.saving.register_keras_serializable(PACKAGE)
@known_as("r_sign")
class RSign(Quantizer):
    """The sign of what a channel has above its trained threshold (ReActNet, arXiv 2003.03488).

    Input and output ``[N, ..., C]``; the weight ``threshold``, ``[C]``, is 0 at first. The gradient with respect to the
    input is that of `approx_sign`, with which ReActNet is trained, and the threshold's is minus its sum. Equal to the
    threshold is +1, as 0 is for all signs here. As an ``input_quantizer`` it leaves the layer to the compiled op; its
    threshold is then trained with the layer. Each layer wants one of its own.
    """

    gives_signs = True
    precision = 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.built = False  # it has a weight to make

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates ``threshold``, ``[C]``."""
        super().build(input_shape)
        self.threshold = self.add_weight(name="threshold", shape=(input_shape[-1],), initializer="zeros")

    def call(self, inputs: Any) -> tf.Tensor:
        """Signs, in the shape of the inputs."""
        inputs = floats(inputs)
        return approx_sign(inputs - tf.cast(tf.convert_to_tensor(self.threshold), inputs.dtype))


@keras.saving.register_keras_serializable(PACKAGE)
class RPReLU(keras.layers.Layer):  # type: ignore[misc]
    """A PReLU that is moved: ``x - g + z`` where ``x > g``, else ``b (x - g) + z``, a channel (2003.03488).

    Input and output ``[N, ..., C]``. Weights of ``[C]``: ``shift_before`` (g) and ``shift_after`` (z), 0 at first, and
    ``slope`` (b), 0.25 at first.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the three weights."""
        shape = (input_shape[-1],)
        self.shift_before = self.add_weight(name="shift_before", shape=shape, initializer="zeros")
        self.slope = self.add_weight(name="slope", shape=shape, initializer=keras.initializers.Constant(SLOPE))
        self.shift_after = self.add_weight(name="shift_after", shape=shape, initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """The inputs, bent and moved."""
        moved = inputs - self.shift_before
        return keras.ops.maximum(moved, 0) + self.slope * keras.ops.minimum(moved, 0) + self.shift_after


@keras.saving.register_keras_serializable(PACKAGE)
class ChannelScale(keras.layers.Layer):  # type: ignore[misc]
    """Each channel times a trained number, 1 at first (of XNOR-Net++'s scales, arXiv 1909.13863, the simplest).

    Input and output ``[N, ..., C]``; behind a binary convolution. A batch norm after it could learn the same.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates ``scale``, ``[C]``."""
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs: Any) -> Any:
        """The inputs, scaled."""
        return inputs * self.scale
