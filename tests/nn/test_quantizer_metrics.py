"""Metrics of quantizers in a model: each once, wherever the layer that has the quantizer stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from bnn_designer import larq as lq
from bnn_designer import nn


class _Own(lq.layers_base.QuantizerBase, keras.layers.Dense):  # type: ignore[misc]
    pass


def dense(kind: Callable[..., Any] = nn.QuantDense) -> Any:
    return kind(4, kernel_quantizer="ste_sign", kernel_constraint="weight_clip")


@pytest.mark.parametrize(
    "layers",
    [
        [dense],
        [dense, dense],
        [lambda: dense(_Own)],
        [lambda: keras.Sequential([dense()])],
    ],
    ids=["one", "two", "an own layer", "in a model"],
)
def test_evaluate_returns_each_once(layers: list[Callable[[], Any]]) -> None:
    with lq.context.metrics_scope(["flip_ratio"]):
        model = keras.Sequential([keras.Input((4,)), *(make() for make in layers)])
        model.compile("sgd", "mse", metrics=["mae"])
        x = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
        model.fit(x, x, verbose=0)
        assert len(model.evaluate(x, x, verbose=0)) == 2 + len(layers)  # loss, mean absolute error, a ratio a layer
    assert len(model.metrics) == 2 + len(layers)


def test_an_own_quantizer_may_hand_its_values_to_the_base() -> None:
    class Own(lq.quantizers.Quantizer):  # type: ignore[misc]
        precision = 1

        def call(self, inputs: Any) -> Any:
            return super().call(lq.math.sign(inputs))

    values = np.array([[-2.0, 0.0, 0.5]], np.float32)
    np.testing.assert_array_equal(lq.quantizers.Quantizer()(values), values)
    np.testing.assert_array_equal(Own()(values), [[-1, 1, 1]])
    assert lq.layers.QuantDense(3, kernel_quantizer=Own())(values).shape == (1, 3)
