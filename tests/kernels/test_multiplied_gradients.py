"""Gradients that TensorFlow multiplies, beside those that the op looks up; and the bits they are made of, unpacked."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.kernels import library, ops

pytestmark = pytest.mark.skipif(not library.available(), reason="the compiled op is not available")

STES = st.sampled_from(("ste_sign", "approx_sign"))
SIDES = st.integers(1, 2) | st.integers(1, 9)
CHANNELS = [1, 3, 4, 63, 64, 65, 130]  # around four, which are written at once, and a word


@settings(max_examples=40)
@given(
    size=st.tuples(SIDES, SIDES),
    window=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    channels=st.integers(1, 70),
    padding=st.sampled_from(("same", "valid")),
    pad_values=st.sampled_from((0, 1)),
    stes=st.tuples(STES, STES),
    seed=st.integers(0, 1000),
)
def test_a_convolution_s_are_those_that_are_looked_up(size, window, strides, channels, padding, pad_values, stes, seed):  # type: ignore[no-untyped-def]
    if padding == "valid":
        size = tuple(map(max, size, window))
    draw = np.random.default_rng(seed)
    x = tf.constant(draw.normal(size=(2, *size, channels)), tf.float32)
    kernel = tf.constant(draw.uniform(-1.3, 1.3, (*window, channels, 3)), tf.float32)
    way = {"strides": strides, "padding": padding, "pad_values": pad_values}
    compare(lambda gradients: ops.binary_conv2d(x, kernel, gradients=gradients, **way, **named(stes)), x, kernel)


@settings(max_examples=20)
@given(sizes=st.tuples(*[st.integers(1, 70)] * 3), stes=st.tuples(STES, STES), seed=st.integers(0, 1000))
def test_a_matrix_product_s_are_those_that_are_looked_up(sizes, stes, seed):  # type: ignore[no-untyped-def]
    batch, inputs, units = sizes
    draw = np.random.default_rng(seed)
    x = tf.constant(draw.normal(size=(batch, inputs)), tf.float32)
    kernel = tf.constant(draw.uniform(-1.3, 1.3, (inputs, units)), tf.float32)
    compare(lambda gradients: ops.binary_matmul(x, kernel, gradients=gradients, **named(stes)), x, kernel)


def named(stes: tuple[str, str]) -> dict[str, str]:
    return dict(zip(("input_ste", "kernel_ste"), stes, strict=True))


def compare(product, x: tf.Tensor, kernel: tf.Tensor) -> None:  # type: ignore[no-untyped-def]
    found = {}
    for gradients in ("float", "multiplied"):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            outputs = product(gradients)
            loss = tf.reduce_sum(
                outputs * tf.cos(tf.reshape(tf.range(tf.size(outputs), dtype=tf.float32), outputs.shape))
            )
        found[gradients] = (outputs, *tape.gradient(loss, [x, kernel]))
    for looked_up, multiplied in zip(found["float"], found["multiplied"], strict=True):
        scale = max(1.0, float(tf.reduce_max(tf.abs(looked_up))))
        np.testing.assert_allclose(multiplied, looked_up, rtol=0, atol=2e-5 * scale)


@pytest.mark.parametrize("channels", CHANNELS)
def test_unpacked_signs_are_those_that_were_packed(channels: int) -> None:
    x = tf.constant(np.random.default_rng(channels).normal(size=(2, 5, channels)), tf.float32)
    unpacked = library.load().bnn_unpack(words=ops.pack(x), channels=channels)
    np.testing.assert_array_equal(unpacked, np.where(x.numpy() < 0, -1, 1))


@pytest.mark.parametrize("channels", CHANNELS)
def test_estimators_let_gradients_through_where_they_should(channels: int) -> None:
    draw = np.random.default_rng(channels)
    x = draw.uniform(-2, 2, (3, 5, channels)).astype(np.float32)
    x[0, 0, 0] = 1.0  # still inside
    dy = draw.normal(size=x.shape).astype(np.float32)
    inside = np.abs(x) <= 1
    mask = ops.pack(np.where(inside, -1, 1).astype(np.float32))  # a bit of 1 for -1
    module = library.load()
    np.testing.assert_array_equal(module.bnn_mask_gradient(gradient=dy, mask=mask), np.where(inside, dy, 0))
    sloped = module.bnn_slope_gradient(gradient=dy, x=x)
    np.testing.assert_allclose(sloped, np.where(inside, (2 - 2 * np.abs(x)) * dy, 0), rtol=1e-6)


def test_a_gradient_that_somebody_else_holds_stays_as_it_was() -> None:
    dy, x = tf.ones((2, 70)), tf.zeros((2, 70))
    assert (library.load().bnn_slope_gradient(gradient=dy, x=x).numpy() == 2).all()
    assert not library.load().bnn_mask_gradient(gradient=dy, mask=tf.zeros((2, 2), tf.int64)).numpy().any()
    assert (dy.numpy() == 1).all()


def test_gradients_of_other_shapes_are_refused() -> None:
    dy = tf.ones((4, 65))
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"BnnMaskGradient: the mask has shape \[4,1\] .* \[4,65\]"
    ):
        library.load().bnn_mask_gradient(gradient=dy, mask=tf.zeros((4, 1), tf.int64))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"BnnSlopeGradient: x has shape \[4,64\] .* \[4,65\]"):
        library.load().bnn_slope_gradient(gradient=dy, x=tf.ones((4, 64)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="got a single number"):
        library.load().bnn_slope_gradient(gradient=tf.constant(1.0), x=tf.constant(1.0))


def test_words_of_other_channels_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"65 channels are 2 words .* got shape \[4,1\]"):
        library.load().bnn_unpack(words=tf.zeros((4, 1), tf.int64), channels=65)


def test_dilations_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="dilations"):
        ops.binary_conv2d(tf.ones((1, 9, 9, 2)), tf.ones((3, 3, 2, 2)), dilations=2, gradients="multiplied")
