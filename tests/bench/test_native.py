"""The timed GEMMs compute what they should, and the loops run."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable

import numpy as np
import pytest

from bnn_designer.bench import native
from bnn_designer.bench.request import BenchError


def signs(words: np.ndarray) -> np.ndarray:
    """+1 and -1 of every bit, from words [n, words]."""
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")
    return 1.0 - 2.0 * bits


@pytest.mark.parametrize(("rows", "row_words", "filters"), [(1, 1, 1), (7, 3, 9), (130, 18, 65)])
def test_the_gemm_is_that_of_the_signs(rows: int, row_words: int, filters: int) -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 2**64, (rows, row_words), np.uint64)
    packed = rng.integers(0, 2**64, (row_words, filters), np.uint64)
    gemm = native.Gemm(native.chosen_isa(), words, packed)
    assert gemm.run_ms(1) > 0
    np.testing.assert_array_equal(gemm.result(), signs(words) @ signs(packed.T).T)
    gemm.close()


def test_an_instruction_set_that_is_not_there_is_refused() -> None:
    words = np.zeros((1, 1), np.uint64)
    with pytest.raises(BenchError, match="sse9"):
        native.Gemm("sse9", words, words)


def test_another_library_is_called_with_its_layout_as_often_as_asked() -> None:
    calls: list[tuple[int, ...]] = []
    pointer, integer = ctypes.POINTER(ctypes.c_uint64), ctypes.c_int

    @ctypes.CFUNCTYPE(None, pointer, pointer, ctypes.POINTER(ctypes.c_float), integer, integer, integer, integer)
    def product(a, kernel, y, rows, filters, row_words, products):
        calls.append((rows, filters, row_words, products))
        y[0] = float(kernel[row_words])  # the first word of the second filter

    packed = np.arange(6, dtype=np.uint64).reshape(3, 2)  # [row_words, filters]
    other = native.OtherGemm(product, np.zeros((4, 3), np.uint64), packed)
    assert other.run_ms(2) > 0
    assert calls == [(4, 2, 3, 3 * 64)] * 2
    assert other.y[0, 0] == packed[0, 1]


def test_the_peak_loop_runs_on_the_set_with_the_widest_registers() -> None:
    assert native.peak_ms(native.widest_isa(), 1_000_000) > 0
    assert native.peak_ms("sse9", 1_000_000) == -1


def test_the_widest_registers_need_not_be_those_of_the_best_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of several as wide, as they are sorted by what our kernels make of them."""
    macs = {"portable": 48, "narrow": 96, "wide": 192, "as wide": 192}

    class Sets:
        @staticmethod
        def bnn_bench_peak_macs(isa: bytes) -> int:
            return macs[isa.decode()]

    monkeypatch.setattr(native, "library", Sets)
    monkeypatch.setattr(native, "available_isas", lambda _: ("narrow", "wide", "as wide", "portable"))
    assert native.widest_isa() == "wide"


def test_arrays_begin_on_a_cache_line() -> None:
    array = np.arange(1000, dtype=np.float32).reshape(10, 100)
    copy = native.aligned(array)
    assert copy.ctypes.data % 64 == 0
    np.testing.assert_array_equal(copy, array)


def test_a_turn_is_ms_a_run_of_as_many_runs_as_last_long_enough() -> None:
    runs: list[int] = []

    def run_ms(repeats: int) -> float:
        runs.append(repeats)
        return 0.25 * repeats

    turn = native.turn_of(run_ms, turn_ms=1.0)
    assert turn() == 0.25
    assert runs == [1, 1, 4]


def test_runs_together_begin_at_once_and_the_slowest_counts() -> None:
    meeting = threading.Barrier(3)

    def run_of(name: int) -> Callable[[int], float]:
        def run_ms(repeats: int) -> float:
            meeting.wait(timeout=10)  # breaks if they ran one after another
            return float(name * repeats)

        return run_ms

    assert native.together([run_of(1), run_of(7), run_of(2)])(3) == 7 * 3


def test_one_run_alone_needs_no_thread() -> None:
    def run_ms(repeats: int) -> float:
        return float(repeats)

    assert native.together([run_ms]) is run_ms
