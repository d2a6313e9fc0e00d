from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.design.blocks import BLOCK_KINDS, BinaryConv, Conv, Head, Shortcut
from bnn_designer.design.presets import preset
from bnn_designer.design.quantization import Quantizer
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.shared.fields import form_fields
from tests.ui.conftest import OpenPage, field, texts


def _names(drafts: Drafts, app) -> list[str]:  # type: ignore[no-untyped-def]
    return [block.kind for block in drafts.get(app.query_params["draft"]).design.blocks]


def test_a_network_is_assembled_by_clicks(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    app.button(key="start_empty").click().run()
    assert [metric.value for metric in app.metric] == ["not computable"] * 4
    for kind in ("conv", "shortcut", "binary_conv"):
        app.button(key=f"add_{kind}").click().run()
    app.button(key="row_shortcut_1").click().run()  # behind the shortcut, not into it
    for kind in ("pool_bn", "global_pool"):
        app.button(key=f"add_{kind}").click().run()
    assert "so far" in app.metric[0].label
    assert app.metric[3].value == "not computable"
    app.button(key="add_head").click().run()
    assert not app.exception
    assert _names(drafts, app) == ["conv", "shortcut", "pool_bn", "global_pool", "head"]
    design = drafts.get(app.query_params["draft"]).design
    assert [block.kind for block in design.blocks[1].body] == ["binary_conv"]  # type: ignore[union-attr]
    assert "so far" not in app.metric[0].label
    # 32 filters on 3 channels; 32 on 32; 4 batch norms of 32 channels; 10 classes
    params = 3 * 3 * 3 * 32 + 3 * 3 * 32 * 32 + 3 * 2 * 32 + (32 * 10 + 10)
    assert f"{params:,} =" in app.metric[0].help


def test_every_kind_is_added_and_opened_with_a_widget_for_each_field(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    app.button(key="start_empty").click().run()
    adders = [button.key for button in app.button if str(button.key).startswith("add_")]
    assert sorted(adders) == sorted(f"add_{kind}" for kind in BLOCK_KINDS)
    for kind, model in BLOCK_KINDS.items():
        app.button(key=f"add_{kind}").click().run()
        assert not app.exception
        (block,) = drafts.get(app.query_params["draft"]).design.blocks
        assert block.kind == kind
        assert app.query_params["block"] == block.id
        widgets = [*app.selectbox, *app.number_input, *app.toggle, *app.text_input]
        shown = {str(widget.key).partition("#")[0] for widget in widgets}
        for spec in form_fields(model):
            name = f"block.{block.id}.{spec.name}"
            assert any(key == name or key.startswith(f"{name}.") for key in shown), name
        app.button(key="undo").click().run()


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


def test_a_block_is_wrapped_in_a_repetition(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page(draft=draft.id, block="shortcut_1")
    app.selectbox(key="wrap_in.shortcut_1").set_value("repeat").run()
    app.button(key="action_wrap").click().run()
    assert not app.exception
    assert drafts.get(draft.id).design.blocks[1].kind == "repeat"
    assert app.query_params["block"] == "repeat_1"


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
    app.button(key="undo").click().run()
    assert field(app.number_input, "block.conv_1.filters").value == 8
    app.button(key="redo").click().run()
    assert field(app.number_input, "block.conv_1.filters").value == 16
    assert app.button(key="redo").disabled


def test_blocks_are_moved_wrapped_unwrapped_duplicated_and_removed(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design(blocks=(Conv(filters=8), BinaryConv(filters=8), BinaryConv(filters=8), Head())))
    app = open_page(draft=draft.id, block="binary_conv_1")
    app.selectbox(key="wrap_to.binary_conv_1").set_value(1).run()
    app.button(key="action_wrap").click().run()
    assert _names(drafts, app) == ["conv", "shortcut", "head"]
    assert app.query_params["block"] == "shortcut_1"
    app.button(key="action_up").click().run()
    assert _names(drafts, app) == ["shortcut", "conv", "head"]
    app.button(key="action_duplicate").click().run()
    assert _names(drafts, app) == ["shortcut", "shortcut", "conv", "head"]
    app.button(key="action_remove").click().run()
    app.button(key="row_shortcut_1").click().run()
    app.button(key="action_unwrap").click().run()
    assert not app.exception
    assert _names(drafts, app) == ["binary_conv", "binary_conv", "conv", "head"]


def test_an_error_is_shown_at_its_block_and_the_design_stays_editable(open_page: OpenPage, drafts: Drafts) -> None:
    broken = BinaryConv(filters=8, kernel_size=(99, 99), padding="valid")
    draft = drafts.create(Design(blocks=(Conv(filters=8), Shortcut(body=(broken,)), Head())))
    app = open_page(draft=draft.id, block="binary_conv_1")
    assert any("kernel of 99 x 99 is larger than its input" in error.value for error in app.error)
    assert app.metric[0].label == "Parameters so far"
    assert app.metric[3].value == "not computable"
    assert "kernel of 99" in app.metric[3].help
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
    draft = drafts.create(Design(name="mine"))
    app = open_page(draft=draft.id)
    app.button(key="preset_binarynet").click().run()
    assert drafts.get(draft.id).design == preset("binarynet")
    app.button(key="undo").click().run()
    assert drafts.get(draft.id).design.name == "mine"


def test_changing_the_page_by_its_menu_keeps_the_draft(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id)
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert app.query_params["draft"] == draft.id
    assert "binarynet" in texts(app) or field(app.selectbox, "train.design").value == draft.id
