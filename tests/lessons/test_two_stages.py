"""The tiny network of the lesson on training tricks: its steps, and what the lesson says of its ten seeds."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.lessons import lesson_named
from bnn_designer.lessons import two_stages as its
from bnn_designer.nn import quantizers

LESSON = lesson_named("training-tricks")
assert LESSON is not None
SAID = next(part.after for part in LESSON.parts if part.piece == "twostages")


def test_the_rule_is_learnable_and_even() -> None:
    examples, validation = its.rule()
    assert (len(examples.targets), len(validation.targets)) == (its.EXAMPLES, its.VALIDATION)
    assert set(examples.targets) == {-1.0, 1.0}
    assert np.mean(np.array(validation.targets) > 0) == pytest.approx(0.5, abs=0.15)
    # the network that the rule was made of, from the same numbers, is right everywhere
    chance = its.Chance(its._RULE_SEED)
    network = its.Network([its._signs(chance) for _ in range(its.SIZE)], its._signs(chance))
    assert its.accuracy(network, validation) == 1


@pytest.mark.parametrize("in_floats", [True, False])
def test_a_step_is_that_of_the_products_layers(in_floats: bool) -> None:
    """The gradient by TensorFlow, with this program's quantizer; both the hidden layer and the answer."""
    chance = its.Chance(3)
    network = its.Network([its._small(chance) for _ in range(its.SIZE)], its._small(chance))
    examples, _ = its.rule()
    places = list(range(its.BATCH))
    hidden, out = (tf.Variable(np.array(one, np.float32)) for one in (network.hidden, network.out))
    sign = quantizers.class_of("ste_sign")()
    inputs = tf.constant(np.array(examples.inputs, np.float32)[places])
    targets = tf.constant(np.array(examples.targets, np.float32)[places])
    with tf.GradientTape() as tape:
        kernel, last = (hidden, out) if in_floats else (sign(hidden), sign(out))
        units = sign(inputs @ tf.transpose(kernel) / its.ROOT)
        answers = tf.linalg.matvec(units, last) / its.ROOT
        loss = tf.reduce_mean(keras.ops.square(keras.ops.relu(1 - targets * answers)))
    slopes = tape.gradient(loss, [hidden, out])
    its._step(network, examples, places, its.RATE, in_floats)
    for variable, slope, found in zip((hidden, out), slopes, (network.hidden, network.out), strict=True):
        assert np.allclose(found, np.clip(variable.numpy() - its.RATE * slope.numpy(), -1, 1), atol=1e-6)


@pytest.mark.slow
def test_what_the_lesson_says_of_ten_seeds() -> None:
    half = its.EPOCHS // 2
    ones, twos = ([its.train(seed, first) for seed in its.SEEDS] for first in (0, half))
    ahead = sum(two[-1] > one[-1] for one, two in zip(ones, twos, strict=True))
    assert f"ahead in {ahead} of {len(its.SEEDS)} seeds" in SAID
    last = np.array([[curve[-1] for curve in curves] for curves in (ones, twos)])
    assert abs(np.diff(last.mean(axis=1))[0]) < last.std(axis=1, ddof=1).min()
    # the accuracy falls where the kernels become signs
    assert np.mean([curve[half] - curve[half - 1] for curve in twos]) < -0.03
    assert its.train(0, half) == twos[0]
