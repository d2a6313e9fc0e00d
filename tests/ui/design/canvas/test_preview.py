from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.cost import CostReport, DeployedCost, DeployOptions, NotDeployable, cost
from bnn_designer.cost.partial import figures
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.ui.design.canvas.operations import apply_operation
from bnn_designer.ui.design.canvas.preview import Delta, deltas, preview
from bnn_designer.units import bytes_text, count_text

OPTIONS = DeployOptions()
MINUS = "\N{MINUS SIGN}"
DEPLOYED = {"File": "file_bytes", "RAM": "arena_bytes", "Binary MACs": "binary_macs", "Float MACs": "float_macs"}


def deployed(design: Design, options: DeployOptions = OPTIONS) -> DeployedCost:
    found = cost(design, options).deployed
    assert isinstance(found, DeployedCost)
    return found


def lines(design: Design, **operation: Any) -> dict[str, str]:
    answer = preview(design, operation, OPTIONS)
    assert answer["error"] is None
    return {line["label"]: line["text"] for line in answer["lines"]}


@given(st.sampled_from(sorted(PRESETS)), st.sampled_from(sorted(PRESETS)))
def test_a_difference_is_that_of_two_reports(before: str, after: str) -> None:
    old, new = cost(preset(before)).deployed, cost(preset(after)).deployed
    found = deltas(figures(preset(before)), figures(preset(after)))
    if isinstance(new, NotDeployable):
        assert [delta.label for delta in found] == ["Weights", "MACs"]
        reports: list[CostReport] = [cost(preset(name)) for name in (before, after)]
        assert found[0].change == reports[1].memory_bytes - reports[0].memory_bytes
        assert found[1].change == reports[1].larq.macs - reports[0].larq.macs
        return
    assert [delta.label for delta in found] == list(DEPLOYED)
    for delta in found:
        assert delta.after == getattr(new, DEPLOYED[delta.label])
        if isinstance(old, DeployedCost):
            assert delta.change == delta.after - getattr(old, DEPLOYED[delta.label])
        else:
            assert delta.change is None


def test_more_filters_cost_what_they_then_cost() -> None:
    design = Design(
        input_shape=(8, 8, 3),
        blocks=(b.Conv(id="stem", filters=8), b.Conv(id="last", filters=8), b.GlobalPool(), b.Head()),
    )
    found = lines(design, kind="set", id="last", field="filters", value=16)
    wider = apply_operation(design, {"kind": "set", "id": "last", "field": "filters", "value": 16})
    # 8 filters more of 3 x 3 on 8 channels at 8 x 8 places, and 8 inputs more of a dense layer with 10 outputs
    assert found["Float MACs"] == f"+{count_text(8 * 9 * 8 * 64 + 8 * 10)}"
    assert found["Binary MACs"] == "no change"
    assert found["File"] == f"+{bytes_text(deployed(wider).file_bytes - deployed(design).file_bytes)}"
    narrower = lines(wider, kind="set", id="last", field="filters", value=8)
    assert narrower["Float MACs"] == f"{MINUS}{count_text(8 * 9 * 8 * 64 + 8 * 10)}"


def test_more_is_worse_and_less_is_better() -> None:
    design = preset("bi-real-cifar")
    more = preview(design, {"kind": "add", "block_kind": "conv", "parent": None, "index": 1}, OPTIONS)["lines"]
    assert {line["worse"] for line in more if line["text"] != "no change"} == {True}
    less = preview(design, {"kind": "remove", "ids": ["shortcut_1"]}, OPTIONS)["lines"]
    assert next(line for line in less if line["label"] == "File")["worse"] is False
    assert all(line["worse"] is None for line in [*more, *less] if line["text"] == "no change")


def test_how_the_design_is_deployed_is_taken_into_account() -> None:
    design, floats = preset("binarynet"), DeployOptions(binary_dense="float")
    operation = {"kind": "remove", "ids": ["binary_dense_2"]}
    smaller = apply_operation(design, operation)
    (file,) = (line for line in preview(design, operation, floats)["lines"] if line["label"] == "File")
    change = deployed(design, floats).file_bytes - deployed(smaller, floats).file_bytes
    assert file["text"] == f"{MINUS}{bytes_text(change)}"
    assert change != deployed(design).file_bytes - deployed(smaller).file_bytes


def test_of_an_unfinished_design_the_weights_so_far_change() -> None:
    design = Design(input_shape=(8, 8, 3), blocks=(b.Conv(id="stem", filters=8),))
    found = lines(design, kind="set", id="stem", field="filters", value=12)
    assert found == {"Weights": f"+{4 * 27 * 4} B", "MACs": f"+{4 * 27 * 64:,}"}


def test_the_block_that_completes_a_network_gives_its_first_figures() -> None:
    design = Design(input_shape=(8, 8, 3), blocks=(b.Conv(filters=8), b.GlobalPool()))
    found = lines(design, kind="add", block_kind="head", parent=None, index=2)
    ended = apply_operation(design, {"kind": "add", "block_kind": "head", "parent": None, "index": 2})
    assert found["File"] == bytes_text(deployed(ended).file_bytes)
    assert not found["File"].startswith(("+", MINUS))


def test_what_is_not_known_is_no_zero() -> None:
    assert Delta("File", None, None, is_bytes=True).text == "not known yet"
    assert Delta("File", 5, None, is_bytes=True).change is None
    assert Delta("File", None, 5, is_bytes=True).to_data() == {"label": "File", "text": "5 B", "worse": None}
    assert Delta("File", 5, 5, is_bytes=True).text == "no change"


# ---- errors


def test_an_operation_that_is_refused_says_why() -> None:
    answer = preview(preset("bi-real-cifar"), {"kind": "set", "id": "conv_1", "field": "filters", "value": 0}, OPTIONS)
    assert answer == {"error": "Filters must be at least 1, and is 0", "lines": []}


@pytest.mark.parametrize("operation", [{}, {"kind": "undo"}, {"kind": "add", "block_kind": []}])
def test_what_is_no_edit_is_an_error_and_no_figures(operation: dict[str, Any]) -> None:
    answer = preview(Design(), operation, OPTIONS)
    assert answer["error"]
    assert answer["lines"] == []


def test_an_error_that_it_leads_to_is_said_and_one_that_is_there_already_is_not() -> None:
    huge = b.Conv(id="huge", filters=8, kernel_size=(64, 64), padding="valid")
    design = Design(blocks=(b.Conv(id="stem", filters=8), b.GlobalPool(), b.Head()))
    text = huge.model_dump_json()
    answer = preview(design, {"kind": "paste", "text": text, "after": "stem"}, OPTIONS)
    assert answer["error"].startswith("The kernel of 64 x 64 is larger than its input")
    broken = apply_operation(design, {"kind": "paste", "text": text, "after": "stem"})
    again = preview(broken, {"kind": "set", "id": "stem", "field": "filters", "value": 16}, OPTIONS)
    assert again["error"] is None
    assert {line["label"] for line in again["lines"]} == {"Weights", "MACs"}
