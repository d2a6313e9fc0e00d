"""The budget puzzle: the small network's layers within so much flash and RAM, and what each choice keeps.

How much accuracy a choice loses is not known without training it. What it keeps can be counted: the
multiply-accumulates of the three layers, how many of them are in full precision, and how many have a shortcut. A choice
is beaten by another one that fits and keeps at least as much of all three, and more of one. Those that none beats are
the front. It is found by trying all choices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

from bnn_designer.lessons.device_cost import latency, report
from bnn_designer.lessons.small_net import CHANNELS, SIZES, Layer, Layers, network

#: What the device leaves for the file, and for the memory of the tensors.
FLASH_BYTES, RAM_BYTES = 64 * 1024, 80 * 1024
#: Filters that a layer can have.
WIDTHS = (32, 128)
#: Names of what is kept, in the order of :attr:`Priced.kept`.
KEPT = ("MACs", "layers in full precision", "shortcuts")


@dataclass(frozen=True)
class Priced:
    """A choice of the three layers, with what it costs and keeps.

    Attributes:
        layers: the choice.
        file_bytes, arena_bytes: of the deployed program.
        latency: estimated, in words.
        largest: the operator with the most bytes in the file.
        peak: the operator at which most memory is in use.
    """

    layers: Layers
    file_bytes: int
    arena_bytes: int
    latency: str
    largest: str
    peak: str

    @property
    def fits(self) -> bool:
        return self.file_bytes <= FLASH_BYTES and self.arena_bytes <= RAM_BYTES

    @property
    def kept(self) -> tuple[int, int, int]:
        """Multiply-accumulates of the three 3x3 convolutions, layers in full precision, shortcuts."""
        floats = sum(layer.is_float for layer in self.layers)
        return macs(self.layers), floats, sum(layer.shortcut for layer in self.layers)


def macs(layers: Layers) -> int:
    """Multiply-accumulates of the three 3x3 convolutions for one image, whatever their precision."""
    inputs = (CHANNELS, *(layer.width for layer in layers))
    return sum(
        size**2 * 3 * 3 * channels * layer.width
        for size, channels, layer in zip(SIZES, inputs[:3], layers, strict=True)
    )


def code_of(layers: Layers) -> str:
    """A choice as browsers name and keep it: ``32b+ 128b- 128f-`` (binary or float, with a shortcut or none)."""
    return " ".join(
        f"{layer.width}{'f' if layer.is_float else 'b'}{'+' if layer.shortcut else '-'}" for layer in layers
    )


@cache
def codes() -> frozenset[str]:
    """The codes of all choices."""
    return frozenset(code_of(layers) for layers in _every_choice())


def _every_choice() -> tuple[Layers, ...]:
    one = [Layer(*values) for values in product(WIDTHS, (False, True), (False, True))]
    return tuple(product(one, one, one))


@cache
def every() -> tuple[Priced, ...]:
    """All choices, priced; takes a second or two when it is asked for the first time."""
    return tuple(_priced(layers) for layers in _every_choice())


def _priced(layers: Layers) -> Priced:
    found, deployed = report(network(layers))
    largest = max(found.program.operators, key=lambda op: sum(constant.size_bytes for constant in op.constants))
    return Priced(
        layers,
        deployed.file_bytes,
        deployed.arena_bytes,
        str(latency(deployed)),
        largest.name,
        deployed.timeline.peak.name,
    )


def beats(one: Priced, other: Priced) -> bool:
    """Whether ``one`` keeps at least as much of everything, and more of something."""
    pairs = list(zip(one.kept, other.kept, strict=True))
    return all(mine >= theirs for mine, theirs in pairs) and one.kept != other.kept


@cache
def front() -> tuple[Priced, ...]:
    """The choices that fit and that no other one that fits beats, most multiply-accumulates first."""
    fitting = [one for one in every() if one.fits]
    best = [one for one in fitting if not any(beats(other, one) for other in fitting)]
    return tuple(sorted(best, key=lambda one: one.kept, reverse=True))


def beaten_in(one: Priced) -> tuple[str, ...]:
    """What the first choice of the front that beats this one keeps more of; () where none beats it."""
    better = next((other for other in front() if beats(other, one)), None)
    if better is None:
        return ()
    return tuple(name for name, mine, theirs in zip(KEPT, one.kept, better.kept, strict=True) if theirs > mine)
