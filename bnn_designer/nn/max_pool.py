"""Max pool as Keras has it, keeping a byte a value for its gradient instead of its input and output."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import export
from bnn_designer.nn.engine import Engine, compiled_training, in_xla
from bnn_designer.nn.quantizers import PACKAGE

# The compiled op tells the pixels of a window apart by one byte.
MOST_PIXELS = 256


@keras.saving.register_keras_serializable(PACKAGE)
class MaxPooling2D(keras.layers.MaxPooling2D):  # type: ignore[misc]
    """`keras.layers.MaxPooling2D` whose training step runs through a compiled op; inference is Keras' own.

    Args:
        *args: as Keras has them.
        engine: ``"auto"`` or ``"xnor"``: the compiled op where it can be had; ``"float"``: never.
        **kwargs: as Keras has them.
    """

    def __init__(self, *args: Any, engine: Engine = "auto", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.engine = engine

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Decides what computes it; there are no variables."""
        self._compiled = (
            self.data_format == "channels_last"
            and self.compute_dtype == "float32"
            and self.pool_size[0] * self.pool_size[1] <= MOST_PIXELS
            and compiled_training(self.engine)
        )
        # XLA has no kernel for the compiled op.
        self.supports_jit = not self._compiled
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """The largest value of each window."""
        if not (training and self._compiled) or export.in_float() or in_xla():
            return super().call(inputs)
        from bnn_designer.kernels import train_ops

        return train_ops.max_pool2d(
            keras.ops.convert_to_tensor(inputs),
            pool=tuple(self.pool_size),
            strides=tuple(self.strides),
            padding=self.padding,
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "engine": self.engine}
