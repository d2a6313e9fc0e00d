"""The binary convolutions that are measured, 3x3 "same": from floats, from bits to bits, and six in a row."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request


@dataclass(frozen=True)
class Shape:
    """A 3x3 "same" convolution of `channels` to as many filters on a square image."""

    channels: int
    size: int
    batch: int

    @property
    def macs(self) -> int:
        """Multiply-adds of one forward pass."""
        return self.batch * self.size**2 * 3 * 3 * self.channels**2

    def __str__(self) -> str:
        return f"{self.channels}@{self.size}x{self.size} batch {self.batch}"


IMAGES = ((64, 56), (128, 32), (256, 14), (256, 16), (512, 7), (512, 8))
BATCHES = (1, 50)

#: Of the convolutions in a row, in which channels and pixels stay what they are.
CHAIN_IMAGES = ((64, 32), (128, 32), (256, 16), (512, 8))
CHAIN_LENGTH = 6

#: How the weights are given: as floats that change from call to call, as in training; the same floats again, as in
#: inference; in bits.
WEIGHTS = ("float", "kept", "packed")


def planned(_: Request) -> list[Planned[Shape]]:
    shapes = [Shape(channels, size, batch) for batch in BATCHES for channels, size in IMAGES]
    return [Planned(f"conv {shape}, weights {way}", shape, way) for shape in shapes for way in WEIGHTS]


def planned_packed(request: Request) -> list[Planned[Shape]]:
    """Of one image; the kernel behind the op has one thread."""
    ways = ("op", "kernel") if request.threads == 1 else ("op",)
    shapes = [Shape(channels, size, 1) for channels, size in IMAGES]
    return [Planned(f"conv {shape}, packed in and out, {way}", shape, way) for shape in shapes for way in ways]


def planned_chain(_: Request) -> list[Planned[Shape]]:
    shapes = [Shape(channels, size, 1) for channels, size in CHAIN_IMAGES]
    return [Planned(f"conv {shape}, chain of six", shape) for shape in shapes]
