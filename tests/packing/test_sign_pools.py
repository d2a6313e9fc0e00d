"""Pools of bits give the signs of pooled sums, whichever way the functions around them run."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.packing.drafts import Geometry, GroupDraft, StepDraft, affine
from bnn_designer.packing.sign_pools import opposite, packed_bits, pool_signs
from bnn_designer.packing.thresholds import outcome

N = 9  # products, so sums of -9 .. 9
slopes = st.sampled_from([-1.5, -1.0, -0.25, 0.0, 0.25, 1.0, 2.0])
offsets = st.sampled_from([-4.0, -1.0, -0.125, 0.0, 0.5, 3.0])


def pair(before: list[StepDraft], after: list[StepDraft], filters: int) -> tuple[GroupDraft, GroupDraft]:
    conv = GroupDraft("c", "", [], "binary_conv", Geometry(4, 4, N, 4, 4, filters), [("x", N)])
    conv.steps = [*before, StepDraft("store", "c")]
    pool = GroupDraft("p", "", [], "max_pool", Geometry(4, 4, filters, 2, 2, filters, 2, 2, 2, 2), [("c", filters)])
    pool.steps = [*after, StepDraft("sign", "p.sign")]
    pool_signs([conv, pool])
    return conv, pool


@given(st.data(), st.booleans(), st.booleans())
def test_bits_of_all_pairs_of_sums(data: st.DataObject, clamp_before: bool, clamp_after: bool) -> None:
    filters = 3

    def step() -> StepDraft:
        vector = st.lists(slopes, min_size=filters, max_size=filters)
        shift = st.lists(offsets, min_size=filters, max_size=filters)
        return affine(np.array(data.draw(vector)), np.array(data.draw(shift)))

    before = [step(), *([StepDraft("clamp", low=-2.0, high=2.0)] if clamp_before else [])]
    after = [*([StepDraft("clamp", low=0.0)] if clamp_after else []), step()]
    conv, pool = pair(before, after, filters)
    assert pool.source == "binary_max_pool"
    assert [one.kind for one in conv.steps] == ["threshold"]
    factor, offset = conv.steps[0].numbers
    flips = np.unpackbits(pool.weights[0].view(np.uint8), bitorder="little")[:filters].astype(bool)
    for first, second in itertools.product(range(-N, N + 1), repeat=2):
        sums = [np.full(filters, one) for one in (first, second)]
        bits = [factor * one + offset < 0 for one in sums]
        pooled = np.maximum(*(outcome(before, one) for one in sums))
        for one in after:
            pooled = outcome([one], pooled)
        np.testing.assert_array_equal((bits[0] & bits[1]) ^ flips, pooled < 0, f"{first} {second}")


def test_what_also_needs_the_sums_keeps_them() -> None:
    conv, pool = pair([], [StepDraft("prelu", numbers=(np.ones(3, np.float32),))], 3)
    assert (conv.steps[-1].kind, pool.source) == ("store", "max_pool")


def test_opposite_thresholds() -> None:
    factor, offset = opposite(np.array([1.0, -1.0, 1.0]), np.array([-3.0, 3.0, -3.0]), np.array([True, True, False]))
    for total in range(-9, 10):
        # not below 3; not above 3; below 3
        assert (factor * total + offset < 0).tolist() == [total >= 3, total <= 3, total < 3]


def test_bits_are_packed_from_the_lowest_up() -> None:
    bits = np.zeros(70, bool)
    bits[[0, 3, 64]] = True
    assert packed_bits(bits).tolist() == [1 + 8, 1]
