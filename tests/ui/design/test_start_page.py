"""The start page as the app draws it: from a press to a draft."""

from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.runs.drafts import Drafts
from tests.ui.components import press, set_state, shown
from tests.ui.conftest import OpenPage, texts


def test_the_first_visit_offers_presets_and_makes_no_draft(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    assert [one["name"] for one in shown(app, "gallery")["exhibits"]] == list(PRESETS)
    assert shown(app, "shelf")["drafts"] == []
    assert "draft" not in app.query_params
    assert drafts.recent() == []


def test_a_press_on_a_preset_opens_it(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    press(app, "gallery", "opened", {"name": "bi-real-cifar"})
    assert not app.exception
    assert drafts.get(app.query_params["draft"]).design == preset("bi-real-cifar")


def test_a_preset_that_there_is_not_is_refused_in_words(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    press(app, "gallery", "opened", {"name": "<script>"})
    assert not app.exception
    assert "there is no preset of this name" in app.error[0].value
    for nonsense in ({"name": 3}, [], None, "x"):
        press(app, "gallery", "opened", nonsense)
        assert not app.exception
    assert drafts.recent() == []


def test_an_empty_design_is_one_press_away(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    app.button(key="start_empty").click().run()
    assert drafts.get(app.query_params["draft"]).design == Design()


def test_actions_on_drafts_are_done_once_each(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page()
    copy = {"number": 1, "kind": "duplicate", "draft": draft.id}
    set_state(app, "shelf", action=copy)
    set_state(app, "shelf", action=copy)  # sent again, as after a lost answer
    assert len(drafts.recent()) == 2
    assert shown(app, "shelf")["acknowledged"] == 1
    assert shown(app, "shelf")["message"]["text"] == "Made binarynet copy."
    set_state(app, "shelf", action={"number": 2, "kind": "delete", "draft": draft.id})
    assert shown(app, "shelf")["message"] == {"text": "Deleted binarynet.", "undo": draft.id, "wrong": False}
    assert [one["name"] for one in shown(app, "shelf")["deleted"]] == ["binarynet"]
    set_state(app, "shelf", action={"number": 3, "kind": "restore", "draft": draft.id})
    set_state(app, "shelf", action=copy)  # late
    assert len(shown(app, "shelf")["drafts"]) == 2
    set_state(app, "shelf", action={"number": 4, "kind": "open", "draft": draft.id})
    assert app.query_params["draft"] == draft.id
    assert not app.exception


def test_a_search_lists_the_drafts_that_match(open_page: OpenPage, drafts: Drafts) -> None:
    for name in ("binarynet", "quicknet"):
        drafts.create(preset(name))
    app = open_page()
    set_state(app, "shelf", view={"search": "QUICK", "limit": 6})
    assert [one["name"] for one in shown(app, "shelf")["drafts"]] == ["quicknet"]
    set_state(app, "shelf", view={"search": None, "limit": "many"})
    assert len(shown(app, "shelf")["drafts"]) == 2


def test_a_draft_that_was_deleted_meanwhile_is_said(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page()
    drafts.delete(draft.id)
    set_state(app, "shelf", action={"number": 1, "kind": "open", "draft": draft.id})
    assert "was deleted" in texts(app)
    assert [one["id"] for one in shown(app, "shelf")["deleted"]] == [draft.id]
