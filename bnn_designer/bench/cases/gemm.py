"""The GEMMs that are measured."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request


@dataclass(frozen=True)
class Shape:
    """rows x bits x filters; bits is a multiple of 64."""

    rows: int
    bits: int
    filters: int

    @property
    def macs(self) -> int:
        return self.rows * self.bits * self.filters

    def __str__(self) -> str:
        return f"{self.rows}x{self.bits}x{self.filters}"


#: 3x3 convolutions of 128, 256 and 512 channels: K = 9 x channels; some to all pixels of a small image.
SHAPES = (Shape(128, 1152, 128), Shape(1024, 1152, 128), Shape(256, 2304, 256), Shape(512, 4608, 512))


def planned(_: Request) -> list[Planned[Shape]]:
    return [Planned(f"gemm {shape}", shape) for shape in SHAPES]
