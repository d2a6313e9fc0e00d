"""The page as a whole: its views, what its address keeps, and what it says where there is nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from tests.ui.compare.conftest import AddRun
from tests.ui.conftest import OpenPage, field, texts


def table(app: AppTest, key: str) -> dict[str, Any]:
    """What the page gives a table to draw."""
    found = next(one for one in app.get("bidi_component") if one.key == key)
    data: dict[str, Any] = json.loads(found.proto.json)
    return data


def titles(data: dict[str, Any]) -> list[str]:
    return [row["title"] for row in data["rows"]]


# ---- what if


def test_variants_are_listed_and_the_address_says_which_are_ticked(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("compare", draft=draft.id, variants="shortcuts-none,nonsense", sort="-file_bytes")
    data = table(app, "what_if_table")
    assert titles(data)[0] == "bi-real-cifar"
    assert "First and last layer: 8 bits" in titles(data)
    assert (data["chosen"], data["sort"]) == (["shortcuts-none"], "-file_bytes")
    assert "Does not apply" in texts(app)
    assert "1 of at most 5 ticked" in texts(app)


def test_a_variant_is_applied_as_a_step_that_can_be_undone(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("compare", draft=draft.id, variants="shortcuts-none")
    app.button(key="variant_apply").click().run()
    assert not app.exception
    after = drafts.get(draft.id)
    assert "shortcut" not in {block.kind for block in after.design.blocks}
    assert after.undo_steps == 1
    assert drafts.undo(draft.id).design == draft.design
    assert "Undo" in app.success[0].value
    assert "variants" not in app.query_params


def test_a_variant_never_goes_over_what_somebody_else_has_changed(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("compare", draft=draft.id, variants="shortcuts-none")
    drafts.rename(draft.id, "changed elsewhere", editor="somebody else")
    app.button(key="variant_apply").click().run()
    assert not app.exception
    assert "Somebody else changed this draft" in app.warning[0].value
    assert drafts.get(draft.id).design == draft.design.model_copy(update={"name": "changed elsewhere"})


def test_nothing_ticked_cannot_be_applied_and_several_neither(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("compare", draft=draft.id)
    assert app.button(key="variant_apply").disabled
    assert app.button(key="variants_aside").disabled
    app = open_page("compare", draft=draft.id, variants="shortcuts-none,pad-zeros")
    assert app.button(key="variant_apply").disabled
    assert not app.button(key="variants_aside").disabled


def test_ticked_variants_are_set_beside_the_design(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("compare", draft=draft.id, variants="shortcuts-none,pad-zeros")
    app.button(key="variants_aside").click().run()
    assert app.query_params["part"] == "side-by-side"
    assert app.query_params["designs"] == f"draft:{draft.id},variant:shortcuts-none,variant:pad-zeros"
    columns = [column["label"] for column in table(app, "side_costs")["columns"]]
    assert columns == ["Figure", "bi-real-cifar", "Shortcuts: none", "Padding of signs: zeros"]


def test_bars_of_another_figure(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("compare", draft=drafts.create(preset("bi-real-cifar")).id)
    field(app.selectbox, "what_if_figure").set_value("arena_bytes").run()
    assert app.query_params["figure"] == "arena_bytes"
    assert "No bar for" not in texts(app)
    field(app.selectbox, "what_if_figure").set_value("latency_pixel_1_ms").run()
    assert "No bar for First and last layer: 8 bits" in texts(app).replace("\\", "")


def test_a_page_without_a_draft_asks_for_one(open_page: OpenPage) -> None:
    app = open_page("compare")
    assert "Choose a draft or a preset" in texts(app)


def test_an_unfinished_draft_says_why_it_has_no_variants(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("compare", draft=drafts.create(Design(blocks=(Conv(filters=8),))).id)
    assert "Not computable" in app.error[0].value


# ---- side by side


@pytest.mark.parametrize("second", ["bi-real-cifar", "dorefa-net", "quicknet"])
def test_a_link_shows_designs_side_by_side(open_page: OpenPage, drafts: Drafts, second: str) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("compare", part="side-by-side", designs=f"draft:{draft.id},preset:{second}")
    assert [column["label"] for column in table(app, "side_costs")["columns"]][1:] == ["bi-real-cifar", second]
    assert bool(app.success) == (second == "bi-real-cifar")
    assert {row["cells"][0]["text"] for row in table(app, "side_runs")["rows"]} == {"no run yet"}


def test_a_named_version_stands_beside_its_draft(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    version = drafts.snapshot(draft.id, "before the cut")
    drafts.change(draft.id, lambda design: preset("quicknet-cifar"))
    app = open_page("compare", draft=draft.id, part="side-by-side", designs=f"draft:{draft.id},version:{version.id}")
    labels = [column["label"] for column in table(app, "side_costs")["columns"]]
    assert labels == ["Figure", "quicknet-cifar", "before the cut"]


def test_the_reference_can_be_another_design(open_page: OpenPage) -> None:
    app = open_page("compare", part="side-by-side", designs="preset:binarynet,preset:quicknet-cifar")
    field(app.selectbox, "side_reference").set_value("preset:quicknet-cifar").run()
    assert app.query_params["designs"] == "preset:quicknet-cifar,preset:binarynet"
    assert table(app, "side_costs")["columns"][1]["label"] == "quicknet-cifar"


def test_runs_of_a_design_stand_with_it(open_page: OpenPage, add_run: AddRun) -> None:
    design = preset("quicknet-cifar")
    for seed, accuracies in enumerate(((0.5, 0.4), (0.6, 0.6))):
        add_run(design, accuracies, seed=seed)
    app = open_page("compare", part="side-by-side", designs="preset:quicknet-cifar,preset:binarynet")
    trained, untrained = table(app, "side_runs")["rows"]
    # best epochs 50 % and 60 %, last ones 40 % and 60 %
    assert [cell["text"] for cell in trained["cells"]] == ["2 epochs of 50,000 images", "2 done", "55.0 %", "50.0 %"]
    assert untrained["cells"][0]["text"] == "no run yet"


def test_what_is_not_there_any_more_is_said_and_hides_nothing(open_page: OpenPage) -> None:
    app = open_page("compare", part="side-by-side", designs="draft:gone,preset:nonsense,rubbish,preset:binarynet")
    assert not app.exception
    assert [warning.value.split(":")[0].replace("\\", "") for warning in app.warning] == [
        "Draft gone",
        "nonsense",
        "rubbish",
    ]
    app.button(key="side_add_quicknet-cifar").click().run()
    assert app.query_params["designs"] == "preset:binarynet,preset:quicknet-cifar"


def test_a_variant_without_a_draft_says_what_it_needs(open_page: OpenPage) -> None:
    app = open_page("compare", part="side-by-side", designs="variant:pad-ones")
    assert "a variant belongs to a draft" in app.warning[0].value.replace("\\", "")


def test_seven_designs_are_cut_to_six(open_page: OpenPage) -> None:
    names = ["binarynet", "bi-real-cifar", "vgg-small-bnn", "xnor-net-cifar", "quicknet-cifar", "reactnet-cifar"]
    designs = ",".join(f"preset:{name}" for name in (*names, "melius-net-cifar"))
    app = open_page("compare", part="side-by-side", designs=designs)
    assert len(table(app, "side_costs")["columns"]) == 1 + 6


# ---- trade-offs


def test_published_networks_stand_on_the_front(open_page: OpenPage) -> None:
    app = open_page("compare", part="trade-offs")
    assert "On the Pareto front" in texts(app)
    data = table(app, "trade_off_table")
    assert {"quicknet-large", "reactnet-a", "real-to-binary-net"} <= set(titles(data))


def test_designs_trained_here_are_points(open_page: OpenPage, drafts: Drafts, add_run: AddRun) -> None:
    design = preset("quicknet-cifar")
    add_run(design, (0.5, 0.7))
    add_run(design, (), status="failed", seed=1)
    app = open_page("compare", draft=drafts.create(design).id, part="trade-offs")
    rows = {row["title"]: row["cells"] for row in table(app, "trade_off_table")["rows"]}
    assert rows["quicknet-cifar"][0]["text"] == "Trained here"
    assert (rows["quicknet-cifar"][2]["text"], rows["quicknet-cifar"][2]["note"]) == ("70.0 %", "trained here, 1 seed")
    assert (rows["binarynet"][2]["text"], rows["binarynet"][2]["note"]) == ("83.2 %", "published")


def test_the_address_keeps_axes_task_and_what_is_shown(open_page: OpenPage) -> None:
    app = open_page(
        "compare", part="trade-offs", task="32x32x3-10", x="macs", y="arena_bytes", show="presets", x_scale="log"
    )
    assert field(app.selectbox, "trade_off_x").value == "macs"
    assert field(app.selectbox, "trade_off_y").value == "arena_bytes"
    field(app.selectbox, "trade_off_x").set_value("ops").run()
    assert app.query_params["x"] == "ops"
    assert "binarynet" in titles(table(app, "trade_off_table"))
    assert "quicknet" not in titles(table(app, "trade_off_table"))


def test_nothing_to_show_says_what_to_do(open_page: OpenPage, drafts: Drafts) -> None:
    other = preset("quicknet-cifar").model_copy(update={"classes": 7})
    app = open_page("compare", draft=drafts.create(other).id, part="trade-offs")
    assert "Train a design" in app.info[0].value
    assert "training run" in texts(app)


def test_nonsense_in_the_address_is_as_none(open_page: OpenPage) -> None:
    app = open_page("compare", part="nonsense")
    assert "Choose a draft or a preset" in texts(app)
    app = open_page("compare", part="trade-offs", x="nonsense", task="1x2", show="nonsense", y_scale="x")
    assert not app.exception
    assert "Nothing is shown" in app.info[0].value
