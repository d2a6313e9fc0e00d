"""The XNOR GEMM core beside the float multiply-adds a core can do at most, and beside bnn-lab's kernel.

Products of random signs: rows x K bits times K bits x filters, weights in the order each kernel wants them in. Both
results are compared before anything is timed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bnn_designer.bench import native
from bnn_designer.bench.peer_bnn_lab import NAME as BNN_LAB
from bnn_designer.bench.peer_bnn_lab import find_library
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns
from bnn_designer.bench.rows import Contender, Missing, Row, Sample, Target
from bnn_designer.bench.targets import GEMM_BNN_LAB, GEMM_PEAK

WORD_BITS = 64
PEAK_MACS = 50_000_000  # about 1 ms, as long as the turns of the others


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

PEAK_GROUP, LAB_GROUP = "gemm, against the FMA peak", "gemm, against bnn-lab"


def measure(request: Request) -> Iterator[Row]:
    """Two rows a shape. One thread: the core has no threads of its own.

    Raises:
        BenchError: more threads are asked for, or a peer computes something else.
    """
    if request.threads != 1:
        raise BenchError("bench gemm: the core runs on one thread; its callers share the work. Use --threads 1.")
    peer = find_library()
    for shape in SHAPES:
        if request.wants(f"gemm {shape}"):
            yield from rows_of(shape, request, peer)


def rows_of(shape: Shape, request: Request, peer: ctypes.CDLL | Missing) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    row_words = shape.bits // WORD_BITS
    words = rng.integers(0, 2**64, (shape.rows, row_words), np.uint64)
    packed = rng.integers(0, 2**64, (row_words, shape.filters), np.uint64)
    isa, peak_isa = native.chosen_isa(), native.best_isa()
    ours = native.Product(isa, words, packed)
    # The peak does not depend on the shape: a fixed number of multiply-adds is timed, and scaled to the shape's.
    scale = shape.macs / PEAK_MACS
    turns: dict[str, Turn] = {
        "ours": native.turn_of(ours.run_ms),
        "peak": lambda: native.peak_ms(peak_isa, PEAK_MACS) * scale,
    }
    if not isinstance(peer, Missing):
        other = native.OtherProduct(peer.binary_gemm_u64, words, packed)
        turns["bnn-lab"] = native.turn_of(other.run_ms)
        ours.run_ms(1)
        other.run_ms(1)
        if not np.array_equal(ours.result(), other.y):
            raise BenchError(f"gemm {shape}: bnn-lab's kernel and ours give different products; one of them is wrong.")
    times = take_turns(turns, request.pace(seconds=2.0, most=1000))
    ours.close()

    def row(contender: Contender, target: Target, group: str) -> Row:
        mine = Sample.of(f"bnn-designer {isa}", times["ours"])
        rate = f"{shape.macs / mine.least / 1e6:.0f} GMAC/s"
        return Row(f"gemm {shape}", request.threads, mine, contender, target, group, rate)

    yield row(Sample.of(f"FMA peak {peak_isa}", times["peak"]), GEMM_PEAK, PEAK_GROUP)
    lab = peer if isinstance(peer, Missing) else Sample.of(BNN_LAB, times["bnn-lab"])
    yield row(lab, GEMM_BNN_LAB, LAB_GROUP)
