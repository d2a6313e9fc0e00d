"""What the cost model's benchmarks share: rounds of one thing, their times beside a target, a command's options."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Result:
    """One measurement beside its target, in ms."""

    what: str
    rounds: int
    least_ms: float
    median_ms: float
    target_ms: float


def seconds_of(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def result(what: str, seconds: list[float], target_ms: float) -> Result:
    return Result(what, len(seconds), min(seconds) * 1e3, statistics.median(seconds) * 1e3, target_ms)


def main(
    name: str,
    doc: str,
    measure: Callable[[int], list[Result]],
    *,
    rounds: int,
    arguments: Sequence[str] | None = None,
) -> None:
    """Measures and prints a table, or JSON.

    Args:
        name: of the benchmark, in JSON.
        doc: whose first line the help shows.
        measure: what is measured, by how often it is done.
        rounds: how often, unless an option says otherwise.
        arguments: of the command line; None: of this process.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    parser.add_argument("--rounds", type=int, default=rounds, help=f"how often each is done (default {rounds})")
    options = parser.parse_args(arguments)
    results = measure(options.rounds)
    if options.json:
        print(json.dumps({"benchmark": name, "results": [asdict(item) for item in results]}, indent=2))
        return
    print(f"{'':40}{'least':>10}{'median':>11}{'target':>11}")
    for item in results:
        print(f"{item.what:40}{item.least_ms:>7.2f} ms{item.median_ms:>8.2f} ms{item.target_ms:>8.0f} ms")
