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
from bnn_designer.nn.parted_optimizer import PartedOptimizer

__all__ = ["Bop", "CaseOptimizer", "OptimizerTypeError"]

Predicate = Callable[[Any], bool]


class OptimizerTypeError(BrokenRule, TypeError):
    """Something that is no optimizer, or no predicate; a ``TypeError``, as Larq raises it."""


@keras.saving.register_keras_serializable(PACKAGE)
class CaseOptimizer(PartedOptimizer):
    """Trains a variable with the optimizer whose predicate is true for it, all others with a default.

    Which is whose is found out once, when the model's variables are known, and saved in place of the predicates.
    The learning rate is the default's, or the first one's where there is no default.

    Args:
        *predicate_optimizer_pairs: ``(predicate, optimizer)``; the predicate takes a variable.
        default_optimizer: trains what no predicate is true for; None: that is not trained, with a warning.
        name: of the optimizer.

    Raises:
        OptimizerTypeError: a predicate cannot be called, or something is no optimizer of Keras.
        LayerError: there is no optimizer; or (when built) two predicates are true for a variable, or one for none; or
            it was saved with other variables.
    """

    def __init__(
        self,
        *predicate_optimizer_pairs: tuple[Predicate, keras.optimizers.Optimizer],
        default_optimizer: keras.optimizers.Optimizer | None = None,
        name: str = "optimizer_case",
    ) -> None:
        for i, pair in enumerate(predicate_optimizer_pairs):
            _check_pair(f"predicate_optimizer_pairs[{i}]", pair)
        optimizers = [optimizer for _, optimizer in predicate_optimizer_pairs]
        if default_optimizer is not None:
            _check_optimizer("default_optimizer", default_optimizer)
            optimizers.append(default_optimizer)
        if not optimizers:
            raise LayerError("CaseOptimizer", "it has no optimizer", "Give pairs, or a default_optimizer, or both")
        super().__init__(optimizers, led_by=default_optimizer or optimizers[0], name=name)
        self.pred_opt_pairs = tuple(tuple(pair) for pair in predicate_optimizer_pairs)
        self.default = default_optimizer

    def _mapping(self, variables: Sequence[keras.Variable]) -> dict[str, int | None]:
        if self.var_opt_mapping is not None:  # of a configuration, which has no predicates
            return _renamed(self.var_opt_mapping, variables)
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
