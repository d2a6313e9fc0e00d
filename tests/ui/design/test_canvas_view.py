"""The canvas on the page: what it sends becomes changes of the draft, each exactly once, and is answered."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import Update
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.units import bytes_text
from tests.runs.drafts.changes import adding
from tests.ui.components import CLIENT, do, select, set_state, shown
from tests.ui.conftest import OpenPage, texts

ADD = {"kind": "add", "block_kind": "activation", "parent": None, "index": 0}


def said(app: AppTest) -> tuple[str, bool]:
    """What the canvas announces, and whether as something refused."""
    announcement = shown(app, "canvas")["announcement"]
    return announcement["text"], announcement["wrong"]


def count(drafts: Drafts, draft_id: str) -> int:
    return len(list(walk(drafts.get(draft_id).design.blocks)))


# ---- exactly once


def test_edits_are_applied_in_their_order_each_as_a_step(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design())
    app = open_page(draft=draft.id)
    do(app, ADD, {"kind": "duplicate", "ids": ["activation_1"]}, {"kind": "remove", "ids": ["activation_1"]})
    changed = drafts.get(draft.id)
    assert ([block.id for block in changed.design.blocks], changed.undo_steps) == (["activation_2"], 3)
    data = shown(app, "canvas")
    assert (data["client"], data["acknowledged"], data["undo_steps"]) == (CLIENT, 3, 3)


def test_what_is_sent_again_is_not_done_again(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design())
    app = open_page(draft=draft.id)
    do(app, ADD, ADD, first=1)
    do(app, ADD, ADD, first=1)
    do(app, ADD, ADD, ADD, first=1)  # the third one is new
    assert count(drafts, draft.id) == 3
    assert shown(app, "canvas")["acknowledged"] == 3


def test_what_is_sent_again_is_not_announced_again(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(Design()).id)
    for number, operation in enumerate((ADD, {"kind": "undo"}, {"kind": "explode"}), start=1):
        do(app, operation, first=number)
        before = shown(app, "canvas")["announcement"]
        do(app, operation, first=number)
        assert shown(app, "canvas")["announcement"] == before


def test_twelve_edits_with_reloads_in_between_are_twelve(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design())
    for first in range(1, 12, 3):
        app = open_page(draft=draft.id)  # another session, in which nothing was acknowledged yet
        do(app, *[ADD] * (first + 2), first=1)
    assert count(drafts, draft.id) == 12
    assert drafts.get(draft.id).undo_steps == 12


def test_every_tab_counts_for_itself(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design())
    for client in ("one", "two"):
        do(open_page(draft=draft.id), ADD, first=1, client=client)
    assert count(drafts, draft.id) == 2


def test_what_comes_when_another_draft_is_shown_waits_for_its_own(open_page: OpenPage, drafts: Drafts) -> None:
    first, second = drafts.create(Design()), drafts.create(Design())
    app = open_page(draft=second.id)
    late = {"draft": first.id, "client": CLIENT, "operations": [{**ADD, "number": 1}]}
    set_state(app, "canvas", outbox={**late, "sending": 1})
    assert (count(drafts, first.id), count(drafts, second.id)) == (0, 0)
    assert shown(app, "canvas")["acknowledged"] == 0
    # once its draft is shown again, it is sent again
    app.query_params["draft"] = first.id
    app.run()
    set_state(app, "canvas", outbox={**late, "sending": 2})
    assert (count(drafts, first.id), count(drafts, second.id)) == (1, 0)
    assert shown(app, "canvas")["acknowledged"] == 1


def test_what_is_refused_is_acknowledged_and_said(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page(draft=draft.id)
    wrong = [{"kind": "remove", "ids": ["gone"]}, {"kind": "explode"}, {}, {"kind": "add", "block_kind": []}]
    for number, operation in enumerate(wrong, start=1):
        do(app, operation)
        assert shown(app, "canvas")["acknowledged"] == number
        assert said(app)[1]
        assert said(app)[0]
        assert not app.error  # it is said where it was done
    assert drafts.get(draft.id).design == draft.design
    do(app, ADD)
    assert not said(app)[1]


# ---- what is answered


def test_what_was_done_is_announced_with_a_growing_number(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(preset("bi-real-cifar")).id)
    assert said(app) == ("", False)
    number = shown(app, "canvas")["announcement"]["number"]
    for operation, sentence in (
        (
            {"kind": "step", "ids": ["conv_1"], "direction": "down"},
            "Moved Float conv 1 above Binary conv 1, position 1 of 2",
        ),
        ({"kind": "undo"}, "Undid a step; 15 blocks"),
        ({"kind": "redo"}, "Redid a step; 15 blocks"),
        ({"kind": "redo"}, "Nothing to do"),
        ({"kind": "set", "id": "conv_1", "field": "filters", "value": 16}, "Float conv 1: filters 16"),
    ):
        do(app, operation)
        assert said(app)[0].startswith(sentence)
        assert shown(app, "canvas")["announcement"]["number"] == number + 1
        number += 1


def test_what_is_new_is_selected_and_the_canvas_is_told(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(Design()).id)
    version = shown(app, "canvas")["selection"]["version"]
    do(app, ADD)
    selection = shown(app, "canvas")["selection"]
    assert selection["ids"] == ["activation_1"]
    assert selection["version"] > version
    # what the canvas itself selected, it is not told
    do(app, ADD)
    version = shown(app, "canvas")["selection"]["version"]
    select(app, "activation_1", "activation_2")
    assert shown(app, "canvas")["selection"] == {"version": version, "ids": ["activation_1", "activation_2"]}
    assert app.query_params["block"] == "activation_1"


def test_a_selection_made_before_python_selected_something_does_not_undo_that(
    open_page: OpenPage, drafts: Drafts
) -> None:
    app = open_page(draft=drafts.create(preset("bi-real-cifar")).id)
    version = shown(app, "canvas")["selection"]["version"]
    do(app, ADD)
    set_state(app, "canvas", selected={"ids": ["conv_1"], "version": version})
    assert shown(app, "canvas")["selection"]["ids"] == ["activation_1"]
    select(app, "conv_1")
    assert shown(app, "canvas")["selection"]["ids"] == ["conv_1"]


@pytest.mark.parametrize(
    ("design", "hint"),
    [
        (Design(), "Start with a convolution"),
        (Design(blocks=(b.Conv(filters=8),)), "Almost there: add a Head"),
        (preset("bi-real-cifar"), ""),
        # the error stands on its card
        (Design(blocks=(b.Conv(filters=8), b.Head())), ""),
    ],
)
def test_the_hint_below_the_last_block(open_page: OpenPage, drafts: Drafts, design: Design, hint: str) -> None:
    data = shown(open_page(draft=drafts.create(design).id), "canvas")
    assert data["hint"].startswith(hint)
    assert bool(data["hint"]) == bool(hint)
    assert data["source"] == "Image 32 x 32 x 3, 10 classes"


def test_what_an_edit_would_cost_is_answered_and_nothing_is_changed(open_page: OpenPage, drafts: Drafts) -> None:
    design = preset("bi-real-cifar")
    draft = drafts.create(design)
    app = open_page(draft=draft.id)
    assert shown(app, "canvas_questions") == {"draft": draft.id, "answer": None}
    operation = {"kind": "set", "id": "conv_1", "field": "kernel_size", "value": 5}
    set_state(app, "canvas_questions", asked={"client": CLIENT, "number": 4, "operation": operation})
    assert not app.exception
    answer = shown(app, "canvas_questions")["answer"]
    assert (answer["client"], answer["number"], answer["error"]) == (CLIENT, 4, None)
    larger = apply_edit(design, Update(block_id="conv_1", changes={"kernel_size": (5, 5)}))
    before, after = (cost(one).deployed for one in (design, larger))
    assert isinstance(before, DeployedCost)
    assert isinstance(after, DeployedCost)
    file = next(line for line in answer["lines"] if line["label"] == "File")
    assert file["text"] == f"+{bytes_text(after.file_bytes - before.file_bytes)}"
    assert drafts.get(draft.id) == draft


def test_blocks_go_from_one_draft_to_another(open_page: OpenPage, drafts: Drafts) -> None:
    source, target = drafts.create(preset("bi-real-cifar")), drafts.create(Design())
    found = shown(open_page(draft=source.id), "canvas")["json"]
    app = open_page(draft=target.id)
    do(app, {"kind": "paste", "text": f"[{found['shortcut_1']},\n{found['conv_1']}]", "after": None})
    blocks = drafts.get(target.id).design.blocks
    assert [block.id for block in blocks] == ["shortcut_1", "conv_1"]
    assert json.loads(found["conv_1"])["filters"] == blocks[1].filters  # type: ignore[union-attr]
    assert shown(app, "canvas")["selection"]["ids"] == ["shortcut_1", "conv_1"]


# ---- two tabs


def test_a_change_over_somebody_else_s_is_asked_about(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design())
    app = open_page(draft=draft.id)
    drafts.change(draft.id, adding("theirs"), editor="somebody")
    do(app, ADD)
    assert count(drafts, draft.id) == 1
    assert "Changed elsewhere" in texts(app)
    assert shown(app, "canvas")["acknowledged"] == 1  # it is held here, and need not come again
    app.button(key="settle_apply").click().run()
    assert not app.exception
    assert count(drafts, draft.id) == 2
    assert "Changed elsewhere" not in texts(app)


def test_a_change_that_is_left_is_forgotten(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design())
    app = open_page(draft=draft.id)
    drafts.change(draft.id, adding("theirs"), editor="somebody")
    do(app, ADD)
    app.button(key="settle_leave").click().run()
    assert count(drafts, draft.id) == 1
    assert "Changed elsewhere" not in texts(app)
    do(app, ADD)
    assert count(drafts, draft.id) == 2


def test_a_draft_that_was_deleted_elsewhere_is_said(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(Design())
    app = open_page(draft=draft.id)
    drafts.delete(draft.id)
    do(app, ADD)
    assert any("was deleted" in warning.value for warning in app.warning)
    assert "draft" not in app.query_params
    assert drafts.restore(draft.id).design == draft.design
