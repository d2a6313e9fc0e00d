from __future__ import annotations

from hypothesis import given

from bnn_designer.cost import cost
from bnn_designer.cost.partial import figures
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, Flatten, Head, PoolBatchNorm, Shortcut
from bnn_designer.design.presets import preset
from tests.strategies import designs, networks


@given(networks())
def test_a_whole_design_has_the_figures_of_its_report(design: Design) -> None:
    known, report = figures(design), cost(design)
    assert known.error is None
    assert known.layers == report.layers
    assert known.known == report.larq


@given(networks())
def test_without_its_head_everything_in_front_of_it_stays_known(design: Design) -> None:
    report = cost(design)
    known = figures(design.model_copy(update={"blocks": design.blocks[:-1]}))
    assert known.error is not None
    assert "does not end in a head" in known.error.rule
    assert (known.report, known.error_block_id) == (None, None)
    assert known.layers == tuple(layer for layer in report.layers if not layer.block_id.startswith("head"))


@given(designs())
def test_any_document_can_be_shown(design: Design) -> None:
    known = figures(design)
    assert (known.report is None) == (known.error is not None)


def test_an_empty_design_has_an_error_at_no_block() -> None:
    known = figures(Design())
    assert known.error is not None
    assert (known.error_block_id, known.layers) == (None, ())


def test_an_error_inside_a_shortcut_leaves_what_is_in_front_of_it_known() -> None:
    design = Design(
        blocks=(
            Conv(filters=8),
            Shortcut(body=(BinaryConv(filters=8), BinaryConv(filters=8, kernel_size=(99, 99), padding="valid"))),
            Head(),
        )
    )
    known = figures(design)
    assert known.error_block_id == "binary_conv_2"
    assert [layer.path for layer in known.layers] == ["conv_1", "shortcut_1/binary_conv_1"]
    assert known.known.params == 3 * 3 * 3 * 8 + 3 * 3 * 8 * 8


def test_shapes_that_cannot_be_added_are_an_error_of_the_shortcut() -> None:
    body = (PoolBatchNorm(batch_norm=None),)
    known = figures(Design(blocks=(Shortcut(body=body, on_shape_change="refuse"), Flatten(), Head())))
    assert known.error_block_id == "shortcut_1"
    assert [layer.path for layer in known.layers] == ["shortcut_1/pool_bn_1"]


def test_a_block_behind_the_head_leaves_the_head_known() -> None:
    design = preset("bi-real-cifar")
    known = figures(design.model_copy(update={"blocks": (*design.blocks, Flatten(id="late"))}))
    assert known.error_block_id == "late"
    assert known.layers == cost(design).layers
