"""An optimizer that is made of several, each of which trains some of a model's variables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import keras

from bnn_designer.nn.errors import LayerError


class PartedOptimizer(keras.optimizers.Optimizer, ABC):  # type: ignore[misc]
    """Trains each variable by one of several optimizers, or not at all.

    `variables` are those of all of them, so that they are saved as one. The learning rate is that of one of them.

    Args:
        optimizers: the parts.
        led_by: the part whose learning rate is that of the whole.
        name: of the optimizer.

    Attributes:
        var_opt_mapping: of each variable's path the place in ``optimizers`` of the one that trains it, None for a
            variable that none trains; None as a whole before the variables are known.
    """

    def __init__(
        self, optimizers: Sequence[keras.optimizers.Optimizer], led_by: keras.optimizers.Optimizer, name: str
    ) -> None:
        super().__init__(learning_rate=0.0, name=name)
        self.optimizers = list(optimizers)
        self._led_by = led_by
        self.var_opt_mapping: dict[str, int | None] | None = None

    @abstractmethod
    def _mapping(self, variables: Sequence[keras.Variable]) -> dict[str, int | None]:
        """What `var_opt_mapping` is for a model's variables.

        Raises:
            LayerError: they are not those that the optimizer is for.
        """

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Gives each part its variables.

        Raises:
            LayerError: two variables have one name; or as the class says.
        """
        if self.built:
            return
        paths = [variable.path for variable in variables]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise LayerError("CaseOptimizer", f"two variables are called '{twice[0]}'", "Give their layers names")
        self.var_opt_mapping = self._mapping(variables)
        super().build(variables)
        for optimizer, (_, part) in zip(self.optimizers, self._parts([None] * len(variables), variables), strict=True):
            optimizer.build(part)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Updates the variables, each by its optimizer, which applies constraints too, and counts the step."""
        variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        if not self.built:
            self.build(variables)
        for optimizer, (gradients, part) in zip(self.optimizers, self._parts(grads, variables), strict=True):
            optimizer.apply(gradients, part)
        self._iterations.assign_add(1)

    def _parts(self, grads: Sequence[Any], variables: Sequence[Any]) -> list[tuple[list[Any], list[Any]]]:
        """Of each optimizer: its gradients and variables."""
        parts: list[tuple[list[Any], list[Any]]] = [([], []) for _ in self.optimizers]
        assert self.var_opt_mapping is not None  # built
        for gradient, variable in zip(grads, variables, strict=True):
            if variable.path not in self.var_opt_mapping:
                raise LayerError(
                    "CaseOptimizer",
                    f"it was built without the variable '{variable.path}'",
                    "Make a new one when a model gets other variables to train",
                )
            place = self.var_opt_mapping[variable.path]
            if place is not None:
                gradients, part = parts[place]
                gradients.append(gradient)
                part.append(variable)
        return parts

    @property
    def variables(self) -> list[keras.Variable]:
        """The count of steps, and the state of all optimizers."""
        return [*super().variables, *(variable for one in self.optimizers for variable in one.variables)]

    @property
    def learning_rate(self) -> Any:
        """That of the leading part."""
        return self._led_by.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self._led_by.learning_rate = learning_rate
