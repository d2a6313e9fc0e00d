from __future__ import annotations

from collections import defaultdict

import plotly.graph_objects as go
import pytest
from hypothesis import given

from bnn_designer.cost import CostReport, cost
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.picture.memory import (
    BINARY,
    CATEGORIES,
    IMAGE,
    IN_USE,
    KEPT,
    all_shortcuts,
    each_shortcut,
    held_tensors,
)
from bnn_designer.ui.design.memory_charts import arena_chart, live_chart
from bnn_designer.ui.shared.look import MEMORY_COLORS, MEMORY_PATTERNS
from tests.strategies import networks


@pytest.fixture(scope="module")
def report() -> CostReport:
    return cost(preset("bi-real-cifar"))


def drawn(figure: go.Figure) -> list[go.Bar]:
    """The bars themselves, without the swatches of the legend."""
    return [bars for bars in figure.data if not bars.showlegend and bars.legendgroup and bars.x[0] is not None]


@given(networks())
def test_the_tensors_sum_to_what_is_alive(design: Design) -> None:
    report = cost(design)
    sums: dict[int, int] = defaultdict(int)
    for one in held_tensors(report):
        sums[one.step.index] += one.span.size_bytes
    assert list(sums.values()) == [step.live_bytes for step in report.timeline.steps]


def test_a_shortcut_keeps_its_tensor_while_the_binary_convolution_runs(report: CostReport) -> None:
    held = [one for one in held_tensors(report) if one.step.name == "binary_conv_1"]
    sizes = {category: sum(one.span.size_bytes for one in held if one.category == category) for category in CATEGORIES}
    tensor = 32 * 32 * 32 * 4
    expected = {IMAGE: 32 * 32 * 3 * 4, BINARY: 32 * 32 * 32 // 8, IN_USE: tensor, KEPT: tensor}
    assert sizes == dict.fromkeys(CATEGORIES, 0) | expected


def test_a_network_without_shortcuts_keeps_nothing_for_later() -> None:
    assert all(one.category != KEPT for one in held_tensors(cost(preset("binarynet"))))


def test_the_bars_of_the_chart_sum_to_the_peak(report: CostReport) -> None:
    figure = live_chart(held_tensors(report))
    totals: dict[int, float] = defaultdict(float)
    for bars in drawn(figure):
        assert bars.marker.color == MEMORY_COLORS[bars.name]
        for x, y in zip(bars.x, bars.y, strict=True):
            totals[x] += y
    assert max(totals.values()) * 1024 == report.timeline.live_lower_bound_bytes
    (mark,) = figure.layout.annotations
    assert report.timeline.steps[mark.x].name == report.timeline.peak.name
    assert mark.text == "peak 272 KiB"


def test_a_hover_names_the_tensor_its_block_and_its_bytes(report: CostReport) -> None:
    hovers = [text for bars in drawn(live_chart(held_tensors(report))) for text in bars.customdata]
    _, text, path = next(hover for hover in hovers if hover[0] == "binary_conv_1")
    assert path == "shortcut_1/binary_conv_1"  # by which a press selects its card
    assert "131,072 bytes" in text
    assert "block shortcut_1/binary_conv_1" in text


def test_rectangles_lie_in_the_arena_and_do_not_overlap(report: CostReport) -> None:
    figure = arena_chart(report.timeline)
    tops = [base + size for bars in drawn(figure) for base, size in zip(bars.base, bars.y, strict=True)]
    assert max(tops) * 1024 == report.timeline.arena_bytes
    assert sum(len(bars.x) for bars in drawn(figure)) == len(report.timeline.spans)


@pytest.mark.parametrize("selected", [None, "binary_conv_1"])
def test_the_legend_is_the_same_whatever_is_selected(report: CostReport, selected: str | None) -> None:
    for figure in (live_chart(held_tensors(report), selected), arena_chart(report.timeline, selected)):
        swatches = [bars for bars in figure.data if bars.showlegend is not False]
        assert [(bars.name, bars.marker.line.width) for bars in swatches] == [
            (bars.name, 0.5) for bars in drawn(figure)
        ]
        assert any(3 in bars.marker.line.width for bars in drawn(figure)) == (selected is not None)


def test_colors_have_patterns_beside_them() -> None:
    assert set(MEMORY_COLORS) == set(MEMORY_PATTERNS) == set(CATEGORIES)
    assert MEMORY_PATTERNS[IN_USE] != MEMORY_PATTERNS[KEPT]


def test_a_chart_of_nothing() -> None:
    assert not live_chart(()).layout.annotations


def test_what_the_shortcuts_of_a_small_network_add(report: CostReport) -> None:
    together = all_shortcuts(report)
    assert together.added_bytes == 272 * 1024 - together.live_bytes_without
    assert len(each_shortcut(report)) == 6
