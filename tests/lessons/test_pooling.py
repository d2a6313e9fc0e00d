"""Lesson 8: the layers in its file held to Keras, both orders to plain arithmetic, and what it says to its counts."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.advisor import advise
from bnn_designer.lessons import lesson_named
from bnn_designer.lessons.layer_sums import EPSILON
from bnn_designer.lessons.pool_layers import IMAGES, SUMS, Distribution, pool_layers
from bnn_designer.lessons.pooling import (
    KINDS,
    ORDERS,
    RESULT,
    SIZES,
    Kind,
    Order,
    Read,
    batch_norm_first,
    distribution,
    distributions,
    moments,
    pooled,
    read_by_sign,
)
from bnn_designer.results.catalogue import entry_of
from bnn_designer.units import percent_text

LAYERS = pool_layers()
#: Smooth ones, as photographs are: waves of another length for each color.
PICTURES = np.stack(
    [
        np.rint(127.5 + 127.5 * np.sin(np.indices((32, 32)).sum(0)[..., None] / ([3, 5, 9] * np.array(step))))
        for step in (1, 2, 3)
    ]
).astype(np.uint8)
LESSON = lesson_named("pooling")
assert LESSON is not None
SAID = LESSON.parts[0].after

MAP = np.array([[0, 2, 4, 6], [8, -2, 0, 2], [4, 4, -6, 0], [2, 0, 2, -4]])


def read(
    order: Order, index: int = 0, kind: Kind = "max", size: int = 2, gamma: float = 1.0, beta: float = 0.0
) -> Read:
    counts = LAYERS.filters[index].counts
    return read_by_sign(counts, counts, order, kind=kind, size=size, gamma=gamma, beta=beta)


# ---- pools and moments


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("max", 2, [[8, 6], [4, 2]]),
        ("min", 2, [[-2, 0], [0, -6]]),
        ("average", 2, [[0 + 2 + 8 - 2, 4 + 6 + 0 + 2], [4 + 4 + 2 + 0, -6 + 0 + 2 - 4]]),
        ("max", 3, [[8]]),  # a second window would stand over the edge
        ("average", 3, [[0 + 2 + 4 + 8 - 2 + 0 + 4 + 4 - 6]]),
    ],
)
def test_windows_stand_two_pixels_apart(kind: str, size: int, expected: list[list[int]]) -> None:
    assert pooled(MAP, kind, size).tolist() == expected


def test_a_distribution_and_its_moments() -> None:
    found = distribution([2, 2, 6, 6], 2)
    assert found == Distribution(2, (2, 0, 2), 2)
    assert [found.value(place) for place in range(3)] == [1, 2, 3]
    of = moments(found)
    assert (of.mean, of.variance, of.skewness) == (2, 1, 0)
    # 0, 0, 0, 4: mean 1, variance (3 * 1 + 9) / 4 = 3, third moment (3 * -1 + 27) / 4 = 6
    assert moments(distribution([0, 0, 0, 4])).skewness == pytest.approx(6 / 3**1.5)
    assert moments(distribution([4])).skewness == 0


# ---- both orders


def by_hand(
    maps: list[Any], measured: list[Any], order: Order, kind: Kind, size: int, gamma: float, beta: float
) -> Any:
    """Each value that the sign reads, by doing what the order says with every sum."""
    of = {"max": np.max, "average": np.mean}[kind]

    def pool(one: Any) -> Any:
        places = range(0, len(one) - size + 1, 2)
        return np.array([[of(one[y : y + size, x : x + size]) for x in places] for y in places])

    def norm(values: Any, of: list[Any]) -> Any:
        every = np.concatenate([one.ravel() for one in of])
        return gamma * (values - every.mean()) / math.sqrt(every.var() + EPSILON) + beta

    if order == "none":
        found = [norm(one, measured) for one in maps]
    elif order == "pool_first":
        found = [norm(pool(one), [pool(each) for each in measured]) for one in maps]
    else:
        found = [pool(norm(one, measured)) for one in maps]
    return np.sort(np.concatenate([one.ravel() for one in found]))


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(tuple(ORDERS)),
    st.sampled_from(KINDS),
    st.sampled_from(SIZES),
    st.sampled_from((-2.0, -0.3, 0.0, 0.7, 1.0)),
    st.sampled_from((-0.51, 0.13)),
)
def test_the_sign_reads_what_the_order_makes(
    seed: int, order: Order, kind: Kind, size: int, gamma: float, beta: float
) -> None:
    random = np.random.default_rng(seed)
    measured = [2 * random.integers(-9, 10, (5, 5)) for _ in range(3)]
    here = measured[:1]
    found = read_by_sign(
        distributions(measured), distributions(here), order, kind=kind, size=size, gamma=gamma, beta=beta
    )
    expected = by_hand(here, measured, order, kind, size, gamma, beta)
    values = np.sort(np.repeat([value for value, _ in found.values], [count for _, count in found.values]))
    assert values == pytest.approx(expected)
    assert found.mean == pytest.approx(expected.mean())
    assert found.deviation == pytest.approx(expected.std(), abs=1e-9)
    assert found.plus == np.mean(values >= 0)
    assert found.gradient == np.mean(np.abs(values) <= 1)


def test_with_the_same_numbers_in_the_batch_norm_both_orders_are_one_function() -> None:
    """And a lower beta gives the batch norm first the very share that the pool first has."""
    for index, one in enumerate(LAYERS.filters):
        none, pool = (moments(one.counts[name]) for name in ("none", "max 2"))
        beta = (none.mean - pool.mean) / math.sqrt(none.variance + EPSILON)
        assert beta < 0
        assert read("batch_norm_first", index, beta=beta).plus == read("pool_first", index).plus
        assert read("batch_norm_first", index).skewness == pytest.approx(read("pool_first", index).skewness)


# ---- the file


def test_the_layers_are_those_that_keras_runs() -> None:
    """In single precision, in which a sign next to 0 may turn out otherwise."""
    stem = keras.layers.Conv2D(32, 3, use_bias=False)
    norm = keras.layers.BatchNormalization(epsilon=EPSILON, scale=False)
    for layer, shape in ((stem, (None, 32, 32, 3)), (norm, (None, 30, 30, 32))):
        layer.build(shape)
    stem.set_weights([LAYERS.kernel])
    norm.set_weights([LAYERS.beta, LAYERS.mean, LAYERS.variance])
    images = PICTURES
    outputs = np.asarray(norm(stem(images.astype(np.float32) / 127.5 - 1), training=False))
    signs = np.stack([LAYERS.inputs(one) for one in PICTURES])
    clear = np.abs(outputs) > 1e-4
    assert clear.mean() > 0.999
    assert np.array_equal(signs[clear], np.where(outputs >= 0, 1, -1)[clear])
    second = keras.layers.Conv2D(len(LAYERS.filters), 3, padding="same", use_bias=False)
    second.build((None, 30, 30, 32))
    second.set_weights([np.stack([one.signs for one in LAYERS.filters], axis=-1).astype(np.float32)])
    expected = np.rint(np.asarray(second(signs.astype(np.float32)))).astype(int)
    for index, one in enumerate(LAYERS.filters):
        for picture, sums in zip(PICTURES, expected[..., index], strict=True):
            assert np.array_equal(LAYERS.sums(picture, one), sums)


def test_the_counts_are_of_all_images() -> None:
    for one in LAYERS.filters:
        assert set(one.counts) == set(distributions([MAP]))
        for pool, counts in one.counts.items():
            windows = SUMS if pool == "none" else (SUMS - int(pool[-1])) // 2 + 1
            assert sum(counts.counts) == IMAGES * windows**2
        totals = [moments(one.counts[pool]).mean for pool in ("min 2", "none", "average 2", "max 2")]
        assert totals[0] < totals[1] == pytest.approx(totals[2])  # the 2 x 2 windows are all sums, each once
        assert totals[2] < totals[3]


# ---- what the lesson says


def test_the_question() -> None:
    fresh = LAYERS.fresh["batch_norm_first"]
    assert percent_text(fresh.plus) in LESSON.question.why
    assert f"{100 * fresh.least:.1f} to {percent_text(fresh.most)}" in LESSON.question.why
    assert LESSON.question.choices[LESSON.question.right] == "About four fifths"
    assert fresh.plus == pytest.approx(4 / 5, abs=0.02)
    for index in range(len(LAYERS.filters)):
        assert read("none", index).plus == pytest.approx(0.5, abs=0.02)


def test_what_is_said_of_the_filter_that_is_skewed_most() -> None:
    two, three = (read("batch_norm_first", -1, size=size) for size in SIZES)
    assert f"Filter {LAYERS.filters[-1].number} has" in SAID
    assert f"turns {percent_text(two.plus)} into +1, and the sign keeps {two.bits:.2f} of a bit" in SAID
    assert f"{percent_text(three.plus)} and {three.bits:.2f} bits" in SAID
    pool = [read("pool_first", -1, size=size) for size in SIZES]
    assert [round(100 * one.plus) for one in pool] == [45, 46]
    assert "45 to 46 %" in SAID
    assert min(one.bits for one in pool) > 0.99
    assert two.plus == pytest.approx(LAYERS.fresh["batch_norm_first"].most, abs=5e-5)


def test_what_is_said_of_the_trained_networks() -> None:
    norm, pool = LAYERS.trained["batch_norm_first"], LAYERS.trained["pool_first"]
    assert f"{norm.betas_below} of the 32 betas ended below 0, and {100 * norm.plus:.0f} %" in SAID
    assert f"by filter {100 * norm.least:.0f} to {100 * norm.most:.0f} %" in SAID
    assert f"With the pool first it is {100 * pool.plus:.0f} %" in SAID
    assert f"by filter {100 * pool.least:.0f} to {100 * pool.most:.0f} %" in SAID
    assert f"about as much: {norm.bits:.2f} and {pool.bits:.2f} bits" in SAID
    assert pool.betas_below > 16
    below = sum(one.beta < 0 for one in LAYERS.filters)
    assert below <= pool.betas_below


def test_it_ends_in_the_network_that_its_result_trains_and_the_advice_turns_it_round() -> None:
    sweep = entry_of(RESULT).sweep()
    assert batch_norm_first().blocks == sweep.design_of(sweep.variants[1]).blocks
    found = [one for one in advise(batch_norm_first()) if one.block_id.startswith("pool_bn")]
    fixes = [fix.label for one in found for fix in (one.fix, *one.choices) if fix is not None]
    assert fixes.count("Put the pool first") == 3
