"""Bop with the arguments and steps that Larq gives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import LayerError
from bnn_designer.nn.signs import sign

Schedule = keras.optimizers.schedules.LearningRateSchedule
PACKAGE = "bnn_designer.larq"


@keras.saving.register_keras_serializable(PACKAGE)
class Bop(keras.optimizers.Optimizer):  # type: ignore[misc]
    """The binary optimizer of Helwegen et al., "Latent Weights Do Not Exist", arXiv 1906.02107, algorithm 1.

    ``m <- m + gamma (g - m)``, then ``w <- -w`` where ``m w > threshold``, and the sign of that. Unlike
    :class:`bnn_designer.nn.Bop`, which takes the sign of a weight first, it compares with the weight as it is, which in
    the first steps may be any number; and a weight with ``m w`` equal to the threshold becomes +1.

    Args:
        threshold: what the average must pass to flip a weight: a number, or a schedule over the steps.
        gamma: how much of the newest gradient the average takes; a number, or a schedule over the steps.
        name: of the optimizer.
        **kwargs: as Keras' optimizers have them.

    Raises:
        LayerError: ``threshold`` or ``gamma`` is a number below 0, or none at all.
    """

    def __init__(self, threshold: Any = 1e-8, gamma: Any = 1e-4, name: str = "Bop", **kwargs: Any) -> None:
        for argument, value in (("threshold", threshold), ("gamma", gamma)):
            if not isinstance(value, Schedule) and not (isinstance(value, (int, float)) and value >= 0):
                raise LayerError(
                    "Bop",
                    f"{argument} must be a number that is not negative, or a schedule, got {value!r}",
                    "The paper uses a threshold of 1e-8 and a gamma of 1e-4",
                )
        super().__init__(learning_rate=gamma if isinstance(gamma, Schedule) else float(gamma), name=name, **kwargs)
        if not isinstance(threshold, Schedule):
            # A variable, so that a step which TensorFlow has recorded sees it change.
            threshold = keras.Variable(float(threshold), trainable=False, name="threshold")
            self._track_variable(threshold)
        self._threshold: Any = threshold

    @staticmethod
    def is_binary_variable(var: Any) -> bool:
        """Whether a variable is of 1 bit: a kernel with such a quantizer, for example ``NoOp(precision=1)``."""
        return getattr(var, "precision", 32) == 1

    @property
    def gamma(self) -> Any:
        """Of the next step: a variable, or what the schedule gives."""
        return self.learning_rate

    @gamma.setter
    def gamma(self, gamma: Any) -> None:
        self.learning_rate = gamma

    @property
    def threshold(self) -> Any:
        """Of the next step: a variable, or what the schedule gives."""
        return self._threshold(self.iterations) if isinstance(self._threshold, Schedule) else self._threshold

    @threshold.setter
    def threshold(self, threshold: Any) -> None:
        if isinstance(self._threshold, Schedule):
            raise LayerError("Bop", "its threshold follows a schedule and cannot be set", "Make Bop with a number")
        self._threshold.assign(threshold)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Makes the moving average of each variable, 0 at first."""
        if self.built:
            return
        super().build(variables)
        self._averages = self.add_optimizer_variables(variables, "m")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """One step of one variable; ``learning_rate`` is gamma."""
        gamma, threshold = (tf.cast(value, variable.dtype) for value in (learning_rate, self.threshold))
        average = self._averages[self._get_variable_index(variable)]
        self.assign_add(average, gamma * (tf.cast(gradient, variable.dtype) - average))
        weights = tf.convert_to_tensor(variable)  # TensorFlow's own variable, which holds the weights as they are
        stays = -tf.sign(weights * average - threshold)  # -1: flips; 0: exactly at the threshold
        self.assign(variable, sign(stays * weights))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        config: dict[str, Any] = super().get_config()
        config["gamma"] = config.pop("learning_rate")
        follows = isinstance(self._threshold, Schedule)
        serialize = keras.saving.serialize_keras_object
        config["threshold"] = serialize(self._threshold) if follows else float(self._threshold.numpy())
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Bop:
        """The optimizer that `get_config` described."""
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value, custom_objects=custom_objects)
                if isinstance(value, dict)
                else value
                for name, value in config.items()
            }
        )
