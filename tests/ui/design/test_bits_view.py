"""What runs in bits, on the page: the table of blocks and targets, the reasons of the selected block, the passes."""

from __future__ import annotations

import json

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.targets import TARGETS, Verdict
from bnn_designer.targets.verdict import STATES
from bnn_designer.ui.design.bits_view import verdicts_of, verdicts_text
from bnn_designer.ui.shared.look import STATE_SIGNS, escape_markdown
from tests.ui.conftest import OpenPage, texts


def test_a_line_names_the_targets_by_what_becomes_of_the_block() -> None:
    found = {
        "engine": Verdict("bits", "", ""),
        "lce": Verdict("bits", "", ""),
        "finn": Verdict("refused", "", ""),
        "st": Verdict("unknown", "", ""),
        "openvino": Verdict("int8", "", ""),
    }
    text = "**in bits**: this engine, LCE · **in 8 bits**: OpenVINO · **refused by**: FINN · **not known**: ST"
    assert verdicts_text(found) == text
    assert STATE_SIGNS.keys() == {*STATES}
    assert verdicts_text({}) == ""


def test_the_view_has_a_row_for_each_block_that_a_target_judges(open_page: OpenPage, drafts: Drafts) -> None:
    design = preset("vgg-small-bnn")
    app = open_page("design", draft=drafts.create(design).id, view="In bits", block="binary_conv_2")
    table = app.dataframe[0].value
    assert list(table.columns) == ["block", *TARGETS]
    assert len(table) == len(verdicts_of(design))
    row = table[table["block"] == "Binary conv 2"].iloc[0]
    assert row["engine"] == "■ bits"
    assert row["finn"] == "✗ refused"
    heads = {name: json.loads(app.dataframe[0].proto.columns)[name]["label"] for name in TARGETS}
    assert list(heads.values()) == ["this engine", "LCE", "FINN", "ST", "OpenVINO"]
    # the selected block's reasons stand below, with their sources
    said = texts(app)
    for verdict in verdicts_of(design)["binary_conv_2"].values():
        assert verdict.reason.split(":")[0].split(",")[0][:20] in said.replace("\\", "")


def test_passes_inside_a_chain_are_counted_and_named(open_page: OpenPage, drafts: Drafts) -> None:
    chain = (Conv(filters=32), BinaryConv(filters=32, pad_values=0), BinaryConv(filters=32), GlobalPool(), Head())
    design = Design(blocks=chain)
    app = open_page("design", draft=drafts.create(design).id, view="In bits")
    passes = app.dataframe[1].value
    assert "why" not in passes.columns
    for cell in passes["caused by"]:
        named = cell.split(", ")
        assert "Binary conv 1" in named
        assert len(named) == len(set(named))
    assert set(passes["before"]) <= {"Binary conv 1", "Binary conv 2"}
    # each reason once, in a line that wraps
    reasons = {cause.reason for one in cost(design).transitions.inside for cause in one.causes}
    assert reasons
    for reason in reasons:
        assert texts(app).count(escape_markdown(reason)) == 1
    whole = (Conv(filters=32), BinaryConv(filters=32), BinaryConv(filters=32), GlobalPool(), Head())
    app = open_page("design", draft=drafts.create(Design(blocks=whole)).id, view="In bits")
    assert "None inside a chain" in texts(app)


def test_a_network_made_for_large_images_is_offered_its_small_stem(open_page: OpenPage, drafts: Drafts) -> None:
    design = preset("bi-real-net").model_copy(update={"input_shape": (32, 32, 3), "classes": 10})
    draft = drafts.create(design)
    app = open_page("design", draft=draft.id)
    assert "Made for larger images" in texts(app)
    app.button(key="use_stem").click().run()
    first = drafts.get(draft.id).design.blocks[0]
    assert isinstance(first, Conv)
    assert (first.kernel_size, first.strides) == ((3, 3), (1, 1))
    assert "Made for larger images" not in texts(app)


def test_a_series_is_set_up_without_a_height(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("har-1d"))
    block = next(block.id for block in draft.design.blocks if isinstance(block, Conv))
    app = open_page("design", draft=draft.id, block=block)
    labels = [field.label for field in app.number_input]
    assert "Kernel size" in labels
    assert "Steps" in labels
    assert not any("height" in label.lower() for label in labels)
    next(field for field in app.number_input if field.label == "Kernel size").set_value(5).run()
    changed = drafts.get(draft.id).design.find(block)
    assert isinstance(changed, Conv)
    assert changed.kernel_size == (1, 5)
