from __future__ import annotations

from typing import Any

import streamlit as st
from hypothesis import given

from bnn_designer.design import BLOCK_KINDS, Design
from bnn_designer.design.blocks import Container
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.design.canvas.component import KEY, QUESTIONS, Sent, asked, selected, sent
from bnn_designer.ui.design.canvas.likely import LIKELY
from bnn_designer.ui.shared.look import PRECISION_COLORS
from tests.strategies import json_values
from tests.ui.components import do, set_state, shown
from tests.ui.conftest import OpenPage
from tests.ui.tab import Tab

Read = tuple[list[Sent], tuple[str, ...] | None, Sent | None]
NOTHING: Read = ([], None, None)
VERSION = 3
DRAFT = "d1"


def outbox(operations: Any, client: Any = "tab", draft: Any = DRAFT) -> dict[str, Any]:
    return {"draft": draft, "client": client, "sending": 1, "operations": operations}


def read(state: Any, questions: Any = None) -> Read:
    """What the three readers make of the states of the canvas and of its way of questions."""
    st.session_state[KEY] = state
    st.session_state[QUESTIONS] = questions
    return list(sent(DRAFT)), selected(VERSION), asked()


# ---- what comes from the browser


def test_what_comes_is_read() -> None:
    move = {"number": 7, "kind": "move"}
    state = {
        "outbox": outbox([move, {"number": 8, "kind": "undo"}]),
        "selected": {"ids": ["conv_1", "head_1"], "version": VERSION},
    }
    questions = {"asked": {"client": "tab", "number": 2, "operation": {"kind": "remove"}}}
    operations, ids, question = Tab()(read, state, questions)
    assert operations == [Sent("tab", 7, move), Sent("tab", 8, {"number": 8, "kind": "undo"})]
    assert ids == ("conv_1", "head_1")
    assert question == Sent("tab", 2, {"kind": "remove"})


def wrong_outboxes(draft: str) -> list[Any]:
    wrong_numbers = (None, "1", 1.5, True, 0, -1, 10**30)
    wrong_clients = (None, 5, "", ["tab"], "x" * 65, "\ud800", "\0")
    return [
        5,
        {"draft": draft, "client": "tab"},
        *(outbox(operations, draft=draft) for operations in (None, {"number": 1}, [None, 5, "x", [], {}])),
        *(outbox([{"number": number}], draft=draft) for number in wrong_numbers),
        *(outbox([{"number": 1}], client, draft) for client in wrong_clients),
        *(outbox([{"number": 1}], draft=other) for other in (None, 5, "another", [draft])),
    ]


WRONG_QUESTIONS = [
    {"client": "tab", "number": 1},
    {"client": "tab", "number": 1, "operation": []},
    {"client": "tab", "number": "1", "operation": {}},
    {"client": "tab", "number": True, "operation": {}},
    {"client": None, "number": 1, "operation": {}},
    {"client": "tab", "number": 10**30, "operation": {}},
]
WRONG_SELECTIONS = [
    {},
    {"version": VERSION},
    {"ids": ["conv_1"]},
    {"ids": ["conv_1"], "version": str(VERSION)},
    # made before Python selected something else
    {"ids": ["conv_1"], "version": VERSION - 1},
    *({"ids": ids, "version": VERSION} for ids in (None, "conv_1", {"conv_1": 1})),
]


def test_what_has_another_shape_is_nothing() -> None:
    tab = Tab()
    for state in (None, 5, "x", [], {}, {"outbox": 5, "selected": "x", "asked": []}):
        assert tab(read, state, state) == NOTHING
    for wrong in wrong_outboxes(DRAFT):
        assert tab(read, {"outbox": wrong}) == NOTHING, wrong
    for ids in WRONG_SELECTIONS:
        assert tab(read, {"selected": ids}) == NOTHING, ids
    for question in WRONG_QUESTIONS:
        assert tab(read, {}, {"asked": question}) == NOTHING, question


def test_ids_that_no_block_has_are_left_out_of_a_selection() -> None:
    ids = [5, None, ["conv_1"], "\ud800", "", "x" * 65, "conv_1"]
    assert Tab()(read, {"selected": {"ids": ids, "version": VERSION}})[1] == ("conv_1",)


def test_what_is_wrong_in_an_outbox_does_not_hide_what_is_right() -> None:
    mixed = outbox([{"number": "1"}, {"number": 2, "kind": "undo"}, None])
    assert Tab()(read, {"outbox": mixed})[0] == [Sent("tab", 2, {"number": 2, "kind": "undo"})]


@given(json_values)
def test_any_json_is_read_or_left_out(value: Any) -> None:
    def several() -> None:
        for name in ("outbox", "selected", "asked"):
            read({name: value}, {name: value})
            read({"outbox": outbox([value]), "selected": {"ids": [value], "version": VERSION}})

    Tab()(several)


def test_the_page_outlives_whatever_the_component_says(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page(draft=draft.id)
    for wrong in wrong_outboxes(draft.id):
        set_state(app, "canvas", outbox=wrong)
        assert not app.exception, wrong
    for question in (5, *WRONG_QUESTIONS):
        set_state(app, "canvas_questions", asked=question)
        assert not app.exception, question
    version = shown(app, "canvas")["selection"]["version"]
    for ids in (5, *WRONG_SELECTIONS, {"ids": ["gone", 5], "version": version}):
        set_state(app, "canvas", selected=ids)
        assert not app.exception, ids
    assert drafts.get(draft.id) == draft
    do(app, {"kind": "remove", "ids": ["conv_1"]})
    assert drafts.get(draft.id).revision == draft.revision + 1


# ---- what the browser gets


def test_the_palette_has_every_kind_once_and_the_menu_of_holders_all_that_hold(
    open_page: OpenPage, drafts: Drafts
) -> None:
    data = shown(open_page(draft=drafts.create(Design()).id), "canvas")
    kinds = [kind for group in data["groups"] for kind in group["kinds"]]
    assert sorted(kind["kind"] for kind in kinds) == sorted(BLOCK_KINDS)
    assert all(kind["title"] and kind["help"] for kind in kinds)
    assert len({kind["title"] for kind in kinds}) == len(kinds)
    assert [kind["kind"] for kind in data["holders"]] == [
        kind for kind, block in BLOCK_KINDS.items() if issubclass(block, Container)
    ]
    assert data["likely"] == {above: list(below) for above, below in LIKELY.items()}
    colors = {kind["kind"]: kind["color"] for kind in kinds}
    assert (colors["binary_conv"], colors["conv"]) == (PRECISION_COLORS["binary"], PRECISION_COLORS["float"])
    assert colors["dense_block"] == PRECISION_COLORS["binary"]
    assert colors["flatten"] is colors["shortcut"] is None
