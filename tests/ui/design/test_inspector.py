from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import BLOCK_KINDS, Block, Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.moves import new_block
from bnn_designer.design.quantization import Quantizer
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.design.inspector_view import common_fields, update_of
from bnn_designer.ui.shared.fields import form_fields
from tests.ui.components import select, shown
from tests.ui.conftest import OpenPage, field, texts


def new(kind: str) -> Block:
    return new_block(BLOCK_KINDS[kind], 32)


# ---- which fields


@pytest.mark.parametrize("kind", BLOCK_KINDS)
def test_blocks_of_one_kind_have_all_its_fields_in_common(kind: str) -> None:
    assert common_fields([new(kind)]) == common_fields([new(kind)] * 3) == form_fields(BLOCK_KINDS[kind])


@given(st.lists(st.sampled_from(sorted(BLOCK_KINDS)), min_size=1, max_size=4))
def test_what_is_in_common_is_a_field_of_each_and_the_same_for_all(kinds: list[str]) -> None:
    common = common_fields([new(kind) for kind in kinds])
    assert [spec for spec in form_fields(BLOCK_KINDS[kinds[0]]) if spec in common] == list(common)
    assert all(spec in form_fields(BLOCK_KINDS[kind]) for kind in kinds for spec in common)
    assert "label" in {spec.name for spec in common}


def test_fields_of_one_name_that_take_other_values_are_not_in_common() -> None:
    # a blur has kernels of 2, 3 or 5 pixels, a convolution those of any two sizes
    names = {spec.name for spec in common_fields([new("blur_pool"), new("conv")])}
    assert "kernel_size" not in names
    assert {spec.name for spec in common_fields([new("conv"), new("binary_conv")])} >= {
        "filters",
        "kernel_size",
        "strides",
    }


# ---- what is changed


def test_one_field_of_several_blocks_is_set_and_the_rest_of_it_stays() -> None:
    design = Design(
        blocks=(
            b.Conv(id="a", filters=8, kernel_size=(3, 1), batch_norm=b.BatchNormOptions(momentum=0.8)),
            b.Shortcut(body=(b.BinaryConv(id="b", filters=16, kernel_size=(5, 5), batch_norm=b.BatchNormOptions()),)),
        )
    )
    ids = ("a", "b")
    wider = apply_edit(design, update_of(design, ids, ("filters",), 64))
    assert [wider.find(one).filters for one in ids] == [64, 64]  # type: ignore[union-attr]
    high = apply_edit(design, update_of(design, ids, ("kernel_size", "0"), 7))
    assert [high.find(one).kernel_size for one in ids] == [(7, 1), (7, 5)]  # type: ignore[union-attr]
    plain = apply_edit(design, update_of(design, ids, ("batch_norm", "scale"), False))
    norms = [plain.find(one).batch_norm for one in ids]  # type: ignore[union-attr]
    assert norms == [b.BatchNormOptions(momentum=0.8, scale=False), b.BatchNormOptions(scale=False)]


def test_a_value_that_breaks_a_rule_is_refused_for_all() -> None:
    design = Design(blocks=(b.Conv(id="a", filters=8), b.Conv(id="b", filters=8)))
    with pytest.raises(DesignError, match="filters must be at least 1"):
        apply_edit(design, update_of(design, ("a", "b"), ("filters",), 0))


# ---- on the page


def test_a_press_on_the_canvas_opens_the_settings(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(b.Conv(filters=8), b.BinaryConv(filters=8), b.Head())))
    app = open_page(draft=draft.id)
    assert "Select a block on the canvas" in texts(app)
    select(app, "binary_conv_1")
    assert not app.exception
    assert app.query_params["block"] == "binary_conv_1"
    assert field(app.number_input, "block.binary_conv_1.filters").value == 8
    assert [
        group for group in ("Shape", "Precision", "Normalization and activation", "Name") if group in texts(app)
    ] == [
        "Shape",
        "Precision",
        "Normalization and activation",
        "Name",
    ]


def test_several_blocks_are_edited_together_in_one_step(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(b.Conv(filters=8), b.BinaryConv(filters=16), b.Flatten(), b.Head())))
    app = open_page(draft=draft.id)
    select(app, "conv_1", "binary_conv_1")
    assert "2 blocks" in texts(app)
    assert "Now 8, 16." in texts(app)
    assert not any("input_quantizer" in str(widget.key) for widget in app.selectbox)
    field(app.number_input, "block.conv_1+binary_conv_1.filters").set_value(32).run()
    assert not app.exception
    changed = drafts.get(draft.id)
    assert [changed.design.find(one).filters for one in ("conv_1", "binary_conv_1")] == [32, 32]  # type: ignore[union-attr]
    assert changed.undo_steps == 1
    assert "Now 8" not in texts(app)


def test_what_a_change_would_cost_is_shown_on_demand(open_page: OpenPage, drafts: Drafts) -> None:
    design = Design(blocks=(b.Conv(filters=8), b.BinaryConv(filters=8), b.GlobalPool(), b.Head()))
    app = open_page(draft=drafts.create(design).id, block="binary_conv_1")
    assert "Binary MACs" not in texts(app)
    app.toggle(key="show_costs").set_value(True).run()
    assert not app.exception
    # twice the filters: 8 more of 3 x 3 on 8 channels at 32 x 32 places
    assert f"Binary MACs \\+{8 * 9 * 8 * 1024 / 1000:.0f} K" in texts(app)


def test_a_quantizer_is_set_for_several(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(b.BinaryConv(filters=8), b.BinaryConv(filters=16), b.Head())))
    app = open_page(draft=draft.id)
    select(app, "binary_conv_1", "binary_conv_2")
    choice = field(app.selectbox, "block.binary_conv_1+binary_conv_2.input_quantizer")
    choice.set_value(choice.options.index("approx sign")).run()
    blocks = [block for _, block in walk(drafts.get(draft.id).design.blocks) if isinstance(block, b.BinaryConv)]
    assert [block.input_quantizer for block in blocks] == [Quantizer(name="approx_sign")] * 2
    assert [block.filters for block in blocks] == [8, 16]


def test_a_selection_that_is_gone_leaves_the_hint(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(b.Conv(filters=8),)))
    app = open_page(draft=draft.id, block="gone")
    assert "Select a block on the canvas" in texts(app)
    assert shown(app, "canvas")["selection"]["ids"] == []


def test_the_abbreviations_of_a_card_are_explained_beside_it(open_page: OpenPage, drafts: Drafts) -> None:
    design = Design(
        blocks=(b.Conv(filters=32), b.BinaryConv(filters=32, input_quantizer=None, batch_norm={}), b.Head())
    )
    app = open_page("design", draft=drafts.create(design).id, block="binary_conv_1")
    titles = [one.label for one in app.expander]
    words = next(title for title in titles if title.startswith("Words: "))
    assert "BN" in words or "batch norm" in words.lower()
    assert "BWN" in words
