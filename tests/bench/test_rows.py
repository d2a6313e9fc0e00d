"""Ratios, targets, summaries and their JSON."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.bench.rows import Missing, Row, Sample, Target, summarize
from bnn_designer.cli.tables.bench import missing_texts
from bnn_designer.units import digits_text

OURS = Sample.of("ours", [2.0, 4.0, 3.0])
PEER = Sample.of("peer", [12.0, 10.0, 30.0])


def test_a_sample_keeps_the_least_and_the_median() -> None:
    assert (PEER.min, PEER.median, PEER.rounds) == (10.0, 12.0, 3)
    assert PEER.to_data() == {"name": "peer", "min_ms": 10.0, "median_ms": 12.0, "rounds": 3}


@pytest.mark.parametrize("values", [[], [0.0], [1.0, -1.0], [math.nan], [math.inf]])
def test_what_took_no_time_was_not_measured(values: list[float]) -> None:
    with pytest.raises(ValueError, match="positive times"):
        Sample.of("ours", values)


def test_the_ratio_of_times_says_how_many_times_as_fast_we_are() -> None:
    row = Row("conv", 1, OURS, PEER, Target(4))
    assert row.ratio == 10.0 / 2.0
    assert row.median_ratio == 12.0 / 3.0
    assert row.met is True
    assert Row("conv", 1, OURS, PEER, Target(5.01)).met is False
    assert Row("conv", 1, OURS, PEER).met is None


def test_the_ratio_of_memory_says_our_share() -> None:
    ours, peer = Sample.of("ours", [50.0, 70.0], "mib"), Sample.of("peer", [100.0, 100.0], "mib")
    row = Row("memory", 1, ours, peer, Target(0.6, "at most"))
    assert row.ratio == 50.0 / 100.0
    assert row.median_ratio == 60.0 / 100.0
    assert row.met is True
    assert Row("memory", 1, peer, ours, Target(0.6, "at most")).met is False
    assert row.to_data()["ours"] == {"name": "ours", "min_mib": 50.0, "median_mib": 60.0, "rounds": 2}


@pytest.mark.parametrize("side", ["ours", "peer"])
def test_a_missing_contender_has_no_ratio_and_is_named(side: str) -> None:
    missing = Missing("LCE 0.16.0", "BNN_LCE_PYTHON is not set.")
    row = Row("model", 1, missing if side == "ours" else OURS, missing if side == "peer" else PEER, Target(2))
    assert (row.ratio, row.median_ratio, row.met) == (None, None, None)
    data = row.to_data()
    assert data[side] == {"name": "LCE 0.16.0", "missing": "BNN_LCE_PYTHON is not set."}
    assert data["ratio"] is None
    assert missing_texts([row]) == ["LCE 0.16.0: not available: BNN_LCE_PYTHON is not set."]


def test_a_summary_is_the_geometric_mean_of_one_group_at_one_number_of_threads() -> None:
    def row(ratio: float, threads: int = 1, group: str = "conv") -> Row:
        return Row("conv", threads, Sample.of("ours", [1.0]), Sample.of("peer", [ratio]), Target(4), group)

    without = Row("conv", 1, OURS, Missing("peer", "how"), Target(4), "conv")
    rows = [row(4.0), row(9.0), row(8.0, threads=2), row(100.0, group=""), without]
    one, two = summarize(rows, {"conv": Target(6)})
    assert (one.threads, one.rows, one.least_ratio) == (1, 2, 4.0)
    assert one.ratio == pytest.approx(math.sqrt(4.0 * 9.0))
    assert one.met is True  # 6 is 6
    assert (two.threads, two.rows) == (2, 1)
    assert summarize([row(5.9)], {"conv": Target(6)})[0].met is False
    assert summarize([row(5.9)], {})[0].met is None


names = st.text(max_size=10)
samples = st.builds(
    Sample.of,
    names,
    st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=5),
    st.sampled_from(["ms", "mib"]),
)
contenders = samples | st.builds(Missing, names, names)
targets = st.none() | st.builds(Target, st.floats(0.1, 100), st.sampled_from(["at least", "at most", "at most ms"]))


@given(st.builds(Row, names, st.integers(1, 64), contenders, st.none() | contenders, targets, names, names))
def test_a_row_survives_its_json(row: Row) -> None:
    assert Row.from_data(json.loads(json.dumps(row.to_data()))) == row


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6))
def test_swapping_the_contenders_inverts_the_ratio(ours: float, peer: float) -> None:
    there = Row("", 1, Sample.of("a", [ours]), Sample.of("b", [peer])).ratio
    back = Row("", 1, Sample.of("b", [peer]), Sample.of("a", [ours])).ratio
    assert there is not None
    assert back is not None
    assert there * back == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("value", "text"), [(0.01641, "0.0164"), (0.3219, "0.322"), (1.732, "1.73"), (20.38, "20.4"), (153.2, "153")]
)
def test_figures_have_three_digits_that_count(value: float, text: str) -> None:
    assert digits_text(value) == text
