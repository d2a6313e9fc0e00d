"""The float convolutions of the engine that are measured, "same" padding."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request


@dataclass(frozen=True)
class Shape:
    """A "same" convolution with a square kernel on a square image."""

    size: int
    channels: int
    filters: int
    kernel: int
    stride: int

    def __str__(self) -> str:
        return (
            f"{self.kernel}x{self.kernel} /{self.stride}, {self.channels} to {self.filters} at {self.size}x{self.size}"
        )


SHAPES = (
    Shape(224, 3, 64, 7, 2),  # bi-real-net
    Shape(224, 3, 96, 11, 4),  # binary-alexnet
    Shape(224, 3, 16, 3, 2),  # quicknet
    Shape(32, 3, 128, 3, 1),  # binarynet
    Shape(112, 8, 8, 3, 2),
    Shape(56, 64, 64, 3, 1),
    Shape(14, 256, 256, 3, 1),
    Shape(56, 16, 64, 1, 1),  # quicknet
    Shape(56, 64, 128, 1, 1),
    Shape(28, 64, 128, 1, 1),
    Shape(28, 128, 256, 1, 1),
    Shape(14, 128, 256, 1, 1),
    Shape(7, 256, 512, 1, 1),
)


def planned(_: Request) -> list[Planned[Shape]]:
    return [Planned(f"float conv {shape}", shape) for shape in SHAPES]
