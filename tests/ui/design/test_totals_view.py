"""The strip of totals on the page, with what is chosen for it: conventions, deployment, budgets."""

from __future__ import annotations

import streamlit as st
from streamlit.testing.v1 import AppTest

from bnn_designer.cost import DeployedCost, DeployOptions, cost
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.latency.devices import SOURCES, latency_by_block
from bnn_designer.design import apply_edit
from bnn_designer.design.edits import Remove
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.design.totals.figures import USUAL_DEVICE, totals
from bnn_designer.ui.design.totals_view import read_options
from bnn_designer.units import bytes_text
from tests.ui.components import do, press, select, shown, tiles
from tests.ui.conftest import OpenPage
from tests.ui.tab import Tab

MINUS = "\N{MINUS SIGN}"


def deployed(name: str, options: DeployOptions | None = None) -> DeployedCost:
    found = cost(preset(name), options or DeployOptions()).deployed
    assert isinstance(found, DeployedCost)
    return found


def opened(app: AppTest) -> str:
    """The formulas that are open."""
    return "\n".join(code.value for code in app.code)


# ---- how it is counted


def test_what_was_never_chosen_is_as_by_default() -> None:
    assert Tab()(read_options) == ("larq", DeployOptions())


def test_what_was_chosen_is_read() -> None:
    def chosen() -> tuple[str, DeployOptions]:
        st.session_state.update(convention="deployed", deploy_dense="float", deploy_kernel="default")
        return read_options()

    assert Tab()(chosen) == ("deployed", DeployOptions("float", "default"))


def test_the_convention_and_the_deployment_are_chosen_once_for_the_page(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    assert "Convention: larq" in tiles(app)["ops"]["help"]
    app.radio(key="convention").set_value("deployed").run()
    assert f"{round(deployed('binarynet').ops):,}" in tiles(app)["ops"]["help"]
    for options in (DeployOptions("float"), DeployOptions("float", "default")):
        app.radio(key="deploy_dense").set_value(options.binary_dense).run()
        app.radio(key="deploy_kernel").set_value(options.kernel).run()
        assert not app.exception
        expected = deployed("binarynet", options)
        assert f"{expected.file_bytes:,} bytes" in tiles(app)["file_bytes"]["help"]
        assert f"{expected.arena_bytes:,} bytes" in tiles(app)["arena_bytes"]["help"]


def test_the_strip_has_every_total_as_it_is(open_page: OpenPage, drafts: Drafts) -> None:
    design = preset("bi-real-cifar")
    found = tiles(open_page(draft=drafts.create(design).id))
    expected = totals(design, DeployOptions(), "larq", None)
    assert [(name, tile["label"], tile["text"], tile["note"]) for name, tile in found.items()] == [
        (total.name, total.label, total.text, total.note) for total in expected
    ]
    assert all(tile["known"] and tile["change"] == "" and tile["bar"] is None for tile in found.values())


# ---- changes


def test_a_change_since_the_last_edit_and_since_it_was_opened(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("bi-real-cifar")).id)
    do(app, {"kind": "set", "id": "conv_1", "field": "kernel_size", "value": 5})
    # 5 x 5 in place of 3 x 3 on 3 channels, 32 filters
    weights = (25 - 9) * 3 * 32
    params = tiles(app)["params"]
    assert (params["change"], params["worse"]) == (f"+{weights:,}", True)
    do(app, {"kind": "set", "id": "conv_1", "field": "kernel_size", "value": 1})
    params = tiles(app)["params"]
    assert (params["change"], params["worse"]) == (f"{MINUS}{(25 - 1) * 3 * 32:,}", False)
    assert params["changes"] == [
        f"{MINUS}{(25 - 1) * 3 * 32:,} by the last edit.",
        f"{MINUS}{(9 - 1) * 3 * 32} since you opened it.",
    ]
    do(app, {"kind": "undo"}, {"kind": "undo"})
    assert tiles(app)["params"]["changes"][-1] == "No change since you opened it."


