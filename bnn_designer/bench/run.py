"""Runs one benchmark: a process for each number of threads, their rows collected as they come."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bnn_designer.bench.cases.table import texts
from bnn_designer.bench.machine import describe_machine
from bnn_designer.bench.native import expect_isa
from bnn_designer.bench.request import PYTHON_BENCHMARKS, BenchError, Request, requests, thread_counts
from bnn_designer.bench.rows import Row, Summary, summarize
from bnn_designer.bench.targets import GROUP_TARGETS

WORKER = "bnn_designer.bench.worker"
SCHEMA = 1


@dataclass(frozen=True)
class Report:
    """Everything one run measured.

    Attributes:
        benchmark: its name.
        machine: as `describe_machine` gives it, with the instruction set of our kernels as "isa"; None: none ran.
        rounds: what the user asked for; None where each benchmark chose.
        rows, summaries: the results.
    """

    benchmark: str
    machine: dict[str, Any]
    rounds: int | None
    rows: tuple[Row, ...]

    @property
    def summaries(self) -> list[Summary]:
        return summarize(self.rows, GROUP_TARGETS)

    def to_data(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "benchmark": self.benchmark,
            "machine": self.machine,
            "rounds": self.rounds,
            "rows": [row.to_data() for row in self.rows],
            "summaries": [summary.to_data() for summary in self.summaries],
        }


def plan(
    benchmark: str,
    *,
    threads: str | None = None,
    rounds: int | None = None,
    only: str = "",
    kernels: str | None = None,
) -> list[Request]:
    """The measuring processes of one benchmark; none of them is started, and TensorFlow is not loaded.

    Args:
        benchmark: one of `bnn_designer.bench.BENCHMARKS`.
        threads: see `thread_counts`.
        rounds: of each case; None: each benchmark's own number.
        only: cases whose text holds this.
        kernels: the instruction set of our kernels; None: the one in BNN_KERNELS, else the best here.

    Raises:
        BenchError: there are no such threads or kernels, or no row holds `only`.
        KernelBuildError: `kernels` is given, and they cannot be built.
    """
    found = requests(benchmark, thread_counts(threads), rounds, only, kernels)
    if not texts(found):
        raise BenchError(f"bench {benchmark}: no row contains {only!r}. Omit --only to see all of them.")
    if kernels is not None and benchmark not in PYTHON_BENCHMARKS:
        expect_isa(kernels)
    return found


def run(requests: Sequence[Request], on_row: Callable[[Row], None] = lambda _: None) -> Report:
    """Measures one benchmark.

    Args:
        requests: its processes, as `plan` gives them.
        on_row: called with each row when it is there.

    Raises:
        BenchError: nothing can be measured.
    """
    machine = {**describe_machine(), "isa": None}
    rows: list[Row] = []
    for request in requests:
        for message in _messages(request):
            if "row" in message:
                rows.append(Row.from_data(message["row"]))
                on_row(rows[-1])
            else:
                machine |= message["machine"]
    return Report(requests[0].benchmark, machine, requests[0].rounds, tuple(rows))


def _messages(request: Request) -> Iterator[dict[str, Any]]:
    """What the measuring process says, a JSON object a line.

    Raises:
        BenchError: it says that it cannot measure, or dies.
    """
    with tempfile.TemporaryFile("w+") as noise:  # what libraries print while they load; shown only if the process dies
        command = [sys.executable, "-m", WORKER, request.to_json()]
        environment = request.environment()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=noise, text=True, env=environment)
        assert process.stdout is not None
        try:
            for line in process.stdout:
                message: dict[str, Any] = json.loads(line)
                if "error" in message:
                    raise BenchError(message["error"])
                yield message
            if process.wait() != 0:
                noise.seek(0)
                raise BenchError(
                    f"bench {request.benchmark}: the measuring process ended with status {process.returncode}. "
                    f"It said: {noise.read()[-2000:].strip() or 'nothing'}"
                )
        finally:
            process.kill()  # where it was left early; one that has ended stays as it is
            process.wait()
            process.stdout.close()
