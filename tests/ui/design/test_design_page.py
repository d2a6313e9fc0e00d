from __future__ import annotations

from streamlit.testing.v1 import AppTest

from bnn_designer.cost import cost
from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import BLOCK_KINDS, BinaryConv, Conv, Head, Shortcut
from bnn_designer.design.presets import preset
from bnn_designer.design.quantization import Quantizer
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.shared.fields import form_fields
from bnn_designer.units import UNKNOWN
from tests.ui.components import do, press, shown, tiles
from tests.ui.conftest import OpenPage, field, texts


def _blocks(drafts: Drafts, app: AppTest) -> list[str]:
    """The paths of all blocks."""
    return [path for path, _ in walk(drafts.get(app.query_params["draft"]).design.blocks)]


def test_a_preset_opens_with_its_figures(open_page: OpenPage) -> None:
    app = open_page()
    press(app, "gallery", "opened", {"name": "bi-real-cifar"})
    assert not app.exception
    found = tiles(app)
    assert [found[name]["text"] for name in ("params", "binary_macs", "arena_bytes")] == ["309 K", "47.2 M", "272 KiB"]
    assert f"{cost(preset('bi-real-cifar')).larq.params:,}" in found["params"]["help"]
    assert len(shown(app, "canvas")["rows"]) == len(list(walk(preset("bi-real-cifar").blocks)))


def test_a_network_is_assembled_on_the_canvas(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    app.button(key="start_empty").click().run()
    assert {(tile["text"], tile["missing"]) for tile in tiles(app).values()} == {(UNKNOWN, True)}
    assert shown(app, "totals")["message"].startswith("Nothing to count yet: add a block")
    assert "1 error" not in texts(app)
    assert shown(app, "canvas")["hint"].startswith("Start with a convolution")
    for index, kind in enumerate(("conv", "shortcut", "pool_bn", "global_pool")):
        do(app, {"kind": "add", "block_kind": kind, "parent": None, "index": index})
    do(app, {"kind": "add", "block_kind": "binary_conv", "parent": "shortcut_1", "index": 0})
    assert "so far" in tiles(app)["params"]["note"]
    assert tiles(app)["file_bytes"]["text"] == UNKNOWN
    assert shown(app, "totals")["message"] == "These are the sums so far. Finish the network to see the rest."
    assert "add a Head" in shown(app, "canvas")["hint"]
    do(app, {"kind": "add", "block_kind": "head", "parent": None, "index": 4})
    assert _blocks(drafts, app) == [
        "conv_1",
        "shortcut_1",
        "shortcut_1/binary_conv_1",
        "pool_bn_1",
        "global_pool_1",
        "head_1",
    ]
    assert shown(app, "canvas")["hint"] == shown(app, "totals")["message"] == ""
    assert "so far" not in tiles(app)["params"]["note"]
    # 32 filters on 3 channels; 32 on 32; 3 batch norms of 32 channels; 10 classes
    params = 3 * 3 * 3 * 32 + 3 * 3 * 32 * 32 + 3 * 2 * 32 + (32 * 10 + 10)
    assert f"{params:,} =" in tiles(app)["params"]["help"]


def test_every_kind_is_added_and_opened_with_a_widget_for_each_field(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    app.button(key="start_empty").click().run()
    for kind, model in BLOCK_KINDS.items():
        do(app, {"kind": "add", "block_kind": kind, "parent": None, "index": 0})
        (block,) = drafts.get(app.query_params["draft"]).design.blocks
        assert block.kind == kind
        assert app.query_params["block"] == block.id
        widgets = [*app.selectbox, *app.number_input, *app.toggle, *app.text_input]
        shown_keys = {str(widget.key).partition("#")[0] for widget in widgets}
        for spec in form_fields(model):
            name = f"block.{block.id}.{spec.name}"
            assert any(key == name or key.startswith(f"{name}.") for key in shown_keys), name
        do(app, {"kind": "undo"})


def test_a_changed_field_changes_the_design_and_the_cost(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(Conv(filters=8), Head(classifier="none"))))
    app = open_page(draft=draft.id, block="conv_1")
    field(app.number_input, "block.conv_1.filters").set_value(16).run()
    field(app.number_input, "block.conv_1.kernel_size.0").set_value(5).run()
    field(app.toggle, "block.conv_1.batch_norm.on").set_value(True).run()
    field(app.toggle, "block.conv_1.batch_norm.scale").set_value(False).run()
    field(app.selectbox, "block.conv_1.activation").set_value(2).run()
    field(app.text_input, "block.conv_1.label").set_value("stem *1*").run()
    conv = drafts.get(draft.id).design.find("conv_1")
    assert isinstance(conv, Conv)
    assert (conv.filters, conv.kernel_size, conv.activation, conv.label) == (16, (5, 3), "prelu", "stem *1*")
    assert conv.batch_norm is not None
    assert not conv.batch_norm.scale


def test_a_quantizer_is_exchanged_with_its_parameters(open_page: OpenPage, drafts: Drafts) -> None:
    conv = BinaryConv(filters=8, input_quantizer=Quantizer(name="ste_sign", clip_value=1.25))
    draft = drafts.create(Design(blocks=(conv,)))
    app = open_page(draft=draft.id, block="binary_conv_1")
    assert field(app.number_input, "block.binary_conv_1.input_quantizer.clip_value").value == 1.25
    choice = field(app.selectbox, "block.binary_conv_1.input_quantizer")
    choice.set_value(choice.options.index("dorefa")).run()
    assert not app.error
    field(app.number_input, "block.binary_conv_1.input_quantizer.k_bit").set_value(4).run()
    changed = drafts.get(draft.id).design.find("binary_conv_1")
    assert isinstance(changed, BinaryConv)
    assert changed.input_quantizer == Quantizer(name="dorefa", k_bit=4)
    field(app.selectbox, "block.binary_conv_1.input_quantizer").set_value(0).run()
    changed = drafts.get(draft.id).design.find("binary_conv_1")
    assert isinstance(changed, BinaryConv)
    assert changed.input_quantizer is None


def test_a_refused_value_is_explained_and_the_field_goes_back(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page(draft=draft.id, block="conv_1")
    field(app.number_input, "block.conv_1.batch_norm.epsilon").set_value(0.0).run()
    assert not app.exception
    assert any("epsilon must be more than 0" in error.value for error in app.error)
    assert field(app.number_input, "block.conv_1.batch_norm.epsilon").value == 0.001
    assert drafts.get(draft.id).design == draft.design


def test_undo_and_redo_are_seen_in_the_form_after_a_reload(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(Conv(filters=8),)))
    app = open_page(draft=draft.id, block="conv_1")
    field(app.number_input, "block.conv_1.filters").set_value(16).run()
    app = open_page(draft=draft.id, block="conv_1")
    assert field(app.number_input, "block.conv_1.filters").value == 16
    do(app, {"kind": "undo"})
    assert field(app.number_input, "block.conv_1.filters").value == 8
    do(app, {"kind": "redo"})
    assert field(app.number_input, "block.conv_1.filters").value == 16
    assert (shown(app, "canvas")["undo_steps"], shown(app, "canvas")["redo_steps"]) == (1, 0)


def test_blocks_are_wrapped_moved_duplicated_removed_and_unwrapped(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(Conv(filters=8), BinaryConv(filters=8), BinaryConv(filters=8), Head())))
    app = open_page(draft=draft.id)
    do(app, {"kind": "wrap", "ids": ["binary_conv_1", "binary_conv_2"], "holder": "repeat"})
    assert _blocks(drafts, app) == ["conv_1", "repeat_1", "repeat_1/binary_conv_1", "repeat_1/binary_conv_2", "head_1"]
    assert app.query_params["block"] == "repeat_1"
    do(app, {"kind": "step", "ids": ["repeat_1"], "direction": "up"})
    assert _blocks(drafts, app)[0] == "repeat_1"
    do(app, {"kind": "duplicate", "ids": ["repeat_1"]}, {"kind": "remove", "ids": ["repeat_1"]})
    assert app.query_params["block"] == "repeat_2"
    do(app, {"kind": "unwrap", "ids": ["repeat_2"]})
    assert _blocks(drafts, app) == ["binary_conv_3", "binary_conv_4", "conv_1", "head_1"]


