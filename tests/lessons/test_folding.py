"""The threshold of lesson 5, held to the packer's and to Keras; and where the deployed program has one."""

from __future__ import annotations

from itertools import product

import keras
import numpy as np
import pytest

from bnn_designer.advisor import advise
from bnn_designer.lessons import lesson_named
from bnn_designer.lessons.folding import (
    CHANNELS,
    NEIGHBOURS,
    Norm,
    Rule,
    is_folded,
    normalized,
    operators,
    rule,
    share_of_plus,
    share_with_gradient,
    without_batch_norm,
)
from bnn_designer.lessons.layer_sums import (
    EPSILON,
    FILTERS,
    NORMALIZED_WITHIN_ONE,
    PRODUCTS,
    SUMS_WITHIN_ONE,
    FilterSums,
)
from bnn_designer.packing.drafts import StepDraft
from bnn_designer.packing.thresholds import threshold
from bnn_designer.results.catalogue import entry_of

#: Mean 4, deviation 2: y(s) = gamma (s - 4) / 2 + beta.
SIMPLE = FilterSums(0, 4.0, 4.0 - EPSILON, 0.0, 2, (1, 2, 3, 4))
GRID = list(product((-2.0, -0.7, -0.1, 0.1, 1.0, 2.0), (-2.0, -0.66, 0.13, 1.99)))
LESSON = lesson_named("batch-norm")
assert LESSON is not None


@pytest.mark.parametrize(
    ("gamma", "beta", "expected"),
    [
        (1, 0, Rule("at least", 4)),
        (1, 1, Rule("at least", 2)),  # s >= 4 - 2 * 1
        (1, 0.5, Rule("at least", 4)),  # s >= 3, and sums are even
        (0.5, 1, Rule("at least", 0)),  # s >= 4 - 2 * 1 / 0.5
        (-1, 0.5, Rule("at most", 4)),  # s <= 5
        (0, 0.1, Rule("all", 0)),
        (0, -0.1, Rule("none", 0)),
        (0.01, 2, Rule("all", 0)),  # s >= 4 - 400
        (-0.01, 2, Rule("all", 0)),  # s <= 404
    ],
)
def test_gamma_and_beta_move_the_threshold(gamma: float, beta: float, expected: Rule) -> None:
    assert rule(SIMPLE, Norm(gamma, beta)) == expected


def test_without_a_batch_norm_zero_divides_the_sums() -> None:
    assert rule(SIMPLE, Norm(-2, 1, there=False)) == Rule("at least", 0)


def test_shares_are_of_the_sums_that_occurred() -> None:
    # sums 2, 4, 6, 8 occurred 1, 2, 3, 4 times; y is -1, 0, 1, 2
    assert share_of_plus(SIMPLE, Norm(1, 0)) == (2 + 3 + 4) / 10
    assert share_with_gradient(SIMPLE, Norm(1, 0)) == (1 + 2 + 3) / 10
    assert share_with_gradient(SIMPLE, Norm(1, 0, there=False)) == 0
    assert share_of_plus(SIMPLE, Norm(1, 0, there=False)) == 1


@pytest.mark.parametrize("sums", FILTERS, ids=lambda one: str(one.number))
def test_the_comparison_is_that_of_the_packed_network(sums: FilterSums) -> None:
    every = np.arange(-PRODUCTS, PRODUCTS + 1, 2)
    scale = 1 / np.sqrt(np.float32(sums.variance + EPSILON))
    for gamma, beta in [*GRID, (1.0, sums.beta)]:
        factor = np.float32([gamma * scale])
        offset = np.float32([beta - sums.mean * gamma * scale])
        sign, at = threshold([StepDraft("affine", None, (factor, offset))], PRODUCTS, 1)
        packed = sign[0] * every + at[0] >= 0
        found = rule(sums, Norm(gamma, beta))
        own = {"at least": every >= found.bound, "at most": every <= found.bound}
        everywhere = np.full(len(every), found.side == "all")
        assert np.array_equal(packed, own.get(found.side, everywhere)), (gamma, beta)


def test_the_curve_is_that_of_keras() -> None:
    sums = FILTERS[0]
    norm = keras.layers.BatchNormalization(epsilon=EPSILON)
    norm.build((None, 1))
    every = np.arange(-PRODUCTS, PRODUCTS + 1, 2, dtype=np.float32)[:, None]
    for gamma, beta in GRID[::5]:
        norm.set_weights([np.float32([one]) for one in (gamma, beta, sums.mean, sums.variance)])
        wanted = np.asarray(norm(every, training=False))[:, 0]
        assert [normalized(sums, Norm(gamma, beta), int(sum_)) for sum_ in every[:, 0]] == pytest.approx(
            wanted.tolist(), abs=1e-4
        )


def test_the_histograms_are_of_500_images_at_225_places() -> None:
    for sums in FILTERS:
        assert sum(sums.counts) == 500 * 15 * 15
        assert sums.lowest % 2 == 0
        mean = sum(count * (sums.lowest + 2 * place) for place, count in enumerate(sums.counts)) / sum(sums.counts)
        # other images than those that the batch norm remembers
        assert mean == pytest.approx(sums.mean, abs=0.2 * sums.variance**0.5)


def test_what_the_lesson_says_of_the_gradient() -> None:
    text = LESSON.parts[0].after
    assert f"{100 * SUMS_WITHIN_ONE:.1f} %" in text
    assert f"{100 * NORMALIZED_WITHIN_ONE:.0f} %" in text
    for sums in FILTERS:
        assert share_with_gradient(sums, Norm(1, 0, there=False)) < 0.05
        assert share_with_gradient(sums, Norm(1, sums.beta)) > 0.4
    plus = [share_of_plus(sums, Norm(1, 0, there=False)) for sums in FILTERS]
    assert max(plus) > 0.85
    assert min(plus) < 0.15


def test_the_layer_writes_bits_where_it_has_a_threshold_alone() -> None:
    folded = {name for name in NEIGHBOURS if is_folded(name)}
    assert folded == {"plain", "batch_norm_first"}
    for name in NEIGHBOURS:
        layer = operators(name)[0]
        assert layer.kind == "LceBconv2d"
        assert layer.constants == (("threshold",) if name in folded else ("multiplier", "bias"))
        assert layer.written_bytes == 16 * 16 * CHANNELS * (1 if name in folded else 32) // 8
    kinds = {name: [one.kind for one in operators(name)[1:]] for name in NEIGHBOURS}
    assert kinds == {
        "plain": [],
        "shortcut": ["ADD", "LceQuantize"],
        "zeros": ["LceQuantize"],
        "pool_first": ["MAX_POOL_2D", "MUL", "ADD", "LceQuantize"],
        "batch_norm_first": ["LceBMaxPool2d"],
    }


def test_the_lesson_ends_in_the_network_that_its_result_trains() -> None:
    sweep = entry_of("batch-norm").sweep()
    assert without_batch_norm().blocks == sweep.design_of(sweep.variants[1]).blocks


def test_the_advice_names_what_is_missing_in_it_and_mends_it() -> None:
    findings = [one for one in advise(without_batch_norm()) if "No batch norm follows" in one.message]
    assert findings
    assert all(one.fix for one in findings)
