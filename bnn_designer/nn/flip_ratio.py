"""How many of a tensor's values change from one look to the next."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn.errors import LayerError

PACKAGE = "bnn_designer"


@keras.saving.register_keras_serializable(PACKAGE)
class FlipRatio(keras.metrics.Metric):  # type: ignore[misc]
    """The mean share of values that differ from those of the update before (`larq.metrics.FlipRatio`).

    The first update after `reset_state` only notes the values: there is nothing that it could be compared with.

    Args:
        values_dtype: the type in which values are kept and compared; a value between whole numbers counts as the one
            nearer to 0 in ``"int8"``.
        name: of the metric.
        dtype: of the mean.
    """

    def __init__(self, values_dtype: Any = "int8", name: str = "flip_ratio", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.values_dtype = tf.as_dtype(values_dtype)
        self.built = False

    def build(self, input_shape: Any) -> None:
        """Creates the variables for values of this shape.

        Raises:
            LayerError: the shape has an unknown size.
        """
        shape = tuple(input_shape)
        if any(size is None for size in shape):
            raise LayerError(
                f"FlipRatio '{self.name}'",
                f"it compares values one by one and needs their whole shape, got {shape}",
                "Measure kernels, or give the inputs a fixed batch size",
            )

        def variable(name: str, shape: tuple[int, ...], dtype: Any) -> keras.Variable:
            return self.add_variable(shape, "zeros", dtype, aggregation="only_first_replica", name=name)

        self._previous_values = variable("previous_values", shape, self.values_dtype.name)
        self.total = variable("total", (), self.dtype)
        self.count = variable("count", (), self.dtype)
        self._size = math.prod(shape)
        self.built = True

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Compares the values with those before.

        Args:
            values: tensor of the shape of all updates.
            sample_weight: as Keras' metrics have it; not used.

        Raises:
            LayerError: the values have another shape than before.
        """
        values = tf.cast(values, self.values_dtype)
        if not self.built:
            with tf.init_scope():
                self.build(values.shape)
        if not values.shape.is_compatible_with(self._previous_values.shape):
            raise LayerError(
                f"FlipRatio '{self.name}'",
                f"the values have shape {values.shape}, those before had {self._previous_values.shape}",
                "Use a metric of its own for each tensor",
            )
        changed = tf.math.count_nonzero(tf.not_equal(tf.convert_to_tensor(self._previous_values), values))
        ratio = tf.cast(changed, self.dtype) / tf.cast(self._size, self.dtype)
        counted = tf.sign(tf.convert_to_tensor(self.count))  # 0 at the first update
        self.total.assign_add(ratio * counted)
        self.count.assign_add(1)
        self._previous_values.assign(values)

    def result(self) -> tf.Tensor:
        """The mean share, 0 before anything could be compared."""
        if not self.built:
            return tf.zeros((), self.dtype)
        return tf.math.divide_no_nan(tf.convert_to_tensor(self.total), tf.convert_to_tensor(self.count) - 1)

    def reset_state(self) -> None:
        """Starts a new mean."""
        if self.built:
            self.total.assign(0)
            self.count.assign(0)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "values_dtype": self.values_dtype.name}
