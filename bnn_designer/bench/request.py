"""What a measuring process is asked for, and how it is held to a number of threads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from bnn_designer.bench.rounds import Pace
from bnn_designer.errors import BnnDesignerError

#: Those of Python alone, and of the browser: no kernel runs, and there is one thread.
PYTHON_BENCHMARKS = ("cost", "what-if", "ui")
BENCHMARKS = ("gemm", "conv", "float-conv", "model", "train", *PYTHON_BENCHMARKS)

# Libraries size their pools from these when they load; they cannot be changed later, so every number of threads has a
# process of its own.
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


class BenchError(BnnDesignerError):
    """Nothing can be measured as asked: the kernels are missing, or no row has the text that was asked for."""


@dataclass(frozen=True)
class Request:
    """The work of one process.

    Attributes:
        benchmark: one of `BENCHMARKS`.
        threads: for every contender.
        rounds: of each case; None: each benchmark's own number.
        only: cases whose text holds this; "" for all.
        deterministic: whether TensorFlow's ops are to sum in a fixed order, as in training.
        kernels: the instruction set of our kernels; None: the one in BNN_KERNELS, else the best here.
    """

    benchmark: str
    threads: int
    rounds: int | None = None
    only: str = ""
    deterministic: bool = False
    kernels: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Request:
        return cls(**json.loads(text))

    def wants(self, what: str) -> bool:
        return self.only in what

    def pace(self, seconds: float = 2.0, least: int = 15, most: int = 400, lead_in: int = 0) -> Pace:
        """The pace of a case; the user's number of rounds goes before its bounds."""
        return Pace(self.rounds, seconds, least, most, lead_in=lead_in)

    def environment(self) -> dict[str, str]:
        """The environment of the process: this one's, with the threads and the kernels set."""
        threads = dict.fromkeys(_THREAD_VARIABLES, str(self.threads))
        kernels = {} if self.kernels is None else {"BNN_KERNELS": self.kernels}
        return {**os.environ, **threads, **kernels, "TF_CPP_MIN_LOG_LEVEL": "3"}


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_counts(threads: str | None) -> tuple[int, ...]:
    """The numbers of threads to measure with.

    Args:
        threads: a number, "all", or None for one and all.

    Raises:
        BenchError: it is neither, or more than there are processors.
    """
    if threads is None:
        return tuple(dict.fromkeys((1, processors())))
    if threads == "all":
        return (processors(),)
    if not threads.isdecimal() or not 1 <= int(threads) <= processors():
        raise BenchError(
            f"--threads: {threads!r} is not a number from 1 to {processors()}, the processors here. "
            "Give such a number, or all."
        )
    return (int(threads),)


def requests(
    benchmark: str, counts: tuple[int, ...], rounds: int | None, only: str, kernels: str | None = None
) -> list[Request]:
    """The processes of one benchmark, in order.

    Training is measured twice: with the fixed order of sums that the training loop asks for, and without. What is
    Python alone is measured once, whatever the number of threads.
    """
    if benchmark in PYTHON_BENCHMARKS:
        counts = (1,)
    settings = (True, False) if benchmark == "train" else (False,)
    return [Request(benchmark, threads, rounds, only, fixed, kernels) for threads in counts for fixed in settings]
