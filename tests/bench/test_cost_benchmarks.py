"""Benchmarks without a peer: the table and the JSON of rows that are held to a time."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bnn_designer.bench import cost, run, what_if
from bnn_designer.bench.cases.cost import SHORTCUTS
from bnn_designer.bench.cases.what_if import DESIGNS
from bnn_designer.bench.cost import row_alone
from bnn_designer.bench.request import Request, requests
from bnn_designer.bench.rounds import Pace
from bnn_designer.bench.rows import Row, Target
from bnn_designer.cli.tables.bench import print_report
from tests.bench.test_cli_bench import measured

pytestmark = pytest.mark.usefixtures("own_cache")


def waiting(rounds: int = 3, target_ms: float = 500) -> Row:
    times = iter([3.0, 1.0, 2.0])
    return row_alone("waiting", lambda: next(times), Pace(rounds, warm_up=0), Target(target_ms, "at most ms"))


def test_a_table_has_the_least_and_the_median() -> None:
    machine = {"processor": "a core", "architecture": "x86_64", "processors": 2, "load_1min": 0.5, "isa": None}
    machine |= {"tensorflow": "2.21", "date": "d"}
    console = Console(file=io.StringIO(), width=200)
    print_report(run.Report("cost", machine, None, (waiting(),)), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    line = next(line for line in text.splitlines() if "waiting" in line)
    cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
    assert cells == ["waiting", "1", "bnn-designer 1.00 (2.00) ms", "-", "-", "-", "<= 500 ms", "yes", "3"]
    assert "kernels" not in text


def test_json_has_the_rounds_that_were_asked_for() -> None:
    row = waiting(rounds=2)
    data = row.to_data()
    assert data["ours"] == {"name": "bnn-designer", "min_ms": 1.0, "median_ms": 2.0, "rounds": 2}
    assert (data["peer"], data["ratio"], data["target"], data["met"]) == (None, None, {"at_most_ms": 500}, True)
    assert Row.from_data(data) == row
    assert waiting(target_ms=0.9).met is False


def test_the_benchmark_of_what_if_measures_every_design() -> None:
    rows = list(what_if.measure(Request("what-if", 1, rounds=1)))
    assert [row.what.split(":")[0] for row in rows] == [name for name in DESIGNS for _ in range(3)]
    assert all(row.ours.rounds == 1 and row.ours.min > 0 for row in rows)


def test_costs_are_measured_with_one_thread_whatever_is_asked_for() -> None:
    assert [one.threads for one in requests("cost", (1, 2), None, "")] == [1]
    assert [one.threads for one in requests("what-if", (2,), None, "")] == [1]


def test_the_benchmark_of_costs_as_a_command() -> None:
    rows = measured("cost", "--rounds", "1", "--only", "cost of")["rows"]
    assert [row["what"] for row in rows] == [f"cost of {3 * count + 5} layers" for count in SHORTCUTS]
    assert all(row["target"] == {"at_most_ms": 10} for row in rows)


def test_the_import_is_measured_in_a_process_of_its_own() -> None:
    (row,) = cost.measure(Request("cost", 1, rounds=1, only="import"))
    assert row.target == Target(1000, "at most ms")
    assert row.ours.min > 1.0  # ms: what was imported here already would take microseconds


@pytest.mark.parametrize(("benchmark", "row"), [("cost", "cost of 101"), ("what-if", "binarynet: advice")])
def test_no_kernel_is_needed(benchmark: str, row: str) -> None:
    found = run.run(run.plan(benchmark, rounds=1, only=row))
    assert found.machine["isa"] is None
