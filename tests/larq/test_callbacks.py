"""Hyperparameters that follow a schedule."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from bnn_designer.larq.callbacks import HyperparameterScheduler
from bnn_designer.larq.optimizers import Bop, CaseOptimizer
from bnn_designer.nn import LayerError


def over(t: int) -> float:
    return 1 / (1 + t)


def fit(callbacks: list[Any], optimizer: Any, epochs: int = 3) -> dict[str, Any]:
    """Two steps an epoch."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model.fit(np.ones((4, 2)), np.ones(4), batch_size=2, epochs=epochs, verbose=0, callbacks=callbacks).history


def test_by_epochs_with_the_name_of_keras_2(capsys: pytest.CaptureFixture[str]) -> None:
    optimizer = keras.optimizers.SGD(0.5)
    history = fit([HyperparameterScheduler(over, "lr", verbose=1)], optimizer)
    assert history["lr"] == pytest.approx([1, 1 / 2, 1 / 3])
    assert float(optimizer.learning_rate) == pytest.approx(1 / 3)
    assert "Epoch 1: lr is now 0.5." in capsys.readouterr().out


def test_by_steps_over_all_epochs() -> None:
    """Of two epochs of two steps, the last ones are steps 1 and 3."""
    scheduler = HyperparameterScheduler(over, "learning_rate", update_freq="step", log_name="rate")
    assert fit([scheduler], keras.optimizers.SGD(0.5), epochs=2)["rate"] == [1 / 2, 1 / 4]


def test_a_schedule_may_take_the_value_until_then() -> None:
    scheduler = HyperparameterScheduler(lambda epoch, value: value / 2, "learning_rate")
    assert fit([scheduler], keras.optimizers.SGD(0.5))["learning_rate"] == [0.5 / 2, 0.5 / 4, 0.5 / 8]


def test_several_of_the_parts_of_a_case_optimizer() -> None:
    bop, sgd = Bop(), keras.optimizers.SGD(0.5)
    optimizer = CaseOptimizer((lambda variable: variable.name == "kernel", bop), default_optimizer=sgd)
    schedulers = [
        HyperparameterScheduler(over, "gamma", bop),
        HyperparameterScheduler(lambda epoch: 2.0**-epoch, "threshold", bop),
        HyperparameterScheduler(lambda epoch: 0.0, "lr", sgd),
    ]
    history = fit(schedulers, optimizer, epochs=2)
    assert (history["gamma"], history["threshold"], history["lr"]) == ([1, 1 / 2], [1, 1 / 2], [0, 0])


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"hyperparameter": "inertia"}, "SGD: the optimizer has no 'inertia'"),
        ({"hyperparameter": "momentum"}, "SGD: its 'momentum' is no variable"),
        ({"hyperparameter": "lr", "update_freq": "day"}, "update_freq must be 'epoch' or 'step', got 'day'"),
    ],
)
def test_what_cannot_be_scheduled(arguments: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule) as error:
        fit([HyperparameterScheduler(over, **arguments)], keras.optimizers.SGD(0.5, momentum=0.5))
    assert isinstance(error.value, LayerError)
