"""The TensorFlow ops: values against TensorFlow's own float ops on signs, packing, threads, graphs, Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnn_designer.kernels import ops, reference
from tests.kernels.strategies import CHANNELS, Convolution, convolutions


def float_conv2d(case: Convolution, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """tf.nn.conv2d on signs; "same" with ones is written as an explicit border of ones and "valid"."""
    signs, weights = reference.sign(x).astype(np.float32), reference.sign(kernel).astype(np.float32)
    padding = case.padding.upper()
    if padding == "SAME" and case.pad_values == 1:
        sides = [
            reference.same_padding(x.shape[axis + 1], kernel.shape[axis], case.strides[axis], case.dilations[axis])
            for axis in (0, 1)
        ]
        signs, padding = np.pad(signs, ((0, 0), *sides, (0, 0)), constant_values=1), "VALID"
    return tf.nn.conv2d(signs, weights, case.strides, padding, dilations=case.dilations).numpy()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(case=convolutions(min_batch=1))
def test_convolution_equals_tensorflow(case: Convolution) -> None:
    x, kernel = case.operands()
    y = ops.binary_conv2d(x, kernel, **case.options).numpy()
    # TensorFlow 2.21 reads beyond its memory here (docs/limits.md); the other tests compare with NumPy.
    assume(not (x.shape[3] == 1 and case.strides[0] == 1 < case.strides[1] and y.shape[2] == 1))
    np.testing.assert_array_equal(y, float_conv2d(case, x, kernel))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(case=convolutions())
def test_packed_convolution_equals_numpy(case: Convolution) -> None:
    x, kernel = case.operands()
    y = ops.binary_conv2d_packed(ops.pack(x), ops.pack_conv_kernel(kernel), channels=x.shape[3], **case.options).numpy()
    np.testing.assert_array_equal(y, reference.conv2d(x, kernel, **case.options))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(batch=st.integers(0, 20), inputs=st.integers(1, 200), units=st.integers(1, 70), seed=st.integers(0, 2**32 - 1))
def test_matmul_equals_tensorflow(batch: int, inputs: int, units: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.standard_normal((batch, inputs), dtype=np.float32)
    kernel = random.standard_normal((inputs, units), dtype=np.float32)
    expected = tf.matmul(tf.where(x < 0, -1.0, 1.0), tf.where(kernel < 0, -1.0, 1.0)).numpy()
    np.testing.assert_array_equal(ops.binary_matmul(x, kernel).numpy(), expected)
    packed = ops.binary_matmul_packed(ops.pack(x), ops.pack_kernel(kernel), channels=inputs)
    np.testing.assert_array_equal(packed.numpy(), expected)


@pytest.mark.parametrize("channels", CHANNELS)
def test_pack_sets_a_bit_for_each_value_below_zero(channels: int) -> None:
    x = np.random.default_rng(channels).standard_normal((2, 3, channels), dtype=np.float32)
    np.testing.assert_array_equal(ops.pack(x).numpy(), reference.pack(x))
    kernel = np.random.default_rng(channels).standard_normal((3, 2, channels, 5), dtype=np.float32)
    expected = np.moveaxis(reference.pack(np.moveaxis(kernel, 2, 3)), 3, 2)
    np.testing.assert_array_equal(ops.pack_conv_kernel(kernel).numpy(), expected)


def test_zeros_infinities_and_subnormals_have_the_sign_tensorflow_gives_them() -> None:
    tiny = float(np.finfo(np.float32).tiny)  # the smallest number that is not subnormal
    below = float(np.nextafter(np.float32(tiny), np.float32(0)))
    values = [0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, below, -below, tiny, -tiny]
    x = np.array(values, np.float32)[:, np.newaxis]
    y = ops.binary_matmul(x, np.ones((1, 1), np.float32)).numpy()[:, 0]
    assert y.tolist() == [1, 1, 1, -1, 1, 1, 1, 1, 1, -1]
    np.testing.assert_array_equal(y, tf.where(tf.constant(x) < 0, -1.0, 1.0).numpy()[:, 0])


def test_large_batch_spread_over_threads_is_computed_whole() -> None:
    case = Convolution((16, 17, 19, 128), (3, 3, 128, 70), (1, 1), (1, 1), "same", 0, seed=5)
    x, kernel = case.operands()
    np.testing.assert_array_equal(ops.binary_conv2d(x, kernel, **case.options), float_conv2d(case, x, kernel))


def test_one_number_stands_for_both_strides() -> None:
    x, kernel = np.ones((1, 5, 5, 4), np.float32), np.ones((3, 3, 4, 2), np.float32)
    assert ops.binary_conv2d(x, kernel, strides=2).shape == (1, (5 - 3) // 2 + 1, (5 - 3) // 2 + 1, 2)


def test_empty_batch_gives_an_empty_output() -> None:
    y = ops.binary_conv2d(np.zeros((0, 8, 8, 16), np.float32), np.ones((3, 3, 16, 4), np.float32), padding="same")
    assert y.shape == (0, 8, 8, 4)
    assert ops.binary_matmul(np.zeros((0, 8), np.float32), np.ones((8, 3), np.float32)).shape == (0, 3)


@pytest.mark.parametrize(("padding", "out"), [("same", 4), ("valid", (8 - 3) // 2 + 1)])
def test_shape_functions_with_an_unknown_batch(padding: str, out: int) -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 16])])
    def convolve(x: tf.Tensor) -> tf.Tensor:
        y = ops.binary_conv2d(x, tf.ones((3, 3, 16, 4)), strides=2, padding=padding)
        assert y.shape.as_list() == [None, out, out, 4]
        return y

    assert convolve(tf.ones((3, 8, 8, 16))).shape == (3, out, out, 4)


def test_shape_functions_with_unknown_sizes_and_rank() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, None]), tf.TensorSpec(None)])
    def convolve(x: tf.Tensor, unranked: tf.Tensor) -> tf.Tensor:
        kernel = tf.ones((3, 3, 16, 4))
        assert ops.binary_conv2d(x, kernel).shape.as_list() == [None, None, None, 4]
        assert ops.binary_conv2d(unranked, kernel).shape.as_list() == [None, None, None, 4]
        assert ops.pack(x).shape.as_list() == [None, None, None, None]
        assert ops.binary_matmul(unranked, kernel[0, 0]).shape.as_list() == [None, 4]
        words, packed = ops.pack(x), ops.pack_conv_kernel(kernel)
        assert packed.shape.as_list() == [3, 3, 1, 4]
        packed_y = ops.binary_conv2d_packed(words, packed, channels=16)
        assert packed_y.shape.as_list() == [None, None, None, 4]
        return ops.binary_conv2d(x, kernel)

    x = tf.random.stateless_normal((2, 5, 6, 16), seed=(0, 1))
    np.testing.assert_array_equal(convolve(x, x), ops.binary_conv2d(x, tf.ones((3, 3, 16, 4))))


class BinaryLayer(keras.layers.Layer):
    """The smallest layer with the op, to see it inside Keras' training step."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (3, 3, input_shape[-1], 8)
        self.kernel = self.add_weight(shape=shape, initializer=keras.initializers.GlorotNormal(seed=1))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return ops.binary_conv2d(x, self.kernel, padding="same", pad_values=1)


def test_keras_trains_through_the_op() -> None:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6, 6, 5))
    features = keras.layers.GlobalAveragePooling2D()(BinaryLayer()(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(features))
    model.compile("adam", "mse", jit_compile=False)
    before = [np.array(weight) for weight in model.get_weights()]
    x = np.random.default_rng(0).uniform(-1, 1, (24, 6, 6, 5)).astype(np.float32)
    model.fit(x, x.mean(axis=(1, 2, 3)), batch_size=10, epochs=1, verbose=0)  # 24 = 10 + 10 + 4
    assert all(np.any(old != new) for old, new in zip(before, model.get_weights(), strict=True))
