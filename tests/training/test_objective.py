"""What is lowered, against sums that a reader can check."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.training.objective import objective_for
from bnn_designer.training.recipe import Recipe

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]], np.float32)


def losses(recipe: Recipe, labels: list[int]) -> list[float]:
    return objective_for(recipe)(tf.constant(labels), tf.constant(PROBABILITIES)).numpy().tolist()  # type: ignore[no-any-return]


def test_cross_entropy() -> None:
    assert losses(Recipe(), [0, 2]) == pytest.approx([-math.log(0.7), -math.log(0.5)], rel=1e-5)


@given(smoothing=st.floats(0.001, 0.999))
def test_smoothed_labels(smoothing: float) -> None:
    right, other = 1 - smoothing + smoothing / 3, smoothing / 3
    expected = [
        -(right * math.log(0.7) + other * math.log(0.2) + other * math.log(0.1)),
        -(other * math.log(0.25) + other * math.log(0.25) + right * math.log(0.5)),
    ]
    assert losses(Recipe(label_smoothing=smoothing), [0, 2]) == pytest.approx(expected, rel=1e-4)
