"""What each way past a change of shape costs, as arithmetic of C channels and an image of S x S."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from bnn_designer.cost import cost
from bnn_designer.lessons import lesson_named
from bnn_designer.lessons.shape_change import SIZES, WAYS, change, network

every = pytest.mark.parametrize(("way", "channels"), list(product(WAYS, SIZES)))
LESSON = lesson_named("shape-change")
assert LESSON is not None


@every
def test_each_way_leads_to_half_the_image_and_twice_the_channels(way: str, channels: int) -> None:
    size = SIZES[channels]
    assert change(way, channels).parts[-1].shape == (size // 2, size // 2, 2 * channels)
    assert cost(network(way, channels)).graph.layers[-1].output.shape == (10,)


@every
def test_multiply_accumulates(way: str, channels: int) -> None:
    pixels = (SIZES[channels] // 2) ** 2
    filters = channels if way == "concatenate" else 2 * channels
    found = change(way, channels)
    assert found.binary_macs == pixels * 3 * 3 * channels * filters
    assert found.float_macs == (pixels * channels * 2 * channels if "pointwise" in way else 0)
    assert found.ops == found.binary_macs / 64 + found.float_macs


@every
def test_weights(way: str, channels: int) -> None:
    """The kernel in bits; a threshold, or a multiplier and a bias, for each filter; the float kernel and its biases."""
    filters = channels if way == "concatenate" else 2 * channels
    numbers = 1 if way == "none" else 2
    binary = 3 * 3 * channels * filters // 8 + numbers * 4 * filters
    pointwise = 4 * (channels * 2 * channels + 2 * channels) if "pointwise" in way else 0
    assert change(way, channels).weight_bytes == binary + pointwise


@every
def test_memory_is_what_is_alive_at_once(way: str, channels: int) -> None:
    before, behind = 4 * SIZES[channels] ** 2 * channels, 4 * (SIZES[channels] // 2) ** 2 * 2 * channels
    more = {
        "none": before // 32,  # signs, beside the floats that they are of
        "concatenate": behind // 2 + before // 32,  # the pooled channels are kept for the concatenation
        "pointwise": behind + behind // 2,  # the convolution's output, and the pixels that its stride picks out
    }
    # or its output and the means; or all channels twice and the means
    assert change(way, channels).memory_bytes == before + more.get(way, behind + behind // 2)


def test_the_question_is_answered_by_the_cost_model() -> None:
    pointwise = next(part for part in change("pointwise", 64).parts if part.kind == "CONV_2D")
    layer = next(part for part in change("pointwise", 64).parts if part.is_binary)
    kernels = 64 * 128 * 4, 3 * 3 * 64 * 128 // 8
    assert kernels[0] / kernels[1] == pytest.approx(32 / 9)
    assert pointwise.macs / (layer.macs / 64) == pytest.approx(64 / 9)
    assert "32 / 9 = 3.56" in LESSON.question.why
    assert "64 / 9 = 7.1" in LESSON.question.why


def test_what_the_lesson_says_of_the_slider() -> None:
    for way in WAYS:
        ones = [change(way, channels) for channels in SIZES]
        assert len({one.ops for one in ones}) == 1
        assert ones[0].memory_bytes > ones[1].memory_bytes > ones[2].memory_bytes > ones[3].memory_bytes
        kernels = [sum(part.weight_bytes for part in one.parts) for one in ones]
        assert all(3.5 < b / a <= 4 for a, b in pairwise(kernels))


def test_what_the_lesson_says_of_its_network() -> None:
    pooled, twice = (cost(network(way, 64)) for way in ("average_pool_pointwise", "average_pool_duplicate"))
    assert LESSON.design() == network("average_pool_pointwise", 64)
    assert "33.0 KiB" in LESSON.design_says
    # the kernel, and a batch norm that counts two numbers a channel
    assert pooled.memory_bytes - twice.memory_bytes == 33 * 1024 == 4 * (64 * 128 + 2 * 128)
    assert pooled.larq.macs_by_bits[32] - twice.larq.macs_by_bits[32] == 8 * 8 * 64 * 128
    assert list(WAYS).index("average_pool_pointwise") == 2
