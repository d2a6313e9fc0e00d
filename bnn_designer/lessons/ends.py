"""The first and the last layer in three precisions: what is published, what was trained here, what each pair costs.

The network is BinaryNet with a quarter of its filters, which the result ``first-last-narrow`` trained with both layers
alike. Costs are the cost model's; where no run of a pair exists, its accuracy is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from bnn_designer.compare import network_key
from bnn_designer.compare.dimensions import Choice, varied
from bnn_designer.compare.trained import Spread
from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.lessons import published_ends as published
from bnn_designer.results.catalogue import entry_of, kept_result
from bnn_designer.results.kept import KeptResult
from bnn_designer.units import bytes_text, signed_text

#: The three precisions, in the order of the result's variants, by the values of the dimension ``first-last``.
PRECISIONS: dict[str, str] = {
    "float": "full precision",
    "bwn": "binary weights",
    "binary": "binary weights and inputs",
}
#: Published validation accuracies after each epoch, 0 to 1.
PUBLISHED: dict[str, tuple[float, ...]] = {
    name: tuple(percent / 100 for percent in curve)
    for name, curve in zip(PRECISIONS, (published.FLOAT, published.BINARY_WEIGHTS, published.BINARY), strict=True)
}
RESULT = "first-last-narrow"
FIRST, LAST = "binary_conv_1", "binary_dense_3"


@dataclass(frozen=True)
class Pair:
    """A precision of the first layer and one of the last, and what the network then costs.

    Attributes:
        first, last: names in :data:`PRECISIONS`.
        weight_bytes: all weights, each in the bits that it needs (Larq's convention).
        file_bytes: the file that Larq Compute Engine gets.
        arena_bytes: the memory while it runs.
        binary_macs, float_macs: multiply-accumulates of the deployed program, of one image.
    """

    first: str
    last: str
    weight_bytes: int
    file_bytes: int
    arena_bytes: int
    binary_macs: int
    float_macs: int

    @property
    def says(self) -> str:
        """What it saves against both layers in full precision."""
        plain = pairs()[0]
        if self == plain:
            return "This is what the others are compared with."
        weights, file, arena = (
            signed_text(getattr(self, name) - getattr(plain, name), bytes_text)
            for name in ("weight_bytes", "file_bytes", "arena_bytes")
        )
        return f"Against both in full precision: weights {weights}, file {file}, memory while it runs {arena}."


def network(first: str, last: str) -> Design:
    """The narrow BinaryNet with its first and last layer in these precisions."""
    ends = {FIRST: _ends(first).find(FIRST), LAST: _ends(last).find(LAST)}
    blocks = tuple(ends.get(block.id, block) for block in _ends("float").blocks)
    return Design(name=f"narrow-binarynet, ends {first} and {last}", blocks=blocks)


@cache
def _ends(precision: str) -> Design:
    return varied(preset("binarynet"), (Choice("width", "0.25"), Choice("first-last", precision)))


@cache
def pairs() -> tuple[Pair, ...]:
    """All nine, the first layer slowest."""
    return tuple(_pair(first, last) for first, last in product(PRECISIONS, repeat=2))


def pair_of(design: Design) -> tuple[str, str] | None:
    """The precisions of the first and the last layer of a network that is this one but for them; None of any other.

    Names, and ids of blocks, do not count.
    """
    return _names_by_network().get(network_key(design))


@cache
def _names_by_network() -> dict[str, tuple[str, str]]:
    return {network_key(network(first, last)): (first, last) for first, last in product(PRECISIONS, repeat=2)}


def _pair(first: str, last: str) -> Pair:
    report = cost(network(first, last))
    deployed = report.deployed
    assert isinstance(deployed, DeployedCost)  # all nine run on LCE
    return Pair(
        first,
        last,
        report.memory_bytes,
        deployed.file_bytes,
        deployed.arena_bytes,
        deployed.binary_macs,
        deployed.float_macs,
    )


def trained() -> KeptResult | None:
    """The runs that come with the program; None where it was installed without them.

    Raises:
        ResultError: their file cannot be read.
    """
    return kept_result(entry_of(RESULT))


def curve(kept: KeptResult, precision: str) -> tuple[Spread, ...]:
    """Validation accuracy after each epoch over the runs of a precision, as far as all of them went; () for no run."""
    variant = list(PRECISIONS).index(precision)
    last = min((run.epochs[-1].epoch for run in kept.of_variant(variant)), default=0)
    found = (kept.at(variant, epoch) for epoch in range(1, last + 1))
    return tuple(one for one in found if one is not None)


def best(kept: KeptResult | None, pair: Pair) -> Spread | None:
    """The best accuracy of a pair's runs; None: there is no run, as of all pairs whose layers differ."""
    if kept is None or pair.first != pair.last:
        return None
    return kept.best(list(PRECISIONS).index(pair.first))


def best_until(accuracies: Sequence[float], epoch: int) -> float:
    """The best of the first epochs; epochs count from 1."""
    return max(accuracies[:epoch])