def test_another_convention_deployment_or_device_is_no_change(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    for widget, value in (
        (app.radio(key="convention"), "deployed"),
        (app.radio(key="deploy_dense"), "float"),
        (app.radio(key="deploy_kernel"), "default"),
        (app.selectbox(key="budget_device"), next(iter(SOURCES))),
    ):
        widget.set_value(value).run()
        assert {tile["change"] for tile in tiles(app).values()} == {""}
        assert {text for tile in tiles(app).values() for text in tile["changes"]} == {"No change since you opened it."}
    # a change is counted in the way that is chosen, also of what was seen in another way
    do(app, {"kind": "remove", "ids": ["binary_dense_2"]})
    app.radio(key="deploy_dense").set_value("conv").run()
    smaller = apply_edit(preset("binarynet"), Remove(block_id="binary_dense_2"))
    packed = DeployOptions("conv", "default")
    after = cost(smaller, packed).deployed
    assert isinstance(after, DeployedCost)
    change = f"{MINUS}{bytes_text(deployed('binarynet', packed).file_bytes - after.file_bytes)}"
    assert tiles(app)["file_bytes"]["change"] == change
    assert f"{change} since you opened it." in tiles(app)["file_bytes"]["changes"]


def test_a_look_at_another_draft_is_no_change(open_page: OpenPage, drafts: Drafts) -> None:
    first, second = drafts.create(preset("bi-real-cifar")), drafts.create(preset("binarynet"))
    app = open_page(draft=first.id)
    app.query_params["draft"] = second.id
    app.run()
    assert tiles(app)["params"]["text"] == "10.4 M"
    assert {tile["change"] for tile in tiles(app).values()} == {""}


# ---- a press


def test_a_total_is_opened_to_its_formula(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    assert tiles(app)["params"]["formula"]
    press(app, "totals", "opened", "params")
    assert not app.exception
    assert "10,352,000 + 7,700" in opened(app)
    app.run()
    assert opened(app) == ""


def test_a_press_on_what_has_no_formula_opens_nothing(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    assert not tiles(app)["fits"]["formula"]
    for name in ("fits", "latency_ms", "unknown", 5, None, ["params"], {"a": 1}):
        for event in ("opened", "blamed"):
            press(app, "totals", event, name)
            assert not app.exception, name
            assert opened(app) == ""


def test_every_tile_explains_its_words(open_page: OpenPage, drafts: Drafts) -> None:
    found = tiles(open_page(draft=drafts.create(preset("binarynet")).id))
    terms = {name: [word["term"] for word in tile["words"]] for name, tile in found.items()}
    assert all(1 <= len(words) <= 4 for words in terms.values())
    assert terms["ops"][0] == "OPs"
    assert terms["arena_bytes"][:2] == ["RAM", "arena"]
    assert terms["binary_macs"][:3] == ["binary MACs", "XNOR", "popcount"]
    assert found["ops"]["words"][0]["meaning"].startswith("Binary MACs / 64")
    assert found["ops"]["words"][0]["matters"]


# ---- budgets


def test_a_budget_fills_bars_and_blames_layers(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    app.text_input(key="budget_flash").set_value("512 KiB").run()
    app.text_input(key="budget_ram").set_value("8 MiB").run()
    file, ram = (tiles(app)[name] for name in ("file_bytes", "arena_bytes"))
    over = deployed("binarynet").file_bytes - 512 * 1024
    assert file["bar"]["share"] > 1
    assert file["bar"]["text"] == f"{bytes_text(over)} over 512 KiB"
    assert file["blame"].startswith("Most is in Binary dense 1")
    assert (file["blames"], ram["blames"], ram["blame"]) == (True, False, "")
    # in words below the strip, and nothing of what is within its limit
    assert shown(app, "totals")["blame"].startswith("File: most is in Binary dense 1 (")
    assert "RAM" not in shown(app, "totals")["blame"]
    assert ram["bar"]["share"] == deployed("binarynet").arena_bytes / (8 * 1024**2)
    press(app, "totals", "opened", "file_bytes")
    assert opened(app) != ""  # its formula is there whether it is exceeded or not
    press(app, "totals", "blamed", "file_bytes")
    assert not app.exception
    assert shown(app, "canvas")["selection"]["ids"][0] == app.query_params["block"] == "binary_dense_1"
    assert opened(app) == ""
    app.text_input(key="budget_flash").set_value("8 MiB").run()
    assert shown(app, "totals")["blame"] == ""
    press(app, "totals", "opened", "file_bytes")
    assert opened(app) != ""
    assert not tiles(app)["file_bytes"]["blames"]


def test_the_line_has_its_place_as_long_as_a_budget_is_set(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    assert not shown(app, "totals")["budgeted"]
    for limit in ("100 s", "1 ms", "9000 ms"):  # not readable, exceeded, kept
        app.text_input(key="budget_ms").set_value(limit).run()
        assert shown(app, "totals")["budgeted"] == (limit != "100 s")
        assert (shown(app, "totals")["blame"] != "") == (limit == "1 ms")


def test_a_latency_that_is_exceeded_selects_what_takes_the_time(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    app.text_input(key="budget_ms").set_value("1 ms").run()
    said = shown(app, "totals")["blame"]
    assert said.startswith("Latency: the largest shares of the time: ")
    first = next(iter(latency_by_block(USUAL_DEVICE, deployed("binarynet").program)))
    press(app, "totals", "blamed", "latency_ms")
    assert shown(app, "canvas")["selection"]["ids"][0] == first


def test_a_budget_that_cannot_be_read_is_said_and_has_no_bars(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    app.text_input(key="budget_ram").set_value("8 MiB").run()
    app.text_input(key="budget_flash").set_value("8 MB?").run()
    assert any("not a size" in error.value for error in app.error)
    assert all(tile["bar"] is None for tile in tiles(app).values())
    app.text_input(key="budget_flash").set_value("").run()
    assert not app.error
    assert tiles(app)["arena_bytes"]["bar"] is not None


def test_a_budget_of_nothing_is_far_exceeded(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    app.text_input(key="budget_flash").set_value("0").run()
    assert tiles(app)["file_bytes"]["bar"]["share"] == 10  # as wide as a bar gets


def test_the_budget_of_a_device(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("bi-real-cifar")).id)
    device = next(name for name, one in DEVICES.items() if one.flash_bytes and one.arena_limit_bytes)
    app.selectbox(key="budget_device").set_value(device).run()
    assert not app.exception
    found = tiles(app)
    assert found["fits"]["note"] == DEVICES[device].name
    assert f"of {bytes_text(DEVICES[device].flash_bytes or 0)}" in found["file_bytes"]["bar"]["text"]


def test_of_an_unfinished_network_no_bar_is_filled(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    app.text_input(key="budget_flash").set_value("512 KiB").run()
    do(app, {"kind": "remove", "ids": ["head_1"]})
    assert all(tile["bar"] is None for tile in tiles(app).values())


def test_what_is_chosen_outlives_a_look_at_another_page(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    app.text_input(key="budget_flash").set_value("512 KiB").run()
    app.radio(key="convention").set_value("deployed").run()
    select(app, "conv_1")
    app.switch_page("pages/train.py").run()
    app.switch_page("pages/design.py").run()
    assert "Convention: deployed" in tiles(app)["ops"]["help"]
    assert tiles(app)["file_bytes"]["bar"] is not None
