"""Batch norm as Keras has it, in fewer passes over memory while training."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import export
from bnn_designer.nn.engine import Engine, compiled_training, in_xla
from bnn_designer.nn.quantizers import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """`keras.layers.BatchNormalization` whose training step runs through a compiled op.

    Arguments, variables and results are Keras' (to float rounding); inference is Keras' own. Where the op cannot
    compute it (GPU, no compiler, a mask, renorm, synchronized, another axis or type) so is training.

    Args:
        *args: as Keras has them.
        engine: ``"auto"`` or ``"xnor"``: the compiled op where it can be had; ``"float"``: never.
        **kwargs: as Keras has them.
    """

    def __init__(self, *args: Any, engine: Engine = "auto", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.engine = engine

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the variables for inputs of this shape."""
        super().build(input_shape)
        self._compiled = (
            not getattr(self, "renorm", False)  # the newest Keras for Python 3.10 does not have it
            and not self.synchronized
            and len(input_shape) >= 2
            and self.axis in (-1, len(input_shape) - 1)
            and self.compute_dtype == self.variable_dtype == "float32"
            and compiled_training(self.engine)
        )
        # XLA has no kernel for the compiled op.
        self.supports_jit = not self._compiled

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        """The normalized inputs, in their shape; while training also moves the moving statistics."""
        compiled = training and self.trainable and self._compiled
        if not compiled or mask is not None or export.in_float() or in_xla():
            return super().call(inputs, training=training, mask=mask)
        from bnn_designer.kernels import train_ops

        inputs = keras.ops.convert_to_tensor(inputs)
        channels = inputs.shape[-1]
        gamma = keras.ops.convert_to_tensor(self.gamma) if self.scale else tf.ones([channels])
        beta = keras.ops.convert_to_tensor(self.beta) if self.center else tf.zeros([channels])
        outputs, mean, variance = train_ops.batch_norm(inputs, gamma, beta, epsilon=self.epsilon)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))
        return outputs

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "engine": self.engine}
