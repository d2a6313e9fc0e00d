from __future__ import annotations

import pytest

from bnn_designer.compare import FIGURES, diff
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.compare.compare_tables import (
    block_table,
    cells_html,
    changes_text,
    difference_cells,
    totals_table,
    variant_chart,
    variants,
)
from bnn_designer.units import UNKNOWN
from tests.ui.conftest import OpenPage, texts


def test_variants_are_listed_with_differences(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("compare", draft=drafts.create(preset("bi-real-cifar")).id)
    assert not app.exception
    assert {
        f"apply_{one.variant.name}" for one in variants(preset("bi-real-cifar")).outcomes if one.state == "changed"
    } == {button.key for button in app.button if str(button.key).startswith("apply_")}
    assert "does not apply" in texts(app)


def test_a_variant_is_applied_as_a_step_that_can_be_undone(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("compare", draft=draft.id)
    app.button(key="apply_shortcuts-none").click().run()
    assert not app.exception
    after = drafts.get(draft.id)
    assert "shortcut" not in {block.kind for block in after.design.blocks}
    assert after.undo_steps == 1
    assert drafts.undo(draft.id).design == draft.design
    assert "Undo" in app.success[0].value


def test_a_page_without_a_draft_asks_for_one(open_page: OpenPage) -> None:
    app = open_page("compare")
    assert "Choose a draft or a preset" in texts(app)


def test_an_unfinished_draft_says_why_it_has_no_variants(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("compare", draft=drafts.create(Design(blocks=(Conv(filters=8),))).id)
    assert "Not computable" in app.error[0].value


@pytest.mark.parametrize("second", ["bi-real-cifar", "dorefa-net", "quicknet"])
def test_two_designs_stand_side_by_side(open_page: OpenPage, drafts: Drafts, second: str) -> None:
    app = open_page("compare", draft=drafts.create(preset("bi-real-cifar")).id)
    app.session_state["compare_view"] = "Two designs"
    app.run()
    app.selectbox(key="diff_second").set_value(f"preset:{second}").run()
    assert not app.exception
    totals = app.dataframe[0].value
    assert list(totals["figure"]) == [figure.title for figure in FIGURES]
    assert bool(app.success) == (second == "bi-real-cifar")


def test_what_changed_is_told_field_by_field_and_costed() -> None:
    before = Design(blocks=(Conv(filters=8), BinaryConv(filters=32), GlobalPool(), Head()))
    after = Design(blocks=(Conv(filters=8), BinaryConv(filters=64), GlobalPool(), Head()))
    found = diff(before, after)
    table = block_table(found, only_changed=True).set_index("second")
    assert list(table.index) == ["binary_conv_1", "head_1"]  # the head reads more features
    assert table.loc["binary_conv_1", "fields"] == "filters: 32 to 64"
    # 32 more filters of 3 x 3 x 8 bits
    assert table.loc["binary_conv_1", "weights (Larq)"] == f"+{3 * 3 * 8 * 32 // 8} B"
    assert len(block_table(found, only_changed=False)) == 4
    assert changes_text(found.blocks[0]) == ""
    assert list(totals_table(found).columns) == ["figure", "first", "second", "difference"]


def test_the_chart_has_a_bar_for_each_change_that_has_the_figure() -> None:
    found = variants(preset("bi-real-cifar"))
    file = next(figure for figure in FIGURES if figure.name == "file_bytes")
    (bars,) = variant_chart(found, file).data
    known = [one for one in found.outcomes if one.state == "changed" and isinstance(one.totals["file_bytes"], int)]  # type: ignore[index]
    assert len(bars.x) == len(known)


def test_what_there_is_not_is_a_dash_with_its_reason() -> None:
    outcome = next(one for one in variants(preset("bi-real-cifar")).outcomes if one.state == "inapplicable")
    assert difference_cells(outcome)[0] == (UNKNOWN, outcome.reason)
    assert "&lt;b&gt;" in cells_html([("<b>", "")])


def test_blocks_that_run_more_often_are_shown_with_what_that_costs() -> None:
    found = diff(preset("quicknet"), preset("quicknet-large"))
    table = block_table(found, only_changed=True).set_index("second")
    conv = table.loc["repeat_1/shortcut_1/binary_conv_1"]
    # two more times 3 x 3 x 64 x 64 bits and two numbers for each of 64 channels
    assert conv["what"] == "same"
    assert conv["weights (Larq)"] == f"+{2 * (3 * 3 * 64 * 64 // 8 + 2 * 64 * 4) / 1024:.1f} KiB"
