"""The XNOR GEMM core beside the float multiply-adds a core can do at most, and beside bnn-lab's kernel.

GEMMs of random signs: rows x K bits times K bits x filters, weights in the order each kernel wants them in. Both
results are compared before anything is timed. The core has no threads of its own, its callers share the work: so with
more threads each has a GEMM of its own, and all run at once, ours and the peers'.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import numpy as np

from bnn_designer.bench import native
from bnn_designer.bench.cases.gemm import Shape, planned
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.peer_bnn_lab import NAME as BNN_LAB
from bnn_designer.bench.peer_bnn_lab import find_library
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns
from bnn_designer.bench.rows import Contender, Missing, Row, Sample, Target
from bnn_designer.bench.targets import GEMM_BNN_LAB, GEMM_PEAK

WORD_BITS = 64
PEAK_MACS = 50_000_000  # about 1 ms, as long as the turns of the others

PEAK_GROUP, LAB_GROUP = "gemm, against the FMA peak", "gemm, against bnn-lab"


def measure(request: Request) -> Iterator[Row]:
    """Two rows a shape.

    Raises:
        BenchError: a peer computes something else.
    """
    peer = find_library()
    for shape, texts in wanted(request, planned(request)).items():
        yield from rows_of(shape, texts[""], request, peer)


def rows_of(shape: Shape, text: str, request: Request, peer: ctypes.CDLL | Missing) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    row_words = shape.bits // WORD_BITS
    words = rng.integers(0, 2**64, (shape.rows, row_words), np.uint64)
    packed = rng.integers(0, 2**64, (row_words, shape.filters), np.uint64)
    isa, peak_isa = native.chosen_isa(), native.widest_isa()
    ours = [native.Gemm(isa, words, packed) for _ in range(request.threads)]
    # The peak does not depend on the shape: a fixed number of multiply-adds is timed, and scaled to the shape's.
    peak = native.together([lambda runs: native.peak_ms(peak_isa, runs * PEAK_MACS)] * request.threads)
    scale = shape.macs / PEAK_MACS
    # Threads do not begin in the same microsecond; turns are long beside that.
    turn_ms = 1.0 if request.threads == 1 else 5.0
    peak_turn = native.turn_of(peak, turn_ms)
    turns: dict[str, Turn] = {
        "ours": native.turn_of(native.together([gemm.run_ms for gemm in ours]), turn_ms),
        "peak": lambda: peak_turn() * scale,
    }
    if not isinstance(peer, Missing):
        others = [native.OtherGemm(peer.binary_gemm_u64, words, packed) for _ in range(request.threads)]
        turns["bnn-lab"] = native.turn_of(native.together([other.run_ms for other in others]), turn_ms)
        expect_equal(shape, ours, others)
    times = take_turns(turns, request.pace(seconds=2.0, most=1000))
    for gemm in ours:
        gemm.close()

    def row(contender: Contender, target: Target, group: str) -> Row:
        mine = Sample.of(f"bnn-designer {isa}", times["ours"])
        rate = mine.speed_text(request.threads * shape.macs)
        return Row(text, request.threads, mine, contender, target, group, rate)

    yield row(Sample.of(f"FMA peak {peak_isa}", times["peak"]), GEMM_PEAK, PEAK_GROUP)
    lab = peer if isinstance(peer, Missing) else Sample.of(BNN_LAB, times["bnn-lab"])
    yield row(lab, GEMM_BNN_LAB, LAB_GROUP)


def expect_equal(shape: Shape, ours: list[native.Gemm], others: list[native.OtherGemm]) -> None:
    """Both results of every thread are the same.

    Raises:
        BenchError: they differ.
    """
    for gemm, other in zip(ours, others, strict=True):
        gemm.run_ms(1)
        other.run_ms(1)
        if not np.array_equal(gemm.result(), other.y):
            raise BenchError(f"gemm {shape}: bnn-lab's kernel and ours give different sums; one of them is wrong.")
