"""Bop against a scalar reference, and two optimizers that train one model."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnn_designer.nn import Adam, Bop, CaseOptimizer, LayerError, WeightClip

# Multiples of 1/64: exact in float32, so that the reference and TensorFlow agree on which side of the threshold an
# average is, whatever the order of their roundings.
GRADIENTS = hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.just(5)), elements=st.integers(-64, 64).map(float))


def scalar_bop(weight: float, gradients: list[float], gamma: float, threshold: float) -> float:
    """Algorithm 1 of 1906.02107 for one weight."""
    average = 0.0
    weight = 1.0 if weight >= 0 else -1.0
    for gradient in gradients:
        average = (1 - gamma) * average + gamma * gradient
        if abs(average) > threshold and (average > 0) == (weight > 0):
            weight = -weight
    return weight


@settings(max_examples=50)
@given(gradients=GRADIENTS, weights=hnp.arrays(np.float32, 5, elements=st.sampled_from([-1, -0.25, 0, 0.5, 1])))
def test_bop_flips_as_the_scalar_reference(gradients: np.ndarray, weights: np.ndarray) -> None:
    gamma, threshold = 0.25, 0.5
    variable = keras.Variable(weights)
    optimizer = Bop(gamma, threshold)
    for gradient in gradients / 64:
        optimizer.apply([tf.constant(gradient)], [variable])
    expected = [
        scalar_bop(weight, list(column), gamma, threshold)
        for weight, column in zip(weights, gradients.T / 64, strict=True)
    ]
    assert variable.numpy().tolist() == expected


def test_a_weight_flips_when_its_average_passes_the_threshold_and_not_before() -> None:
    variable = keras.Variable([1.0, -1.0, 1.0])
    optimizer = Bop(gamma=0.5, threshold=0.6)
    gradient = tf.constant([1.0, -1.0, -1.0])
    # averages 0.5, then 0.75; the third weight's gradient agrees with its sign
    optimizer.apply([gradient], [variable])
    assert variable.numpy().tolist() == [1, -1, 1]
    optimizer.apply([gradient], [variable])
    assert variable.numpy().tolist() == [-1, 1, 1]


@pytest.mark.parametrize(("gamma", "threshold"), [(0, 1e-8), (1.5, 1e-8), (0.1, -1), (0.1, float("nan"))])
def test_arguments_of_bop_that_make_no_sense(gamma: float, threshold: float) -> None:
    with pytest.raises(LayerError, match="gamma must be above 0"):
        Bop(gamma, threshold)


@pytest.mark.parametrize("adam", [Adam, keras.optimizers.Adam])
def test_each_variable_is_trained_by_its_own_optimizer(adam: type[keras.optimizers.Adam]) -> None:
    binary, other = keras.Variable([0.5, -0.5], name="binary"), keras.Variable([0.9], name="other")
    other.constraint = WeightClip(1.0)
    alone = keras.Variable([0.9], constraint=None)
    optimizer = CaseOptimizer(Bop(1.0, 0.0), adam(0.25), [binary.path])
    reference = adam(0.25)
    for _ in range(2):
        optimizer.apply([tf.constant([1.0, 1.0]), tf.constant([-1.0])], [binary, other])
        reference.apply([tf.constant([-1.0])], [alone])
    # with gamma 1 and threshold 0 a weight takes the sign that its last gradient asks for
    assert binary.numpy().tolist() == [-1, -1]
    # Adam's first steps are as long as its rate: 0.9 + 2 * 0.25, clipped to 1
    assert alone.numpy() == pytest.approx([0.9 + 2 * 0.25], abs=1e-5)
    assert other.numpy().tolist() == [1]
    optimizer.learning_rate = 0.125
    assert float(optimizer.default.learning_rate) == float(optimizer.learning_rate) == 0.125
    assert float(optimizer.chosen.learning_rate) == 1


def test_the_state_of_both_is_the_optimizers_own() -> None:
    """What saves ``variables`` and assigns them to a new optimizer goes on as if nothing had happened."""

    def made() -> tuple[keras.Variable, keras.Variable, CaseOptimizer]:
        binary, other = keras.Variable([1.0, -1.0], name="binary"), keras.Variable([0.9], name="other")
        optimizer = CaseOptimizer(Bop(0.5, 0.4), Adam(0.25), [binary.path])
        optimizer.build([binary, other])
        return binary, other, optimizer

    def step(binary: keras.Variable, other: keras.Variable, optimizer: CaseOptimizer) -> None:
        optimizer.apply([tf.constant([0.75, 0.25]), tf.constant([0.5])], [binary, other])

    first = made()
    step(*first)
    again = made()
    for variable, value in zip([*again[:2], *again[2].variables], [*first[:2], *first[2].variables], strict=True):
        variable.assign(value)
    for _ in range(3):
        step(*first)
        step(*again)
    for mine, other in zip([*first[:2], *first[2].variables], [*again[:2], *again[2].variables], strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())


def test_a_path_that_no_variable_has() -> None:
    with pytest.raises(LayerError, match="there is no variable 'nowhere/kernel'"):
        CaseOptimizer(Bop(), Adam(), ["nowhere/kernel"]).build([keras.Variable([1.0], name="other")])


def test_they_are_made_again_from_their_configuration() -> None:
    optimizer = CaseOptimizer(Bop(0.5, 0.25), Adam(0.125), ["layer/kernel"])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert (float(again.chosen.learning_rate), again.chosen.threshold) == (0.5, 0.25)
    assert type(again.default) is Adam