def test_an_error_is_shown_at_its_block_and_the_design_stays_editable(open_page: OpenPage, drafts: Drafts) -> None:
    broken = BinaryConv(filters=8, kernel_size=(99, 99), padding="valid")
    draft = drafts.create(Design(blocks=(Conv(filters=8), Shortcut(body=(broken,)), Head())))
    app = open_page(draft=draft.id, block="binary_conv_1")
    assert any("kernel of 99 x 99 is larger than its input" in error.value for error in app.error)
    errors = {row["id"]: row["error"] for row in shown(app, "canvas")["rows"] if "error" in row}
    assert set(errors) == {"binary_conv_1"}
    assert tiles(app)["params"]["note"].endswith("so far")
    assert tiles(app)["file_bytes"]["text"] == UNKNOWN
    assert shown(app, "totals")["message"] == "These are the sums so far. Finish the network to see the rest."
    assert "kernel of 99" in tiles(app)["file_bytes"]["help"]
    for axis in (0, 1):
        field(app.number_input, f"block.binary_conv_1.kernel_size.{axis}").set_value(3).run()
    assert not any("larger than its input" in error.value for error in app.error)


def test_an_unknown_draft_is_said_and_a_new_one_can_be_started(open_page: OpenPage) -> None:
    app = open_page(draft="nowhere", block="gone")
    assert "there is no such draft" in app.warning[0].value
    assert "draft" not in app.query_params
    app.button(key="start_empty").click().run()
    assert app.query_params["draft"] != "nowhere"


def test_name_input_and_classes_are_part_of_the_design(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page(draft=draft.id)
    field(app.text_input, "design.name").set_value("<b>mine</b>").run()
    field(app.number_input, "design.input_0").set_value(64).run()
    field(app.number_input, "design.classes").set_value(100).run()
    design = drafts.get(draft.id).design
    assert (design.name, design.input_shape, design.classes) == ("<b>mine</b>", (64, 32, 3), 100)
    field(app.text_input, "design.name").set_value("   ").run()
    assert drafts.get(draft.id).design.name == "<b>mine</b>"
    assert app.error


def test_a_preset_in_place_of_a_design_can_be_undone(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(name="mine", blocks=(Conv(filters=8),)))
    app = open_page(draft=draft.id, block="conv_1")
    app.button(key="presets").click().run()
    press(app, "gallery", "opened", {"name": "binarynet"})
    assert not app.exception
    assert drafts.get(draft.id).design == preset("binarynet")
    assert "block" not in app.query_params
    do(app, {"kind": "undo"})
    assert drafts.get(draft.id).design.name == "mine"


def test_changing_the_page_by_its_menu_keeps_the_draft(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id)
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert app.query_params["draft"] == draft.id
    assert "binarynet" in texts(app) or field(app.selectbox, "train.design").value == draft.id
