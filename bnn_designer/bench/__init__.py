"""What is claimed about speed, as commands: ``bnn-designer bench gemm|conv|float-conv|model|train|cost|what-if|ui``.

Every row times us and one peer in the same run, taking turns, and carries both times, their ratio and the target that
the ratio is held to. A peer that is not there is named with how to get it; it never counts as 0. What nobody else does,
as a cost report, has no peer, and is held to a time.

`cases` knows what rows there are and `rows` what a result is; `run` starts a process for each number of threads,
`worker` is that process, and the modules that `cases` names measure; only these import TensorFlow. `browser` serves the
app and drives a browser, for the pages. `gradient_curves` is a program of its own: it compares what training arrives
at, not how fast.
"""

from __future__ import annotations

from bnn_designer.bench.request import BENCHMARKS, BenchError

__all__ = ["BENCHMARKS", "BenchError"]
