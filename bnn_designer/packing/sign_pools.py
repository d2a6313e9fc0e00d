"""A max pool between a binary convolution and a sign becomes a pool of bits, whatever batch norm stands around it.

Let s be the convolution's sums under a window, f the steps before the pool and g those after it, all monotone, and
h = g(f(.)). The next layer reads the sign of g(max f(s)). Where f rises, that is h(max s), else h(min s); and whether
h < 0 is one comparison of s with a threshold, the bit b(s). So with "rising" h, below zero for small s:

===========  =========  ==========================================  =======
f            h          bit of the pooled value                     is
===========  =========  ==========================================  =======
rises        rises      max s is below the threshold: all are        and
rises        falls      max s is above it: some is                   or
falls        rises      min s is below it: some is                   or
falls        falls      min s is above it: all are                   and
===========  =========  ==========================================  =======

An "or" is an "and" of opposite bits, turned round: the convolution writes the opposite bits of these channels, and the
pool flips what it has found. Sums then never leave the L1 cache as floats.
"""

from __future__ import annotations

import numpy as np

from bnn_designer.packing.drafts import READING_STEPS, RESULT, WORD_BITS, Array, GroupDraft, StepDraft, word_count
from bnn_designer.packing.thresholds import FloatArray, all_monotone, outcome, threshold


def pool_signs(groups: list[GroupDraft]) -> None:
    """Changes such pairs of groups in place."""
    readers: dict[str, list[GroupDraft]] = {}
    for group in groups:
        for name in group.reads():
            readers.setdefault(name, []).append(group)
    for conv in groups:
        if conv.source != "binary_conv" or not conv.steps or conv.steps[-1].kind != "store":
            continue
        tensor = conv.steps[-1].tensor
        if not tensor or tensor == RESULT or len(readers.get(tensor, [])) != 1:
            continue
        (pool,) = readers[tensor]
        before, after = conv.steps[:-1], pool.steps[:-1]
        reads = any(step.kind in READING_STEPS for step in pool.steps)
        if pool.source != "max_pool" or reads or pool.steps[-1].kind != "sign":
            continue
        if all_monotone(before) and all_monotone(after):
            _pool_bits(conv, pool, before, after)


def _pool_bits(conv: GroupDraft, pool: GroupDraft, before: list[StepDraft], after: list[StepDraft]) -> None:
    products, filters = conv.geometry.products, conv.geometry.out_channels
    factor, offset = threshold([*before, *after], products, filters)
    edges = [outcome(before, np.full(filters, edge)) for edge in (-products, products)]
    f_rises = edges[0] <= edges[1]
    turned = (f_rises != (factor > 0)) & (factor != 0)
    numbers = opposite(factor, offset, turned)
    conv.steps = [StepDraft("threshold", conv.steps[-1].tensor, numbers)]
    pool.source = "binary_max_pool"
    pool.weights = (packed_bits(turned),)
    pool.steps = [pool.steps[-1]]


def opposite(factor: FloatArray, offset: FloatArray, turned: Array) -> tuple[FloatArray, FloatArray]:
    """Thresholds with opposite bits where ``turned``: s < t becomes s > t - 1, and s > t becomes s < t + 1."""
    return np.where(turned, -factor, factor), np.where(turned, -offset - 1, offset)


def packed_bits(bits: Array) -> Array:
    """One bit a channel, in words."""
    filled = np.zeros(word_count(len(bits)) * WORD_BITS, bool)
    filled[: len(bits)] = bits
    return np.packbits(filled, bitorder="little").view("<u8")
