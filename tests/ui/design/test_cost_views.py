from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.cost import DeployedCost, NotDeployable, cost
from bnn_designer.cost.formula import Term, formula
from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.design.analysis_view import VIEWS
from bnn_designer.ui.design.device_frame import device_frame
from bnn_designer.ui.design.operator_table import dense_table, operator_table, unsupported_blocks
from bnn_designer.ui.design.training_memory_view import batch_chart, batch_table, kept_table
from bnn_designer.ui.shared.formula_view import formula_text
from tests.ui.components import shown
from tests.ui.conftest import OpenPage, texts


def _codes(app: AppTest) -> str:
    return "\n".join(code.value for code in app.code)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["bi-real-cifar", "dorefa-net", "binarynet", "group-net-18"])
def test_every_view_of_a_network_opens(open_page: OpenPage, drafts: Drafts, name: str, view: str) -> None:
    app = open_page(draft=drafts.create(preset(name)).id, view=view)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_an_unfinished_design_says_what_is_missing(
    open_page: OpenPage, drafts: Drafts, view: str
) -> None:
    app = open_page(draft=drafts.create(Design(blocks=(Conv(filters=8),))).id, view=view)
    assert not app.exception
    if view not in ("Advice", "Layers", "Picture"):
        assert "Finish the network to see this" in texts(app)


def test_a_design_that_cannot_be_deployed_has_a_state_and_reasons(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("dorefa-net"))
    app = open_page(draft=draft.id, view="Deployment")
    assert "Unsupported" in app.warning[0].value
    app.button(key="unsupported_binary_conv_1").click().run()
    assert app.query_params["block"] == "binary_conv_1"
    assert shown(app, "canvas")["selection"]["ids"] == ["binary_conv_1"]


def test_a_layer_is_opened_to_its_formulas(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("bi-real-cifar")).id, view="Layers", block="binary_conv_1")
    assert "3 * 3 * 32 * 32 * 32 * 32" in _codes(app)
    app.selectbox(key="open_layer.binary_conv_1").set_value("shortcut_1").run()
    assert not app.exception


def test_the_batch_size_changes_the_training_memory(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("bi-real-cifar")).id, view="Training memory")
    memory = cost(preset("bi-real-cifar")).training_memory
    app.number_input(key="training_batch").set_value(7).run()
    shown = next(metric for metric in app.metric if metric.label == "Training memory")
    assert f"{memory.at(7).total_bytes:,} bytes" in shown.help
    app.button(key="formula_training_memory").click().run()
    assert "batch size" in _codes(app)


def test_no_latency_stands_without_its_error(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("quicknet")).id, view="Devices")
    pixel = next(metric for metric in app.metric if metric.label == "Pixel 1")
    assert pixel.value.endswith(" ms")
    assert pixel.delta.startswith("±")
    this = next(metric for metric in app.metric if metric.label == "this machine")
    assert this.value == "not calibrated"
    app.button(key="formula_latency").click().run()
    assert not app.exception
    assert "ms for binary MACs * binary MACs" in _codes(app)


def test_the_tables_hold_what_the_program_has() -> None:
    deployed = cost(preset("binarynet")).deployed
    assert isinstance(deployed, DeployedCost)
    table = operator_table(deployed.program)
    assert table["binary_macs"].sum() == deployed.binary_macs
    assert table["float_macs"].sum() == deployed.float_macs
    assert len(table) == len(deployed.program.operators)
    other = cost(preset("binarynet")).binary_dense_as_float
    assert other is not None
    differences = dense_table(deployed, other)
    assert (differences["packed"] + differences["difference"] == differences["in float"]).all()


def test_reasons_are_told_once_a_block() -> None:
    deployed = cost(preset("dorefa-net")).deployed
    assert isinstance(deployed, NotDeployable)
    found = unsupported_blocks(deployed)
    assert next(iter(found)) == "binary_conv_1"
    assert all(len(reasons) == len(set(reasons)) for reasons in found.values())


def test_the_device_table_says_what_is_short_and_what_is_not_known() -> None:
    table = device_frame(cost(preset("bi-real-cifar")).deployed).set_index("device")
    # an arena of 278,528 bytes in 264 KiB of RAM: 8 KiB short
    assert table.loc["Raspberry Pi Pico", "what is missing"] == "8.00 KiB of RAM short"
    assert table.loc["GAP8", "state"] == "? unknown"
    unsupported = device_frame(cost(preset("dorefa-net")).deployed)
    assert set(unsupported["state"]) == {"✗ unsupported"}


def test_training_memory_grows_by_what_an_image_keeps() -> None:
    memory = cost(preset("bi-real-cifar")).training_memory
    table = batch_table(memory, [1, 2]).set_index("batch size")
    assert table.loc[2, "total"] - table.loc[1, "total"] == sum(one.bytes for one in memory.kept)
    assert kept_table(memory)["bytes"].iloc[0] == 32 * 32 * 32 * 4
    heights = [sum(parts) for parts in zip(*(bars.y for bars in batch_chart(memory, [1, 2]).data), strict=True)]
    assert [round(height * 1024**2) for height in heights] == list(table["total"])


def test_a_formula_says_nothing_twice() -> None:
    term = Term("height", 3) * Term("width", 4)
    assert formula_text(formula("area", term, "pixels", "geometry")) == "height * width\n= 3 * 4\n= 12"
    assert formula_text(formula("side", Term("height", 3), "pixels", "geometry")) == "height\n= 3"


def test_the_picture_and_a_report_are_kept_as_files(open_page: OpenPage, drafts: Drafts) -> None:
    """What they hold is made when it is asked for; an unfinished design has a picture, and no report."""
    for design, is_disabled in ((preset("bi-real-cifar"), False), (Design(blocks=(Conv(filters=8),)), True)):
        page = open_page(draft=drafts.create(design).id, view="Picture")
        found = {one.proto.label: one.proto.disabled for one in page.get("download_button")}
        kept = {name: found[name] for name in ("Download SVG", "Download PNG", "Download report")}
        assert kept == {"Download SVG": False, "Download PNG": False, "Download report": is_disabled}
