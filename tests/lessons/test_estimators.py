"""The lesson's curves, held to the quantizers that the product trains with; and the training of one weight."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.lessons.estimators import ESTIMATORS, FILTER_SIZE, OTHERS
from bnn_designer.lessons.one_weight import RATES, train
from bnn_designer.nn import quantizers
from bnn_designer.nn.constraints import WeightClip

GRID = np.linspace(-2, 2, 401).astype(np.float32)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_value_and_slope_are_those_of_the_layers(name: str) -> None:
    """A kernel of [9, 401]: a filter for each place of the grid, its other eight weights as the lesson says."""
    kernel = np.full((FILTER_SIZE, len(GRID)), OTHERS / (FILTER_SIZE - 1), np.float32)
    kernel[0] = GRID
    latent = tf.constant(kernel)
    with tf.GradientTape() as tape:
        tape.watch(latent)
        values = quantizers.class_of(name)()(latent)[0]
    slopes = tape.gradient(values, latent)[0]
    estimator = ESTIMATORS[name]
    assert np.allclose(values, [estimator.value(float(weight)) for weight in GRID], atol=1e-6)
    assert np.allclose(slopes, [estimator.slope(float(weight)) for weight in GRID], atol=1e-5)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_true_slope_is_how_steep_the_value_is(name: str) -> None:
    estimator = ESTIMATORS[name]
    for weight in (-1.7, -0.4, 0.3, 1.2):
        rise = estimator.value(weight + 0.01) - estimator.value(weight - 0.01)
        assert rise / 0.02 == pytest.approx(estimator.true_slope)


def test_the_slope_of_swish_sign_changes_its_sign_where_the_lesson_says() -> None:
    slope = ESTIMATORS["swish_sign"].slope
    assert slope(0) == 5 * 2 / 2
    assert slope(0.47) > 0 > slope(0.49)
    assert slope(1e6) == pytest.approx(0, abs=1e-9)  # no overflow


def test_a_weight_falls_by_the_rate_times_the_error_until_its_sign_is_right() -> None:
    steps = train(ESTIMATORS["ste_sign"], 0.5, 0.1, clip=True, dissent=False)
    # the error is 1 - (-1) = 2 until the flip: 0.5 - 3 * 0.2 = -0.1
    assert [step.weight for step in steps[:4]] == [0.3, 0.1, -0.1, -0.1]
    assert [step.flipped for step in steps[:4]] == [False, False, True, False]
    assert steps[3].error == 0


def test_zero_is_met_as_on_paper_and_its_sign_is_plus() -> None:
    steps = train(ESTIMATORS["ste_sign"], 0.4, 0.1, clip=False, dissent=False)
    assert [step.weight for step in steps[:3]] == [0.2, 0.0, -0.2]
    assert not math.copysign(1, steps[1].weight) < 0
    assert [step.flipped for step in steps[:3]] == [False, False, True]


@pytest.mark.parametrize("rate", RATES)
def test_beyond_one_a_weight_stays_unless_it_is_clipped(rate: float) -> None:
    """The answer of the question."""
    estimator = ESTIMATORS["ste_sign"]
    assert {step.weight for step in train(estimator, 1.4, rate, clip=False, dissent=False)} == {1.4}
    assert train(estimator, 1.4, rate, clip=True, dissent=False)[0].weight == 1.0


def test_at_a_rate_of_five_hundredths_the_clipped_weight_flips() -> None:
    steps = train(ESTIMATORS["ste_sign"], 1.4, 0.05, clip=True, dissent=False)
    # clipped to 1, then down by 0.1 a step: 0 after eleven steps, and the sign of 0 is +1
    assert [number for number, step in enumerate(steps, start=1) if step.flipped] == [12]


def test_one_dissenter_in_four_turns_the_sign_back_and_forth() -> None:
    steps = train(ESTIMATORS["ste_sign"], 0.4, 0.1, clip=True, dissent=True)
    assert sum(step.flipped for step in steps) > 10
    assert [step.target for step in steps[:5]] == [-1, -1, -1, 1, -1]


def test_the_first_step_is_that_of_keras() -> None:
    """Stochastic gradient descent, the constraint and the quantizer themselves, on one weight."""
    latent = keras.Variable([[0.4]])
    latent.constraint = WeightClip()  # as a layer sets it: an argument of that name is passed over
    optimizer = keras.optimizers.SGD(0.05)
    for step in train(ESTIMATORS["approx_sign"], 0.4, 0.05, clip=True, dissent=True)[:6]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((quantizers.approx_sign(latent.value) - step.target) ** 2) / 2
        optimizer.apply([tape.gradient(loss, latent.value)], [latent])
        assert float(latent.numpy()[0, 0]) == pytest.approx(step.weight, abs=1e-6)
