"""Batch norm, max pool and Adam of a training step: against float64 arithmetic, TensorFlow's own and Keras'."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer import kernels
from bnn_designer.kernels import train_ops
from tests.kernels import forked

# Around the width of a register (4, 8, 16 lanes) and of four side by side; and one that is far from all.
CHANNELS = st.sampled_from([1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 130])


def relative(got: Any, expected: Any) -> float:
    """Norm-wise distance."""
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    return float(np.linalg.norm(got - expected) / max(np.linalg.norm(expected), 1e-30))


@given(
    rows=st.sampled_from([2, 3, 15, 16, 17, 300, 2000]),
    channels=CHANNELS,
    offset=st.sampled_from([0.0, 100.0]),
    seed=st.integers(0, 99),
)
def test_batch_norm_and_its_gradients_are_those_of_float64(rows: int, channels: int, offset: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(rows, channels)) * rng.uniform(0.5, 3, channels) + offset).astype(np.float32)
    dy = rng.normal(size=x.shape).astype(np.float32)
    gamma, beta = rng.uniform(-2, 2, channels).astype(np.float32), rng.normal(size=channels).astype(np.float32)
    variables = [tf.constant(value) for value in (x, gamma, beta)]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        y, mean, variance = train_ops.batch_norm(*variables, epsilon=1e-3)
        loss = tf.reduce_sum(y * dy)
    dx, dgamma, dbeta = tape.gradient(loss, variables)

    x, dy, gamma, beta = (value.astype(np.float64) for value in (x, dy, gamma, beta))
    rstd = 1 / np.sqrt(x.var(0) + 1e-3)
    normal = (x - x.mean(0)) * rstd
    assert np.abs(mean - x.mean(0)).max() < 1e-6 * np.abs(x).mean(0).max()
    assert relative(variance, x.var(0)) < 1e-5
    # With a mean a hundred times the deviation, or a thousand times that of two rows, float32 holds x and its mean to
    # so many digits fewer.
    tolerance = 1e-6 if offset == 0 else 1e-3
    assert relative(y, normal * gamma + beta) < tolerance
    # dbeta is a sum of numbers of both signs: what is lost is measured by their sizes, not by the sum
    assert np.abs(dbeta - dy.sum(0)).max() < 1e-6 * np.abs(dy).sum(0).max()
    assert np.abs(dgamma - (dy * normal).sum(0)).max() < 10 * tolerance * np.abs(dy * normal).sum(0).max()
    expected = gamma * rstd * (dy - dy.mean(0) - normal * (dy * normal).mean(0))
    # of two rows the gradient is nearly 0, a difference of larger numbers
    assert np.abs(dx - expected).max() < 10 * tolerance * np.abs(gamma * rstd * dy).max()


STRIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    channels=CHANNELS,
    pool=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    strides=STRIDES,
    padding=st.sampled_from(["same", "valid"]),
    seed=st.integers(0, 99),
)
def test_max_pool_and_its_gradient_are_tensorflows_with_ties(
    height: int, width: int, channels: int, pool: tuple[int, int], strides: tuple[int, int], padding: str, seed: int
) -> None:
    if padding == "valid":
        height, width = max(height, pool[0]), max(width, pool[1])
    rng = np.random.default_rng(seed)
    # five values only: most windows hold their largest one twice
    x = tf.constant(rng.integers(-2, 3, (2, height, width, channels)).astype(np.float32))
    results = []
    for function in (
        lambda x: train_ops.max_pool2d(x, pool=pool, strides=strides, padding=padding),
        lambda x: tf.nn.max_pool2d(x, pool, strides, padding.upper()),
    ):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
            dy = np.random.default_rng(seed + 1).integers(-9, 10, y.shape).astype(np.float32)
            loss = tf.reduce_sum(y * dy)
        results.append((y.numpy(), tape.gradient(loss, x).numpy()))
    (y, dx), (expected_y, expected_dx) = results
    assert np.array_equal(y, expected_y)
    assert np.array_equal(dx, expected_dx)


def test_max_pool_passes_nan_on() -> None:
    x = np.zeros((1, 2, 4, 1), np.float32)
    x[0, 1, 0] = np.nan
    y = train_ops.max_pool2d(x, pool=(2, 2), strides=(2, 2), padding="valid").numpy().ravel()
    assert np.isnan(y[0])
    assert y[1] == 0


def moments(shape: tuple[int, ...]) -> list[tf.Variable]:
    return [tf.Variable(tf.zeros(shape)) for _ in range(3)]


ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}


def test_adam_step_by_hand() -> None:
    w, m, v = moments((3,))
    w.assign([0.5, -0.5, 0.0])
    train_ops.adam_step(w, m, v, tf.constant([1.0, -2.0, 0.0]), tf.constant(0.1), clip=None, **ADAM)
    assert m.numpy() == pytest.approx([0.1 * 1, 0.1 * -2, 0])
    assert v.numpy() == pytest.approx([0.001 * 1, 0.001 * 4, 0])
    # m / (sqrt(v) + epsilon) is 0.1 / sqrt(0.001) for either gradient, but for epsilon
    step = 0.1 * 0.1 / 0.001**0.5
    assert w.numpy() == pytest.approx([0.5 - step, -0.5 + step, 0], rel=1e-5)


def test_adam_clips_and_keeps_nan() -> None:
    w, m, v = moments((4,))
    w.assign([0.9, -0.9, 3.0, 0.0])
    train_ops.adam_step(w, m, v, tf.constant([-1.0, 1.0, 0.0, np.nan]), tf.constant(1.0), clip=1.0, **ADAM)
    assert w.numpy()[:3] == pytest.approx([1, -1, 1])
    assert np.isnan(w.numpy()[3])


def test_what_was_read_before_a_step_stays_as_it_was() -> None:
    w, m, v = moments((1000,))
    before = w.value()
    train_ops.adam_step(w, m, v, tf.ones((1000,)), tf.constant(0.1), clip=1.0, **ADAM)
    assert not before.numpy().any()
    assert (w.numpy() < 0).all()


def zeros(*shape: int) -> tf.Tensor:
    return tf.zeros(shape)


def pool(x: tf.Tensor, size: tuple[int, int] = (2, 2), strides: tuple[int, int] = (2, 2)) -> tf.Tensor:
    return train_ops.max_pool2d(x, pool=size, strides=strides, padding="valid")


WRONG = {
    "rank": (lambda: train_ops.batch_norm(zeros(4), zeros(4), zeros(4), epsilon=0), r"at least 2 dimensions.*\[4\]"),
    "empty": (lambda: train_ops.batch_norm(zeros(0, 4), zeros(4), zeros(4), epsilon=0), r"empty.*\[0,4\]"),
    "gamma": (
        lambda: train_ops.batch_norm(zeros(2, 4), zeros(3), zeros(4), epsilon=0),
        r"gamma has shape \[3\] and the input \[2,4\]",
    ),
    "beta": (lambda: train_ops.batch_norm(zeros(2, 4), zeros(4), zeros(1, 4), epsilon=0), r"beta has shape \[1,4\]"),
    "epsilon": (lambda: train_ops.batch_norm(zeros(2, 4), zeros(4), zeros(4), epsilon=-1), "epsilon is -1"),
    "pool rank": (lambda: pool(zeros(2, 4, 4)), r"4 dimensions.*\[2,4,4\]"),
    "pool too large": (lambda: pool(zeros(1, 1, 4, 3)), r"2x2 does not fit into the input \[1,1,4,3\]"),
    "pool pixels": (lambda: pool(zeros(1, 20, 20, 3), (17, 16)), "17x16 has more taps than a byte"),
    "pool strides": (lambda: pool(zeros(1, 4, 4, 3), (2, 2), (0, 1)), "strides must be two whole numbers"),
    "adam shapes": (
        lambda: train_ops.adam_step(*moments((3,)), zeros(4), tf.constant(0.1), clip=None, **ADAM),
        r"the variable has shape \[3\] and the gradient \[4\]",
    ),
    "adam alpha": (
        lambda: train_ops.adam_step(*moments((3,)), zeros(3), zeros(2), clip=None, **ADAM),
        r"alpha must be one number, got shape \[2\]",
    ),
    "adam twice": (
        lambda: train_ops.adam_step(*[tf.Variable(zeros(3))] * 3, zeros(3), tf.constant(0.1), clip=None, **ADAM),
        "are one variable",
    ),
    "adam clip": (
        lambda: train_ops.adam_step(*moments((3,)), zeros(3), tf.constant(0.1), clip=-1.0, **ADAM),
        "clip is -1",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_operands_are_named_with_their_shapes(case: str) -> None:
    call, message = WRONG[case]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call()


def test_an_empty_batch_pools_to_an_empty_one() -> None:
    assert pool(zeros(0, 4, 4, 3)).shape == (0, 2, 2, 3)


DIGEST = """
import os
import numpy as np, tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(int(os.environ["THREADS"]))
from bnn_designer.kernels import train_ops
import hashlib
rng = np.random.default_rng(0)
x = tf.constant(rng.normal(size=(5, 31, 33, 37)).astype("f4"))
gamma, beta = (tf.constant(rng.normal(size=37).astype("f4")) for _ in range(2))
w, m, v = (tf.Variable(x) for _ in range(3))
with tf.GradientTape() as tape:
    tape.watch([x, gamma, beta])
    y, mean, variance = train_ops.batch_norm(x, gamma, beta, epsilon=1e-3)
    loss = tf.reduce_sum(train_ops.max_pool2d(y, pool=(3, 3), strides=(2, 2), padding="same") ** 2)
gradients = tape.gradient(loss, [x, gamma, beta])
v.assign(v * v)
train_ops.adam_step(w, m, v, gradients[0], tf.constant(0.1), beta_1=0.9, beta_2=0.999, epsilon=1e-7, clip=1.0)
digest = hashlib.sha256()
for value in (y, mean, variance, *gradients, w, m, v):
    digest.update(value.numpy().tobytes())
print(digest.hexdigest())
"""


def test_neither_threads_nor_instruction_set_change_a_bit() -> None:
    settings = [{"THREADS": threads} for threads in ("1", "2", "7")]
    settings += [{"THREADS": "2", "BNN_KERNELS": isa} for isa in kernels.info().available_isas]
    digests = forked.outputs(DIGEST, settings)
    assert len(digests) == len(settings)
    assert len(set(digests)) == 1
