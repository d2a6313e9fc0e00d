"""What is lowered, against sums that a reader can check."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnn_designer.training.objective import distillation_loss, objective_for
from bnn_designer.training.recipe import Recipe

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]], np.float32)


def losses(recipe: Recipe, labels: list[int]) -> list[float]:
    objective = objective_for(recipe)
    found: list[float] = objective(tf.zeros([2, 4]), tf.constant(labels), tf.constant(PROBABILITIES)).numpy().tolist()
    return found


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


def softened(logits: np.ndarray, temperature: float) -> np.ndarray:
    powers = np.exp((logits - logits.max(axis=-1, keepdims=True)) / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)


LOGITS = hnp.arrays(np.float64, (3, 5), elements=st.floats(-5, 5))


@given(student=LOGITS, teacher=LOGITS, temperature=st.floats(0.5, 20))
def test_the_distance_to_a_teacher_is_that_of_softened_logits(
    student: np.ndarray, teacher: np.ndarray, temperature: float
) -> None:
    p, q = softened(teacher, temperature), softened(student, temperature)
    expected = temperature**2 * (p * np.log(p / q)).sum(axis=-1)
    outputs = (tf.constant(softened(logits, 1), tf.float32) for logits in (student, teacher))
    found = distillation_loss(*outputs, temperature).numpy()
    # float32 logarithms are right to 1e-6, which T^2 multiplies
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-6 * temperature**2 + 1e-4)


def test_a_teacher_and_the_labels_share_the_loss_and_no_gradient_reaches_the_teacher() -> None:
    teacher = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    images, labels, student = (
        tf.random.stateless_normal([2, 4], [1, 2]),
        tf.constant([0, 2]),
        tf.constant(PROBABILITIES),
    )
    recipe = Recipe(teacher="0123abcd", teacher_share=0.25, temperature=3)
    with tf.GradientTape() as tape:
        found = objective_for(recipe, teacher)(images, labels, student)
    distance = distillation_loss(student, teacher(images), 3)
    expected = 0.75 * -np.log([0.7, 0.5]) + 0.25 * distance.numpy()
    assert found.numpy() == pytest.approx(expected, rel=1e-5)
    assert tape.gradient(found, teacher.trainable_variables) == [None, None]
