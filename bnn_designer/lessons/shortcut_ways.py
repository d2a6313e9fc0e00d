"""What a sign keeps of a trained filter's sums, and a network with shortcuts around none, two or each of its layers.

How much is known of a sum is the entropy of how often its values occur, in bits (Shannon 1948, "A Mathematical Theory
of Communication", section 6). The sign follows from the sum, so all that is known of the sign is kept of the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from bnn_designer.compare.dimensions import Choice, varied
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Block, Conv, GlobalPool, Head
from bnn_designer.lessons.folding import Norm, rule
from bnn_designer.lessons.layer_sums import FilterSums

RESULT = "shortcuts"
#: By the values of the dimension ``shortcuts``.
WAYS: dict[str, str] = {"none": "none", "two": "around every two layers", "one": "around every layer"}


def entropy_bits(counts: Sequence[int]) -> float:
    """The entropy of what occurred so often, in bits; 0 where only one thing did."""
    total = sum(counts)
    return sum(count / total * math.log2(total / count) for count in counts if count)


def sign_bits(sums: FilterSums, threshold: int) -> float:
    """What the sign keeps of a sum, in bits, if sums of at least ``threshold`` become +1."""
    plus = sum(count for place, count in enumerate(sums.counts) if sums.lowest + 2 * place >= threshold)
    return entropy_bits((plus, sum(sums.counts) - plus))


def trained_threshold(sums: FilterSums) -> int:
    """The least sum that the trained batch norm makes +1."""
    return rule(sums, Norm(1, sums.beta)).bound


@cache
def network(way: str) -> Design:
    """The network of the result ``shortcuts``, ``narrow-plain`` with them; raises KeyError for no such way."""
    title = WAYS[way]
    design = varied(_plain(), (Choice("shortcuts", way),)) if way != "none" else _plain()
    return design.model_copy(update={"name": f"narrow-plain, shortcuts {title}"})


def _plain() -> Design:
    norm = BatchNormOptions(momentum=0.99)
    blocks: list[Block] = [Conv(id="conv_1", filters=32, batch_norm=norm)]
    filters = (32, 32, 64, 64, 64, 64, 64, 128, 128, 128, 128, 128)
    for number, (before, after) in enumerate(zip((32, *filters[:-1]), filters, strict=True), start=1):
        strides = (2, 2) if after > before else (1, 1)
        blocks.append(BinaryConv(id=f"binary_conv_{number}", filters=after, strides=strides, batch_norm=norm))
    return Design(name="narrow-plain", blocks=(*blocks, GlobalPool(), Head()))
