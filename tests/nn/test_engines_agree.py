"""The law of the two engines: with any pair of quantizers, in any layer, they compute what the quantizers say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bnn_designer import kernels
from bnn_designer.design import quantization
from bnn_designer.design.quantization import QUANTIZERS
from bnn_designer.nn import QuantConv2D, QuantDense, QuantDepthwiseConv2D
from bnn_designer.nn.described import quantizer_of

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
NAMES = (None, *QUANTIZERS)


def quantizer(name: str | None, operand: Any) -> Any:
    return None if name is None else quantizer_of(quantization.Quantizer(name=name), operand)


def normal(seed: int, shape: Any) -> np.ndarray:
    """Numbers on both sides of 1, where many gradients end, and some zeros."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(shape) < 0.1, 0, rng.normal(size=shape)).astype(np.float32)


@st.composite
def dense_layers(draw: st.DrawFn) -> tuple[type, dict[str, Any], tuple[int, ...]]:
    shape = draw(st.sampled_from([(3, 5), (2, 66), (2, 3, 7)]))
    return QuantDense, {"units": draw(st.integers(1, 4))}, shape


def windows(draw: st.DrawFn) -> tuple[dict[str, Any], tuple[int, int]]:
    """A window, and the size of an image that it slides over: with "same" padding, perhaps a smaller one."""
    stride = draw(st.integers(1, 2))
    padding = draw(st.sampled_from(["same", "valid"]))
    arguments = {
        "kernel_size": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        "strides": stride,
        "dilation_rate": draw(st.integers(1, 2)) if stride == 1 else 1,
        "padding": padding,
        "pad_values": draw(st.integers(0, 1)),
    }
    small = [(1, 1), (2, 2), (1, 6)] if padding == "same" else []
    return arguments, draw(st.sampled_from([(5, 6), *small]))


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[type, dict[str, Any], tuple[int, ...]]:
    groups = draw(st.integers(1, 2))
    filters, channels = (groups * draw(st.integers(1, 3)) for _ in range(2))
    window, size = windows(draw)
    return QuantConv2D, {"filters": filters, "groups": groups, **window}, (2, *size, channels)


@st.composite
def depthwise_convolutions(draw: st.DrawFn) -> tuple[type, dict[str, Any], tuple[int, ...]]:
    window, size = windows(draw)
    arguments = {"depth_multiplier": draw(st.integers(1, 3)), **window}
    return QuantDepthwiseConv2D, arguments, (2, *size, draw(st.integers(1, 3)))


def outputs_and_gradients(layer: Any, x: np.ndarray, upstream: np.ndarray) -> list[np.ndarray]:
    source = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(source)
        y = layer(source)
        loss = tf.reduce_sum(y * upstream)
    gradients = tape.gradient(loss, [source, *(weight.value for weight in layer.trainable_variables)])
    return [np.asarray(value) for value in (y, *gradients)]


def check(kind: Any, arguments: dict[str, Any], shape: tuple[int, ...], pair: Any, seed: int) -> None:
    of_kernel = "depthwise_quantizer" if kind is QuantDepthwiseConv2D else "kernel_quantizer"
    of_input, of_weights = quantizer(pair[0], "input"), quantizer(pair[1], "kernel")

    def layer(engine: str, **quantizers: Any) -> Any:
        made = kind(**arguments, **quantizers, engine=engine)
        made.build(shape)
        return made

    quantized = {"input_quantizer": of_input, of_kernel: of_weights}
    x, made = normal(seed, shape), layer("xnor", **quantized)
    weights = [1.2 * normal(seed + i, weight.shape) for i, weight in enumerate(made.get_weights())]
    made.set_weights(weights)
    facts = [QUANTIZERS.get(name) if name else None for name in pair]
    signs = all(fact is not None and fact.gives_signs for fact in facts) and not facts[0].scales

    if signs and kind is not QuantDepthwiseConv2D:
        assert made.engine_used == "xnor"
        simulated = layer("float", **quantized)
        simulated.set_weights(weights)
        assert simulated.engine_used == "float"
        upstream = normal(seed + 9, made.compute_output_shape(shape))
        (y, *got), (y_float, *expected) = (outputs_and_gradients(one, x, upstream) for one in (made, simulated))
        assert np.array_equal(y, y_float)
        for mine, theirs in zip(got, expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4 * max(1, np.abs(theirs).max()))
    else:  # both engines are one
        assert made.engine_used == "float"
        assert made.engine_reason
        y = made(x)

    # A layer without quantizers, given what the quantizers make of input and kernel.
    plain = layer("float")
    plain.set_weights([of_weights(weights[0]) if of_weights else weights[0], *weights[1:]])
    np.testing.assert_allclose(y, plain(of_input(x) if of_input else x), rtol=1e-4, atol=1e-4)


@needs_kernels
@pytest.mark.parametrize("input_name", NAMES)
@pytest.mark.parametrize("layers", [dense_layers, convolutions, depthwise_convolutions])
# The first example is the simplest there is. None is made smaller when it fails: all are small.
@settings(max_examples=2, phases=[Phase.generate])
@given(data=st.data())
def test_engines_agree_with_any_pair_of_quantizers(layers: Any, input_name: str | None, data: st.DataObject) -> None:
    for kernel_name in NAMES:
        case = data.draw(layers())
        check(*case, (input_name, kernel_name), data.draw(st.integers(0, 1000), "seed"))
