"""Optimizers (``larq.optimizers``): Bop, and one that gives each variable the optimizer whose predicate it fulfils.

Where they differ from Larq's: they are optimizers of Keras 3, and so are the ones they are made of
(``keras.optimizers.Adam``, not ``tf.keras.optimizers.legacy.Adam``); predicates see Keras' variables.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras

from bnn_designer.errors import BrokenRule
from bnn_designer.larq.bop import PACKAGE, Bop
from bnn_designer.nn import LayerError

__all__ = ["Bop", "CaseOptimizer", "OptimizerTypeError"]

Predicate = Callable[[Any], bool]


class OptimizerTypeError(BrokenRule, TypeError):
    """Something that is no optimizer, or no predicate; a ``TypeError``, as Larq raises it."""


@keras.saving.register_keras_serializable(PACKAGE)
class CaseOptimizer(keras.optimizers.Optimizer):  # type: ignore[misc]
    """Trains a variable with the optimizer whose predicate is true for it, all others with a default.

    Which is whose is found out once, when the model's variables are known, and saved in place of the predicates.
    `variables` are those of all optimizers, so that they are saved as one. The learning rate is the default's, or the
    first one's where there is no default.

    Args:
        *predicate_optimizer_pairs: ``(predicate, optimizer)``; the predicate takes a variable.
        default_optimizer: trains what no predicate is true for; None: that is not trained, with a warning.
        name: of the optimizer.

    Raises:
        OptimizerTypeError: a predicate cannot be called, or something is no optimizer of Keras.
        LayerError: there is no optimizer; or (when built) two predicates are true for a variable, or one for none.
    """

    def __init__(
        self,
        *predicate_optimizer_pairs: tuple[Predicate, keras.optimizers.Optimizer],
        default_optimizer: keras.optimizers.Optimizer | None = None,
        name: str = "optimizer_case",
    ) -> None:
        super().__init__(learning_rate=0.0, name=name)
        for i, pair in enumerate(predicate_optimizer_pairs):
            _check_pair(f"predicate_optimizer_pairs[{i}]", pair)
        if default_optimizer is not None:
            _check_optimizer("default_optimizer", default_optimizer)
        self.pred_opt_pairs = tuple(tuple(pair) for pair in predicate_optimizer_pairs)
        self.default = default_optimizer
        self.optimizers = [optimizer for _, optimizer in self.pred_opt_pairs]
        if default_optimizer is not None:
            self.optimizers.append(default_optimizer)
        if not self.optimizers:
            raise LayerError("CaseOptimizer", "it has no optimizer", "Give pairs, or a default_optimizer, or both")
        self.var_opt_mapping: dict[str, int | None] | None = None

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Gives each optimizer its variables.

        Raises:
            LayerError: two predicates are true for a variable, or one for none; two variables have one name; or the
                optimizer was saved with other variables.
        """
        if self.built:
            return
        paths = [variable.path for variable in variables]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise LayerError("CaseOptimizer", f"two variables are called '{twice[0]}'", "Give their layers names")
        saved = self.var_opt_mapping
        self.var_opt_mapping = self._mapping(variables) if saved is None else _renamed(saved, variables)
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

    def _mapping(self, variables: Sequence[keras.Variable]) -> dict[str, int | None]:
        """Of each variable's path: the place in `optimizers` of its own, or None."""
        mapping: dict[str, int | None] = {}
        for variable in variables:
            claims = [i for i, (predicate, _) in enumerate(self.pred_opt_pairs) if predicate(variable)]
            if len(claims) > 1:
                raise LayerError(
                    "CaseOptimizer",
                    f"the predicates of optimizers {claims} are all true for the variable '{variable.path}'",
                    "Make them true for one only",
                )
            if claims:
                mapping[variable.path] = claims[0]
            elif self.default is not None:
                mapping[variable.path] = len(self.pred_opt_pairs)
            else:
                mapping[variable.path] = None
                warnings.warn(
                    f"CaseOptimizer: no predicate is true for the variable '{variable.path}', and there is no "
                    "default_optimizer: it is not trained.",
                    stacklevel=2,
                )
        for i, (_, optimizer) in enumerate(self.pred_opt_pairs):
            if i not in mapping.values():
                raise LayerError(
                    "CaseOptimizer",
                    f"the predicate of optimizer {i} ('{optimizer.name}') is true for no variable; they are "
                    f"{', '.join(variable.path for variable in variables)}",
                    "Mark kernels with NoOp(precision=1), or take the pair out",
                )
        return mapping

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
        """That of the default, or of the first optimizer."""
        return (self.default or self.optimizers[0]).learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        (self.default or self.optimizers[0]).learning_rate = learning_rate

    def get_config(self) -> dict[str, Any]:
        """What makes an equal optimizer: the map from variables to optimizers instead of the predicates."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "optimizer_configs": [serialize(optimizer) for _, optimizer in self.pred_opt_pairs],
            "default_config": None if self.default is None else serialize(self.default),
            "var_opt_mapping": self.var_opt_mapping,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> CaseOptimizer:
        """The optimizer that `get_config` described; one that never saw a variable has lost its predicates."""

        def made(part: Any) -> Any:
            return None if part is None else keras.saving.deserialize_keras_object(part, custom_objects=custom_objects)

        pairs = [(_claims_nothing, made(part)) for part in config["optimizer_configs"]]
        optimizer = cls(*pairs, default_optimizer=made(config["default_config"]), name=config["name"])
        optimizer.var_opt_mapping = config["var_opt_mapping"]
        return optimizer


def _renamed(saved: dict[str, int | None], variables: Sequence[keras.Variable]) -> dict[str, int | None]:
    """The saved map with the variables' paths of today: a model that is read again may begin them with its name or not.

    Raises:
        LayerError: there are more or fewer variables.
    """
    if len(saved) != len(variables):
        raise LayerError(
            "CaseOptimizer",
            f"it was saved with {len(saved)} variables ({', '.join(saved)}), and the model has {len(variables)}",
            "Compile the model with a new one",
        )
    if all(variable.path in saved for variable in variables):
        return saved
    return {variable.path: place for variable, place in zip(variables, saved.values(), strict=True)}


def _claims_nothing(variable: Any) -> bool:
    """In the place of predicates, which are code and not saved."""
    return False


def _check_pair(where: str, pair: Any) -> None:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise OptimizerTypeError(
            f"CaseOptimizer, {where}", f"it is no pair of predicate and optimizer: {pair!r}", "Put both in parentheses"
        )
    predicate, optimizer = pair
    if not callable(predicate):
        raise OptimizerTypeError(
            f"CaseOptimizer, {where}[0]",
            f"a predicate is called with a variable, and {predicate!r} cannot be",
            "Use a function such as Bop.is_binary_variable",
        )
    _check_optimizer(f"{where}[1]", optimizer)


def _check_optimizer(where: str, optimizer: Any) -> None:
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise OptimizerTypeError(
            f"CaseOptimizer, {where}",
            f"{optimizer!r} is no optimizer of Keras 3",
            "Use one of keras.optimizers, or Bop",
        )
