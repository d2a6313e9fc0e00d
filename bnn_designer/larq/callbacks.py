"""A hyperparameter that changes while a model is trained (``larq.callbacks``).

Where it differs from Larq's: ``"lr"`` means ``learning_rate``, which is what Keras 3 calls it; and a hyperparameter
that an optimizer holds as a plain number is refused, because TensorFlow has recorded it in the step as it was.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal

import keras

from bnn_designer.nn import LayerError

__all__ = ["HyperparameterScheduler"]


class HyperparameterScheduler(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets a hyperparameter of an optimizer before every epoch or step, and writes it into the logs of each epoch.

    Args:
        schedule: takes the number of the epoch or step, from 0 on, and, if it has a second parameter, the value until
            then; gives the new value.
        hyperparameter: attribute of the optimizer, for example ``"gamma"``.
        optimizer: None: that of the model.
        update_freq: ``"epoch"`` or ``"step"``; steps are counted over all epochs.
        verbose: 1 prints each new value.
        log_name: its name in the logs; None: ``hyperparameter``.

    Raises:
        LayerError: ``update_freq`` is neither; or (when a training begins) the optimizer has no such hyperparameter, or
            one that cannot change.
    """

    def __init__(
        self,
        schedule: Callable[..., Any],
        hyperparameter: str,
        optimizer: keras.optimizers.Optimizer | None = None,
        update_freq: Literal["epoch", "step"] = "epoch",
        verbose: int = 0,
        log_name: str | None = None,
    ) -> None:
        super().__init__()
        if update_freq not in ("epoch", "step"):
            raise LayerError(
                "HyperparameterScheduler", f"update_freq must be 'epoch' or 'step', got {update_freq!r}", "Use one"
            )
        self.schedule = schedule
        self.hyperparameter = hyperparameter
        self.optimizer = optimizer
        self.update_freq = update_freq
        self.verbose = verbose
        self.log_name = log_name or hyperparameter

    def set_model(self, model: keras.Model) -> None:
        """Looks the hyperparameter up.

        Raises:
            LayerError: the optimizer does not have it, or it cannot change.
        """
        super().set_model(model)
        if self.optimizer is None:
            self.optimizer = model.optimizer
        self._variable()

    def set_hyperparameter(self, t: int) -> keras.Variable:
        """Gives the hyperparameter its value of epoch or step ``t``, and returns it."""
        variable = self._variable()
        value = float(keras.ops.convert_to_numpy(variable))
        variable.assign(self.schedule(t, value) if _takes_two(self.schedule) else self.schedule(t))
        return variable

    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Sets it before a step, if that is what was asked for."""
        if self.update_freq == "step":
            assert self.optimizer is not None  # since set_model
            # The optimizer's own count, as ``batch`` starts anew in each epoch.
            self._set("Batch", int(keras.ops.convert_to_numpy(self.optimizer.iterations)))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Sets it before an epoch, if that is what was asked for."""
        if self.update_freq == "epoch":
            self._set("Epoch", epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes it into the logs."""
        if logs is not None:
            logs[self.log_name] = float(keras.ops.convert_to_numpy(self._variable()))

    def _set(self, unit: str, t: int) -> None:
        value = keras.ops.convert_to_numpy(self.set_hyperparameter(t))
        if self.verbose > 0:
            print(f"{unit} {t}: {self.log_name} is now {value}.")

    def _variable(self) -> keras.Variable:
        name = self.hyperparameter
        if name == "lr" and not hasattr(self.optimizer, "lr"):
            name = "learning_rate"
        where = f"HyperparameterScheduler, {type(self.optimizer).__name__}"
        if not hasattr(self.optimizer, name):
            raise LayerError(where, f"the optimizer has no '{name}'", "Name an attribute such as 'learning_rate'")
        value = getattr(self.optimizer, name)
        if not isinstance(value, keras.Variable):
            raise LayerError(
                where,
                f"its '{name}' is no variable, so that a step that TensorFlow has recorded would not see it change",
                "Schedule one that is, such as 'learning_rate', and give the optimizer a number for it and no schedule",
            )
        return value


def _takes_two(schedule: Callable[..., Any]) -> bool:
    """Whether a schedule takes the value until then, too."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except (TypeError, ValueError):  # ValueError: built-in functions may hide what they take
        return False
    return True
