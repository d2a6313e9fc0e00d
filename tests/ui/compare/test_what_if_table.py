"""The table of variants and its bars: what a cell says of a difference, and what is left out."""

from __future__ import annotations

import re

import pytest

from bnn_designer.compare import FIGURES_BY_NAME, Unknown
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.ui.compare.bars import Bar, bars_html
from bnn_designer.ui.compare.known import known
from bnn_designer.ui.compare.table.values import Cell, Sheet
from bnn_designer.ui.compare.what_if_table import (
    BASE,
    SHOWN_FIGURES,
    left_out,
    variants,
    what_if_sheet,
)
from bnn_designer.ui.compare.words import change_text, tone


def sheet(name: str, shown: str = "difference") -> Sheet:
    return what_if_sheet(variants(preset(name)), shown, most=5)


def cell(found: Sheet, row: str, figure: str) -> Cell:
    place = [column.key for column in found.columns].index(figure) - 1
    return next(one for one in found.rows if one.id == row).cells[place]


def test_the_design_stands_on_top_and_cannot_be_ticked() -> None:
    rows = sheet("binarynet").rows
    assert rows[0].id == BASE
    assert rows[0].pinned
    assert not rows[0].tick
    assert all(row.tick for row in rows[1:])
    assert len({row.id for row in rows}) == len(rows)


def test_a_difference_its_share_and_the_new_value() -> None:
    # 3*3*3*128 + 1024*10 weights become 32 bits wide instead of one
    more_bytes = (3 * 3 * 3 * 128 + 1024 * 10) * 31 // 8
    before = known(preset("binarynet")).totals["larq_bytes"]
    assert isinstance(before, int)
    found = cell(sheet("binarynet"), "ends-float", "larq_bytes")
    assert (found.text, found.sort) == (f"+{more_bytes / 1024:.1f} KiB", more_bytes)
    assert f"{before + more_bytes:,} bytes" in found.hover
    share = cell(sheet("binarynet", "percent"), "ends-float", "larq_bytes")
    assert share.text == f"{100 * more_bytes / before:+.1f} %"
    value = cell(sheet("binarynet", "value"), "ends-float", "larq_bytes")
    assert value.sort == before + more_bytes


def test_equal_figures_are_quiet_and_still_said() -> None:
    same = cell(sheet("binarynet"), "ends-float", "macs")
    assert (same.tone, same.quiet, same.text, same.sort) == ("same", "·", "unchanged", 0)
    assert "=" not in {one.text for row in sheet("binarynet").rows for one in row.cells}


def test_what_cannot_be_deployed_is_unknown_with_the_reason_once() -> None:
    found = sheet("binarynet")
    unknown = [one for one in next(row for row in found.rows if row.id == "ends-8-bit").cells if one.tone == "unknown"]
    (latency,) = unknown
    assert latency.text == "unknown"
    assert all(one.sort is None for one in unknown)
    (reason,) = found.reasons()
    assert reason.startswith("First and last layer: 8 bits: unknown: ")
    assert "no network with 8-bit products is among those that were measured" in reason


def test_variants_that_are_no_other_network_are_named_with_their_reason() -> None:
    sentences = "\n".join(left_out(variants(preset("binarynet"))))
    assert "Already so: Pool and batch norm: pool first" in sentences
    assert "Does not apply: Shortcuts: none (the design has no shortcut)." in sentences


@pytest.mark.parametrize(
    ("before", "after", "text", "expected"),
    [
        (100, 100, "", "same"),
        (100, 104, "+4.0 %", ""),
        (100, 150, "+50 %", "more"),
        (100, 20, "-80 %", "less"),
        (100, 250, "2.5 times", "more"),
        (100_000, 100_001, "+<0.1 %", ""),
        (0, 7, "", "more"),
        (Unknown("none"), 7, "", ""),
        (7, Unknown("none"), "", "unknown"),
    ],
)
def test_only_strong_changes_are_stressed(
    before: float | Unknown, after: float | Unknown, text: str, expected: str
) -> None:
    assert change_text(before, after) == text
    assert tone(before, after) == expected


def test_every_figure_of_the_table_says_what_it_is() -> None:
    assert all(figure.help and figure.heading for figure in (*SHOWN_FIGURES, *FIGURES_BY_NAME.values()))


def test_bars_are_as_long_as_their_values_and_a_line_marks_the_base() -> None:
    bars = [Bar("<mine>", 50, "50", "", "base"), Bar("other", 200, "200", "4.0 times", "more")]
    html = bars_html(bars, "File")
    assert re.findall(r"width:([\d.]+)%", html) == ["25.00", "100.00"]
    assert html.count("left:25.00%") == 2
    assert "&lt;mine&gt;" in html
    assert "4.0 times" in html
    assert bars_html([Bar("none", 0, "0", "", "base")], "OPs").count("width:0.00%") == 1


def test_figures_of_an_unfinished_design_are_unknown_with_the_error() -> None:
    found = known(Design())
    assert found.error is not None
    assert all(isinstance(one, Unknown) and "not a network" in one.reason for one in found.totals.values())
