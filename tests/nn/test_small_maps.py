"""Windows larger than what they slide over, with "same" padding: as in a border that is written out; gradients too."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.graph import lower
from bnn_designer.nn import LayerError, MaxPooling2D, QuantConv2D, QuantDepthwiseConv2D, build_model
from bnn_designer.nn.padding import pad_same, same_padding
from tests.small_maps import IMAGENET_PRESETS, MAPS, every_window, on_cifar

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
engines = pytest.mark.parametrize("engine", ["float", pytest.param("xnor", marks=needs_kernels)])
maps = pytest.mark.parametrize("size", MAPS, ids=str)
padded = pytest.mark.parametrize("pad_values", [0, 1])

ONE = (1, 1)
# Kernel, strides, dilation.
WINDOWS = [
    ((3, 3), ONE, ONE),
    ((3, 3), (2, 2), ONE),
    ((5, 5), ONE, ONE),
    ((7, 7), (2, 2), ONE),
    ((7, 2), (3, 3), ONE),
    ((3, 3), ONE, (4, 4)),  # no tap but the middle one is inside
    ((2, 2), ONE, (3, 3)),  # of one pixel: none is
]
windows = pytest.mark.parametrize(("kernel_size", "strides", "dilation"), WINDOWS, ids=str)


def normal(seed: int, *shape: int) -> Any:
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def outputs_and_gradients(function: Callable[..., Any], *operands: Any) -> list[Any]:
    with tf.GradientTape() as tape:
        tape.watch(operands)
        y = function(*operands)
        loss = tf.reduce_sum(y * normal(9, *y.shape))
    return [np.asarray(value) for value in (y, *tape.gradient(loss, operands))]


def assert_close(found: list[Any], wanted: list[Any]) -> None:
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


def layer_outputs_and_gradients(layer: Any, x: Any, kernel: Any) -> list[Any]:
    layer.build(x.shape)
    layer.kernel.assign(kernel)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * normal(9, *y.shape))
    return [np.asarray(value) for value in (y, *tape.gradient(loss, [x, layer.kernel.value]))]


QUANTIZED = {"input_quantizer": "ste_sign", "kernel_quantizer": "approx_sign"}


@engines
@maps
@windows
@padded
def test_convolutions(engine: str, size: Any, kernel_size: Any, strides: Any, dilation: Any, pad_values: int) -> None:
    for quantizers in (QUANTIZED, {}) if engine == "float" else (QUANTIZED,):
        layer = QuantConv2D(
            4, kernel_size, strides, "same", pad_values, dilation_rate=dilation, use_bias=False, engine=engine,
            **quantizers,
        )  # fmt: skip
        assert layer.engine_used == engine

        def written_out(x: Any, kernel: Any, layer: Any = layer) -> Any:
            if layer.input_quantizer is not None:
                x, kernel = layer.input_quantizer(x), layer.kernel_quantizer(kernel)
            x = pad_same(x, pad_values, kernel_size=kernel_size, strides=strides, dilation=dilation)
            return tf.nn.conv2d(x, kernel, strides, "VALID", dilations=dilation)

        x, kernel = normal(1, 2, *size, 5), normal(2, *kernel_size, 5, 4)
        assert_close(layer_outputs_and_gradients(layer, x, kernel), outputs_and_gradients(written_out, x, kernel))


@maps
@windows
@padded
def test_depthwise_convolutions(size: Any, kernel_size: Any, strides: Any, dilation: Any, pad_values: int) -> None:
    layer = QuantDepthwiseConv2D(
        kernel_size, strides, "same", pad_values, dilation_rate=dilation, use_bias=False, input_quantizer="ste_sign",
        depthwise_quantizer="ste_sign",
    )  # fmt: skip

    def written_out(x: Any, kernel: Any) -> Any:
        x, kernel = layer.input_quantizer(x), layer.kernel_quantizer(kernel)
        x = pad_same(x, pad_values, kernel_size=kernel_size, strides=strides, dilation=dilation)
        return tf.nn.depthwise_conv2d(x, kernel, [1, *strides, 1], "VALID", dilations=dilation)

    x, kernel = normal(1, 2, *size, 3), normal(2, *kernel_size, 3, 1)
    assert_close(layer_outputs_and_gradients(layer, x, kernel), outputs_and_gradients(written_out, x, kernel))


def pooled(x: Any, pool: Any, strides: Any, kind: str) -> tuple[Any, Any]:
    """The pool of ``[h, w]`` and its gradient for ones, window by window; what is outside takes part in nothing."""
    before = [same_padding(size, *window, 1)[0] for size, *window in zip(x.shape, pool, strides, strict=True)]
    counts = [-(-size // stride) for size, stride in zip(x.shape, strides, strict=True)]
    y, dx = np.zeros(counts), np.zeros(x.shape)
    for at in product(*map(range, counts)):
        starts = [i * stride - pad for i, stride, pad in zip(at, strides, before, strict=True)]
        inside = tuple(slice(max(start, 0), start + reach) for start, reach in zip(starts, pool, strict=True))
        window = x[inside]
        y[at] = window.max() if kind == "max" else window.mean()
        dx[inside] += window == window.max() if kind == "max" else 1 / window.size
    return y, dx


POOLS = {"max": keras.layers.MaxPooling2D, "compiled max": MaxPooling2D, "average": keras.layers.AveragePooling2D}


@maps
@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize(("pool", "strides"), [((3, 3), ONE), ((7, 7), (2, 2)), ((7, 2), (1, 3)), ((16, 16), (16, 16))])
def test_pools(kind: str, size: Any, pool: Any, strides: Any) -> None:
    layer, x = POOLS[kind](pool, strides, "same"), normal(3, 1, *size, 1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True) if kind == "compiled max" else layer(x)
    wanted, gradient = pooled(x[0, ..., 0].numpy(), pool, strides, kind.rpartition(" ")[2])
    np.testing.assert_allclose(y[0, ..., 0], wanted, rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(y, x)[0, ..., 0], gradient, rtol=1e-6)


@pytest.mark.parametrize("kind", [QuantConv2D, QuantDepthwiseConv2D])
def test_with_valid_padding_the_layer_is_refused(kind: Any) -> None:
    layer = QuantConv2D(2, 3, name="c") if kind is QuantConv2D else QuantDepthwiseConv2D(3, name="c")
    with pytest.raises(LayerError, match=r"'c': (.|\n)*shape is \(None, 2, 9, 1\)"):
        layer.build((None, 2, 9, 1))


@needs_kernels
@maps
@padded
def test_networks_of_such_windows_predict_the_same_bits(size: Any, pad_values: int) -> None:
    graph = lower(every_window(size, pad_values))
    images = normal(4, 3, *graph.input.shape)
    fast, simulated = (build_model(graph, engine=engine, seed=1) for engine in ("xnor", "float"))
    np.testing.assert_array_equal(fast(images), simulated(images))


@needs_kernels
@pytest.mark.parametrize("name", IMAGENET_PRESETS)
def test_presets_on_images_of_cifar_predict_the_same_bits_and_learn(name: str) -> None:
    graph = lower(on_cifar(name))
    images = normal(5, 4, 32, 32, 3)
    fast, simulated = (build_model(graph, engine=engine, seed=2) for engine in ("xnor", "float"))
    assert {one.name: one.output.shape[1:] for one in fast.layers[1:]} == {
        one.name: one.output.shape for one in graph.layers
    }
    np.testing.assert_array_equal(fast(images), simulated(images))
    fast.compile(keras.optimizers.SGD(1e-3), "sparse_categorical_crossentropy")
    trained = [weight for weight in fast.trainable_variables if weight.name == "kernel"]
    before = [weight.numpy() for weight in trained]
    assert np.isfinite(fast.train_on_batch(images, np.arange(4)))
    assert all(not np.array_equal(old, new.numpy()) for old, new in zip(before, trained, strict=True))
