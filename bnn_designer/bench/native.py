"""The timing part of the kernels' C interface (csrc/abi/bench.cc), without TensorFlow."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.bench.request import BenchError
from bnn_designer.bench.rounds import Turn
from bnn_designer.kernels.builder import build_kernels
from bnn_designer.kernels.library import available_isas

Words = npt.NDArray[np.uint64]
PackedTensor = npt.NDArray[np.int64]

_CACHE_LINE_BYTES = 64


@cache
def library() -> ctypes.CDLL:
    """The kernels' library, built at first use.

    Raises:
        KernelBuildError: it cannot be built here.
    """
    native = ctypes.CDLL(str(build_kernels()))
    for name in ("bnn_chosen_isa", "bnn_choice_error"):
        getattr(native, name).restype = ctypes.c_char_p
    for name in (f"bnn_bench_{what}_ms" for what in ("peak", "product", "other_product", "conv")):
        getattr(native, name).restype = ctypes.c_double
    native.bnn_bench_peak_macs.restype = ctypes.c_int64
    native.bnn_bench_product_new.restype = native.bnn_bench_conv_new.restype = ctypes.c_void_p
    return native


def chosen_isa() -> str:
    """The instruction set that our kernels run on here.

    Raises:
        BenchError: BNN_KERNELS names one that cannot run here.
        KernelBuildError: the kernels cannot be built.
    """
    chosen: bytes | None = library().bnn_chosen_isa()
    if chosen is None:
        raise BenchError(library().bnn_choice_error().decode())
    return chosen.decode()


def expect_isa(name: str) -> None:
    """Refuses an instruction set that our kernels cannot run on here.

    Raises:
        BenchError: they cannot; names those that they can run on.
        KernelBuildError: the kernels cannot be built.
    """
    here = available_isas(library())
    if name not in here:
        raise BenchError(f"--kernels: {name!r} does not run on this processor. Give one of: {', '.join(here)}.")


def widest_isa() -> str:
    """The instruction set whose peak loop keeps the most float units busy here: the float peak is the processor's.

    Whatever BNN_KERNELS says, and not always the best of ours: of equal ones the first.
    """
    return max(available_isas(library()), key=lambda isa: int(library().bnn_bench_peak_macs(isa.encode())))


def peak_ms(isa: str, macs: int) -> float:
    """ms for so many float multiply-adds, in registers, on one core."""
    elapsed: float = library().bnn_bench_peak_ms(isa.encode(), ctypes.c_int64(macs))
    return elapsed


class _Kept:
    """What the library keeps between runs: it is made, run and freed by functions of one name."""

    def __init__(self, name: str, isa: str, *arguments: Any) -> None:
        self._name = name
        handle = self._function("new")(isa.encode(), *arguments)
        if handle is None:
            raise BenchError(f"The {isa} kernels do not run on this processor.")
        self._handle = ctypes.c_void_p(handle)

    def _function(self, what: str) -> Any:
        return getattr(library(), f"bnn_bench_{self._name}_{what}")

    def run_ms(self, repeats: int) -> float:
        elapsed: float = self._function("ms")(self._handle, ctypes.c_int64(repeats))
        return elapsed

    def close(self) -> None:
        self._function("free")(self._handle)


class Gemm(_Kept):
    """Our GEMM of packed signs with the weights in tile order, kept between runs.

    Args:
        isa: an instruction set of this processor.
        words: [rows, row_words]; every bit of a word is a factor.
        packed: [row_words, filters].
    """

    def __init__(self, isa: str, words: Words, packed: Words) -> None:
        (self.rows, row_words), (_, self.filters) = words.shape, packed.shape
        words, packed = np.ascontiguousarray(words), np.ascontiguousarray(packed)
        sizes = (ctypes.c_int64(size) for size in (self.rows, row_words, self.filters))
        super().__init__("product", isa, address(words), address(packed), *sizes)

    def result(self) -> npt.NDArray[np.float32]:
        """float32 [rows, filters] of the last run."""
        y = np.empty((self.rows, self.filters), np.float32)
        self._function("get")(self._handle, address(y))
        return y


class Convolution(_Kept):
    """Our 3x3 "same" convolution from bits to bits on one thread, with the weights in tile order, kept between runs.

    Args:
        isa: an instruction set of this processor.
        words: [1, size, size, words of the channels]; every bit of a word is a channel.
        packed: [3, 3, words of the channels, filters], filters a multiple of 64.
        thresholds: int32 [filters]; a sum below is a -1.
    """

    def __init__(self, isa: str, words: PackedTensor, packed: PackedTensor, thresholds: npt.NDArray[np.int32]) -> None:
        _, self._size, _, word_count = words.shape
        self._filters = packed.shape[-1]
        arrays = (np.ascontiguousarray(array) for array in (words, packed, thresholds))
        sizes = (ctypes.c_int64(size) for size in (self._size, word_count, self._filters))
        super().__init__("conv", isa, *map(address, arrays), *sizes)

    def result(self) -> npt.NDArray[np.int64]:
        """int64 [1, size, size, words of the filters] of the last run."""
        bits = np.empty((1, self._size, self._size, self._filters // 64), np.int64)
        self._function("get")(self._handle, address(bits))
        return bits


class OtherGemm:
    """Another library's GEMM of the same, in the same loop.

    Args:
        function: ``void f(words, kernel, y, int rows, int filters, int row_words, int products)``.
        words: [rows, row_words].
        packed: [row_words, filters], as ours has it; the other library has the filters' rows.
    """

    def __init__(self, function: Any, words: Words, packed: Words) -> None:
        self._function = function
        self._words, self._kernel = aligned(words), aligned(np.ascontiguousarray(packed.T))
        self.y = aligned(np.zeros((words.shape[0], packed.shape[1]), np.float32))

    def run_ms(self, repeats: int) -> float:
        (rows, row_words), filters = self._words.shape, self._kernel.shape[0]
        elapsed: float = library().bnn_bench_other_product_ms(
            *(self._function, address(self._words), address(self._kernel), address(self.y)),
            *(rows, filters, row_words, ctypes.c_int64(repeats)),
        )
        return elapsed


def address(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def aligned(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy that begins on a cache line."""
    memory = np.empty(array.nbytes + _CACHE_LINE_BYTES, np.uint8)
    skip = -memory.ctypes.data % _CACHE_LINE_BYTES
    copy = memory[skip : skip + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def turn_of(run_ms: Callable[[int], float], turn_ms: float = 1.0) -> Turn:
    """A turn of so many runs as last about `turn_ms`; its value is ms a run.

    Turns of contenders last about the same, whatever their speed: on a busy machine long turns are interrupted, and
    short ones slip through.
    """
    run_ms(1)  # the first run loads code and data
    repeats = max(1, round(turn_ms / max(run_ms(1), 1e-4)))
    return lambda: run_ms(repeats) / repeats


def together(runs: Sequence[Callable[[int], float]]) -> Callable[[int], float]:
    """Runs that begin at once, each on a thread of its own, as one that takes as long as the slowest.

    They spend their time in C, where Python's lock is free.
    """
    if len(runs) == 1:
        return runs[0]
    pool, start = ThreadPoolExecutor(len(runs)), threading.Barrier(len(runs))

    def run_ms(repeats: int) -> float:
        def one(run: Callable[[int], float]) -> float:
            start.wait()
            return run(repeats)

        return max(pool.map(one, runs))

    return run_ms
