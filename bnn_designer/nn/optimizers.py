"""Adam as Keras has it, with the clip of the latent weights, in one pass over memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import export
from bnn_designer.nn.constraints import WeightClip
from bnn_designer.nn.engine import compiled_training, in_xla
from bnn_designer.nn.quantizers import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class Adam(keras.optimizers.Adam):  # type: ignore[misc]
    """`keras.optimizers.Adam`, same arguments and state, whose step runs through a compiled op.

    The op also applies `WeightClip`; other constraints are applied after it, as Keras does. Steps that need more than
    plain Adam (amsgrad, weight decay, clipped gradients, moving averages, accumulation, a loss scale, a distribution
    strategy, sparse gradients, another type than float32), a GPU, XLA or no compiler take Keras' own way.
    """

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Updates the variables by their gradients, applies their constraints and counts the step."""
        variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        if not self._is_plain(grads, variables):
            super().apply(grads, trainable_variables)
            return
        from bnn_designer.kernels import train_ops

        if not self.built:
            with keras.name_scope(self.name, caller=self):
                self.build(variables)
        self._check_variables_are_known(variables)
        with keras.name_scope(self.name, caller=self):
            alpha = self._alpha()
            for gradient, variable in zip(grads, variables, strict=True):
                index = self._get_variable_index(variable)
                constraint = variable.constraint
                train_ops.adam_step(
                    _value(variable),
                    _value(self._momentums[index]),
                    _value(self._velocities[index]),
                    gradient,
                    alpha,
                    beta_1=self.beta_1,
                    beta_2=self.beta_2,
                    epsilon=self.epsilon,
                    clip=constraint.clip_value if _clips(constraint) else None,
                )
                if constraint is not None and not _clips(constraint):
                    variable.assign(constraint(variable))
        self._iterations.assign_add(1)

    def _alpha(self) -> tf.Tensor:
        """The step's learning rate with both bias corrections, in float32 as Keras computes it."""
        rate = tf.cast(self._get_current_learning_rate(), tf.float32)
        step = tf.cast(self.iterations + 1, tf.float32)
        first, second = tf.pow(tf.constant(self.beta_1), step), tf.pow(tf.constant(self.beta_2), step)
        return rate * tf.sqrt(1 - second) / (1 - first)

    def _is_plain(self, grads: Sequence[Any], variables: Sequence[Any]) -> bool:
        asked = (self.weight_decay, self.clipnorm, self.clipvalue, self.global_clipnorm, self.loss_scale_factor)
        return (
            not self.amsgrad
            and not self.use_ema
            and not self.gradient_accumulation_steps
            and all(option is None for option in asked)
            and not tf.distribute.has_strategy()
            and len(grads) == len(variables) > 0
            and all(isinstance(gradient, tf.Tensor) and gradient.dtype == tf.float32 for gradient in grads)
            and all(isinstance(variable, keras.Variable) and variable.dtype == "float32" for variable in variables)
            and not any(getattr(variable, "overwrite_with_gradient", False) for variable in variables)
            and not export.in_float()
            and not in_xla()
            and compiled_training("auto")
        )


def _clips(constraint: Any) -> bool:
    # The exact class only: one derived from it may do anything.
    return type(constraint) is WeightClip


def _value(variable: keras.Variable) -> tf.Variable:
    """TensorFlow's variable inside Keras'."""
    return variable.value
