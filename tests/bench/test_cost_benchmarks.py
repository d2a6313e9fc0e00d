"""What the cost model's benchmarks print: the same table and JSON for each."""

from __future__ import annotations

import json

import pytest

from benchmarks import bench_whatif
from benchmarks.rounds import Result, main, result


def measure(rounds: int) -> list[Result]:
    return [result("waiting", [0.003, 0.001, 0.002][:rounds], 500)]


def test_a_table_has_the_least_and_the_median(capsys: pytest.CaptureFixture[str]) -> None:
    main("waits", "Waits.\n\nLong.", measure, rounds=3, arguments=[])
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["least", "median", "target"]
    assert row.split() == ["waiting", "1.00", "ms", "2.00", "ms", "500", "ms"]


def test_json_has_the_rounds_that_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    main("waits", "Waits.", measure, rounds=3, arguments=["--json", "--rounds", "2"])
    row = {"what": "waiting", "rounds": 2, "least_ms": 1.0, "median_ms": 2.0, "target_ms": 500}
    assert json.loads(capsys.readouterr().out) == {"benchmark": "waits", "results": [row]}


def test_the_benchmark_of_what_if_measures_every_design() -> None:
    rows = bench_whatif.measure(1)
    assert [row.what.split(":")[0] for row in rows] == [name for name in bench_whatif.DESIGNS for _ in range(3)]
    assert all(row.rounds == 1 and row.least_ms > 0 for row in rows)
