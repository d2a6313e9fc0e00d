"""Optimizers that know of binary weights: Bop, which flips them, and one that gives each kind of weight its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.parted_optimizer import PartedOptimizer
from bnn_designer.nn.quantizers import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class Bop(keras.optimizers.Optimizer):  # type: ignore[misc]
    """The binary optimizer of Helwegen et al., "Latent Weights Do Not Exist", arXiv 1906.02107, algorithm 1.

    There are no latent weights: a weight is -1 or +1, and flips where the moving average of its gradients says so for
    long enough. ``m <- (1 - gamma) m + gamma g``, then ``w <- -w`` where ``m w > threshold``. Weights that are
    something else, as a kernel is at first, become their signs (that of 0 is +1) in the first step.

    Args:
        gamma: how much of the newest gradient the average takes; what the learning rate is to others, and set as one.
        threshold: what the average must pass to flip a weight.
        name: of the optimizer.

    Raises:
        LayerError: ``gamma`` is not in (0, 1], or ``threshold`` is negative.
    """

    def __init__(self, gamma: float = 1e-4, threshold: float = 1e-8, name: str = "bop", **kwargs: Any) -> None:
        if not 0 < gamma <= 1 or not threshold >= 0:
            raise LayerError(
                "Bop",
                f"gamma must be above 0 and at most 1, threshold not negative, got {gamma!r}, {threshold!r}",
                "The paper uses 1e-4 and 1e-8",
            )
        super().__init__(learning_rate=gamma, name=name, **kwargs)
        self.threshold = threshold

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Makes the moving average of each variable, 0 at first."""
        if self.built:
            return
        super().build(variables)
        self._averages = self.add_optimizer_variables(variables, "gradient_average")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """One step of one variable; ``learning_rate`` is gamma."""
        gamma = tf.cast(learning_rate, variable.dtype)
        average = self._averages[self._get_variable_index(variable)]
        self.assign_add(average, gamma * (tf.cast(gradient, variable.dtype) - average))
        value = keras.ops.convert_to_tensor(variable)
        signs = tf.where(value >= 0, tf.ones_like(value), -tf.ones_like(value))
        self.assign(variable, tf.where(average * signs > self.threshold, -signs, signs))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        config = super().get_config()
        config["gamma"] = config.pop("learning_rate")
        return {**config, "threshold": self.threshold}


@keras.saving.register_keras_serializable(PACKAGE)
class CaseOptimizer(PartedOptimizer):
    """Trains some variables with one optimizer and all others with another (`larq.optimizers.CaseOptimizer`).

    Its learning rate is that of the second one. `bnn_designer.larq.optimizers.CaseOptimizer` has predicates instead of
    paths, as Larq has them.

    Args:
        chosen: trains the variables named in ``paths``.
        default: trains the others.
        paths: ``variable.path`` of those that ``chosen`` trains.
        name: of the optimizer.

    Raises:
        LayerError: (when built) none of the variables has one of the paths.
    """

    def __init__(
        self,
        chosen: keras.optimizers.Optimizer,
        default: keras.optimizers.Optimizer,
        paths: Sequence[str],
        name: str = "case_optimizer",
    ) -> None:
        super().__init__([chosen, default], led_by=default, name=name)
        self.chosen = chosen
        self.default = default
        self.paths = tuple(paths)

    def _mapping(self, variables: Sequence[keras.Variable]) -> dict[str, int | None]:
        missing = set(self.paths) - {variable.path for variable in variables}
        if missing:
            raise LayerError(
                "CaseOptimizer",
                f"there is no variable {sorted(missing)[0]!r} to train",
                f"The variables are {', '.join(variable.path for variable in variables)}",
            )
        return {variable.path: 0 if variable.path in self.paths else 1 for variable in variables}

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {
            "name": self.name,
            "chosen": keras.saving.serialize_keras_object(self.chosen),
            "default": keras.saving.serialize_keras_object(self.default),
            "paths": list(self.paths),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> CaseOptimizer:
        """The optimizer that `get_config` described."""
        parts = {
            part: keras.saving.deserialize_keras_object(config[part], custom_objects=custom_objects)
            for part in ("chosen", "default")
        }
        return cls(**{**config, **parts})
