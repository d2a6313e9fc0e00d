"""What multiplies 8 bits: loops of floats where these hold every sum, else a plain loop; equal to whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.inference import Engine
from bnn_designer.inference.engine import PLAIN_LOOP
from bnn_designer.kernels.toolchain import machine_sets
from bnn_designer.packing.drafts import IMAGE, RESULT, Geometry, StepDraft
from bnn_designer.packing.int8 import requantized_sums
from bnn_designer.packing.network import PackedNetwork
from tests.export.networks import group, joined, window
from tests.export.networks_of_int8 import of_wide_int8
from tests.inference.test_float_kernels import MISSING, needs_onednn
from tests.inference.test_int8 import of_int8, requantize, sums_of

LARGEST_FLOAT = 2**24  # all whole numbers up to it are floats
#: A filter's weights of this sum reach it with inputs of -128.
LARGEST_WEIGHTS = LARGEST_FLOAT // 128


def ran(network: PackedNetwork, images: Any, **how: Any) -> tuple[Any, str]:
    """What the network gives, and what ran its layer of 8 bits."""
    with Engine(network, **how) as engine:
        return engine.run(images), engine.kernels()[1]


def to_signs(at: Geometry, weights: Any, factor: Any, offset: Any) -> PackedNetwork:
    step = StepDraft("threshold", "b", (factor.astype(np.float32), offset.astype(np.float32)))
    shape = (at.out_height, at.out_width, at.out_channels)
    unpack = group("floats", "unpack", window(shape, at.out_channels), "b", (), StepDraft("store", RESULT))
    return of_int8(at, weights, 1.0, step, after=(unpack,))


def dense(weights: Any, step: StepDraft) -> PackedNetwork:
    """Of ``[features, units]``."""
    at = window((1, 1, len(weights)), weights.shape[1])
    return of_int8(at, weights[None].astype(np.int8), 1.0, step, StepDraft("store", RESULT))


def halved(units: int) -> StepDraft:
    """Sums times 2^-16, rounded."""
    numbers = np.array([[0] * units, [2**30] * units, [-15] * units], np.int32)
    return StepDraft("requantize", numbers=(numbers,), low=0.0, high=1.0)


HOW = [{"isa": isa.name, "float_kernels": "own"} for isa in machine_sets()]
HOW += [{"float_kernels": "onednn"}] * (MISSING is None)


@given(
    seed=st.integers(0, 2**20),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    channels=st.sampled_from([1, 3, 8]),
    filters=st.integers(1, 140),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    strides=st.tuples(st.integers(1, 2), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 3), st.integers(1, 2)),
    groups=st.sampled_from([1, 1, 2]),
    threads=st.sampled_from([1, 3]),
)
@settings(max_examples=25, deadline=None)
def test_every_set_and_the_library(
    seed: int,
    size: Any,
    channels: int,
    filters: int,
    kernel: Any,
    strides: Any,
    dilation: Any,
    groups: int,
    threads: int,
) -> None:
    """Signs and numbers of the same sums, with windows that reach out of the image by more than it has."""
    draw = np.random.default_rng(seed)
    at = window((*size, groups * channels), groups * filters, kernel, strides, dilation, groups)
    weights = draw.integers(-127, 128, (groups, at.products, filters)).astype(np.int8)
    whole = draw.integers(-127, 128, (2, *size, groups * channels))
    sums = sums_of(at, whole, weights)
    step = requantize(draw, at.out_channels, at.products)
    wanted = requantized_sums(sums, step).astype(np.float32) - np.float32(step.low)
    factor = draw.choice([1, -1, 0], at.out_channels)
    far = draw.choice([1, 2**20], at.out_channels)  # beyond all sums, too
    offset = np.where(draw.random(at.out_channels) < 0.1, 0, -factor * sums[0, 0, 0] * far + draw.integers(-1, 2))
    numbers = of_int8(at, weights, 1.0, step, StepDraft("store", RESULT))
    signs = to_signs(at, weights, factor, np.clip(offset, -(2**30), 2**30))
    below = factor * sums + np.clip(offset, -(2**30), 2**30).astype(np.float32).astype(np.int64) < 0
    for how in HOW:
        found, kernel_name = ran(numbers, whole, threads=threads, **how)
        assert kernel_name != PLAIN_LOOP
        np.testing.assert_array_equal(found, (wanted * np.float32(0.25)).reshape(2, -1))
        np.testing.assert_array_equal(
            ran(signs, whole, threads=threads, **how)[0], np.where(below, -1, 1).reshape(2, -1)
        )


@given(
    bias=st.integers(-(2**31), 2**31 - 1) | st.integers(-300, 300),
    multiplier=st.integers(2**30, 2**31 - 1) | st.just(0),
    shift=st.integers(-31, 30),
    zero_point=st.integers(-128, 127),
)
@settings(max_examples=60, deadline=None)
def test_all_multipliers(bias: int, multiplier: int, shift: int, zero_point: int) -> None:
    """Sums of -127 to 127, in the loops of a set and, where a shift or a bias is too large for these, out of them."""
    numbers = np.array([[bias] * 20, [multiplier] * 20, [shift] * 20], np.int64).astype(np.int32)
    step = StepDraft("requantize", numbers=(numbers,), low=float(zero_point), high=2.0)
    network = dense(np.eye(20, dtype=np.int8), step)
    sums = np.linspace(-127, 127, 20).astype(np.int64).reshape(1, 1, 1, 20)
    wanted = (requantized_sums(sums, step).astype(np.float32) - zero_point) * 2
    for how in HOW:
        np.testing.assert_array_equal(ran(network, sums, **how)[0], wanted.reshape(1, 20))


def of_sum(total: int) -> Any:
    """Weights ``[1100, 2]``, those of the second unit with this sum of magnitudes."""
    weights = np.zeros((1100, 2), np.int64)
    weights[:, 1] = np.clip(total - 127 * np.arange(1100), 0, 127)
    assert weights.sum() == total
    return weights


@pytest.mark.parametrize("beyond", [0, 1])
def test_the_last_sum_that_floats_hold(beyond: int) -> None:
    """2^24 with inputs of -128; thresholds, whose offset is added, have half of it."""
    weights = of_sum(LARGEST_WEIGHTS + beyond)
    whole = np.full((1, 1, 1, 1100), -127)
    found, kernel = ran(dense(weights, halved(2)), whole)
    assert (kernel == PLAIN_LOOP) == bool(beyond)
    assert found.tolist() == [[0, -128]]  # -254, saturated
    total = LARGEST_WEIGHTS // 2 - 1 + beyond
    at = window((1, 1, 1100), 2)
    for offset, sign in ((127 * total, 1), (127 * total - 1, -1), (2**30, 1), (-(2**30), -1)):
        network = to_signs(at, of_sum(total)[None].astype(np.int8), np.ones(2), np.array([0, offset]))
        found, kernel = ran(network, whole)
        assert (kernel == PLAIN_LOOP) == bool(beyond)
        assert found.tolist() == [[1, sign]]


#: 1,100 products of 127 * 127 are beyond 2^24, where floats are even numbers, and adding 1 to one of them does nothing.
LOST = np.array([127] * 1100 + [1] * 1001)
EXACT = 1100 * 127 * 127 + 1001


def test_where_floats_would_be_wrong() -> None:
    in_floats = np.cumsum((LOST * LOST).astype(np.float32), dtype=np.float32)[-1]
    assert EXACT - int(in_floats) > 1000
    at = window((1, 1, len(LOST)), 1)
    weights, image = LOST.reshape(1, -1, 1), LOST.reshape(1, 1, 1, -1)
    floats = group("conv", "float_conv", at, IMAGE, (weights.astype(np.float32), np.zeros(1, np.float32)))
    floats.steps = [StepDraft("store", RESULT)]
    with Engine(joined((1, 1, len(LOST)), [floats]), float_kernels="own") as engine:
        assert engine.run(image).tolist() == [[in_floats]]
    for factor in (1, -1):
        # The offset takes off the sum, but for one on either side, as the sum itself is no float.
        for more, wanted in ((1, 1), (-1, -1)):
            offset = np.array([-factor * EXACT + more])
            found, kernel = ran(to_signs(at, weights.astype(np.int8), np.array([factor]), offset), image)
            assert kernel == PLAIN_LOOP
            assert found.tolist() == [[wanted]]


@pytest.mark.parametrize("threads", [1, 3])
def test_wide_layers(threads: int) -> None:
    """Every layer in the plain loop: with groups, holes, and signs of more than a word."""
    network = of_wide_int8(0)
    draw = np.random.default_rng(1)
    whole = draw.integers(-127, 128, (2, 4, 3, 300))
    with Engine(network, threads) as engine:
        found = engine.run(whole / 2)
        assert engine.kernels()[1] == engine.kernels()[4] == PLAIN_LOOP
    bits, parts = (network.header.groups[index] for index in (1, 4))
    sums = sums_of(Geometry(*bits.geometry), whole, network.blob(bits.weights[0]).reshape(1, -1, 70))
    factor, offset = (network.blob(index).astype(np.int64) for index in bits.steps[0].numbers)
    signs = np.where(factor * sums + offset < 0, -1, 1).max(axis=2).reshape(2, -1)
    np.testing.assert_array_equal(found[:, :140], signs)
    sums = sums_of(Geometry(*parts.geometry), whole, network.blob(parts.weights[0]).reshape(2, -1, 3))
    entry = parts.steps[0]
    assert entry.low is not None
    step = StepDraft("requantize", numbers=(network.blob(entry.numbers[0]).reshape(3, -1),), low=entry.low)
    wanted = (requantized_sums(sums, step).astype(np.float32) - np.float32(entry.low)) / 2
    assert len(np.unique(wanted)) > 10
    np.testing.assert_array_equal(found[:, 140:], wanted.reshape(2, -1))


@needs_onednn
def test_the_library_runs_layers_of_8_bits() -> None:
    at = window((9, 8, 3), 64, (3, 3))
    weights = np.ones((1, 27, 64), np.int8)
    network = of_int8(at, weights, 1.0, halved(64), StepDraft("store", RESULT))
    assert "oneDNN" in ran(network, np.ones((1, 9, 8, 3)), float_kernels="onednn")[1]
