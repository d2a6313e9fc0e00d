"""What is claimed about speed, as commands: ``bnn-designer bench gemm|conv|model|train``.

Every row times us and one peer in the same run, taking turns, and carries both times, their ratio and the target that
the ratio is held to. A peer that is not there is named with how to get it; it never counts as 0.

`rows` and `report` know what a result is, `run` starts a process for each number of threads, `worker` is that process,
and `gemm`, `conv`, `conv_packed`, `model`, `train` and `step_memory` measure. Only these import TensorFlow.
"""

from __future__ import annotations

from bnn_designer.bench.request import BENCHMARKS, BenchError

__all__ = ["BENCHMARKS", "BenchError"]
