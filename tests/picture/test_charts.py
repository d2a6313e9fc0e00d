"""Charts of a report: what is drawn is where its value is."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.picture.charts import Bar, Line, bar_chart, line_chart, ticks

SVG = "{http://www.w3.org/2000/svg}"


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_few_and_within(low: float, span: float) -> None:
    high = low + span
    if high - low > 1e-9 * max(abs(low), abs(high)):
        found = ticks(low, high)
        assert 1 <= len(found) <= 6
        assert all(low - span * 1e-6 <= tick <= high + span * 1e-6 for tick in found)


def test_ticks_are_round() -> None:
    assert ticks(0, 10) == [0, 5, 10]
    assert ticks(0.31, 0.78) == pytest.approx([0.4, 0.6])


def test_bars_stand_on_each_other_in_proportion() -> None:
    chart = bar_chart([Bar("<one>", ((2, "red"), (1, "blue"))), Bar("two", ((1, "red"),), is_marked=True)], "x", str)
    red, blue, other = ElementTree.fromstring(chart).iter(f"{SVG}rect")
    heights = [float(one.attrib["height"]) for one in (red, blue, other)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
    assert heights[1] == pytest.approx(heights[2], abs=0.2)
    assert float(blue.attrib["y"]) + heights[1] == pytest.approx(float(red.attrib["y"]), abs=0.2)
    assert "&lt;one&gt;" in chart
    assert chart.count("▼") == 1


def test_a_line_has_a_gap_where_a_value_is_not_finite() -> None:
    chart = line_chart([Line("loss", ((1, 2.0), (2, math.nan), (3, 1.0), (4, 0.5)), "red")], "x", str)
    (path,) = re.findall(r'<path d="(M[^"]*)" fill="none" stroke="red"', chart)
    assert (path.count("M"), path.count("L"), "nan" in chart) == (2, 1, False)


@pytest.mark.parametrize("points", [(), ((1, 0.5),), ((1, math.nan),), ((1, 0.0), (2, 0.0))])
def test_a_line_of_little_is_drawn(points: tuple[tuple[float, float], ...]) -> None:
    ElementTree.fromstring(line_chart([Line("loss", points, "red")], "x", str))
