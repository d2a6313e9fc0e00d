"""The shelf of drafts: what it lists, and what becomes of an action, on a real store."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import DraftDeleted, Drafts
from bnn_designer.ui.design.start.shelf import MAX_LISTED, PAGE, Message, act, listed
from tests.strategies import json_values


def test_a_draft_is_listed_with_name_facts_and_picture(drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    (line,) = listed(drafts, "", PAGE)["drafts"]
    assert (line["id"], line["name"], line["facts"]) == (draft.id, "bi-real-cifar", "15 blocks · 32 x 32 x 3")
    assert line["picture"].startswith("<svg")
    drafts.change(draft.id, lambda _: Design(name="other"))
    assert listed(drafts, "", PAGE)["drafts"][0]["picture"] != line["picture"]


def test_more_than_a_page_is_said(drafts: Drafts) -> None:
    for number in range(PAGE + 1):
        drafts.create(Design(name=f"net {number}"))
    first = listed(drafts, "", PAGE)
    assert (len(first["drafts"]), first["more"]) == (PAGE, True)
    whole = listed(drafts, "", PAGE + 1)
    assert (len(whole["drafts"]), whole["more"]) == (PAGE + 1, False)
    assert [line["name"] for line in listed(drafts, "3 NET", PAGE)["drafts"]] == ["net 3"]
    assert len(listed(drafts, "", -5)["drafts"]) == 1  # what a browser sends is not trusted
    assert listed(drafts, "", 10**9)["limit"] == MAX_LISTED


def test_a_deleted_draft_can_be_undone_and_found_among_the_deleted(drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    assert act(drafts, {"kind": "delete", "draft": draft.id}) == Message("Deleted binarynet.", undo=draft.id)
    with pytest.raises(DraftDeleted):
        drafts.get(draft.id)
    shown = listed(drafts, "", PAGE)
    assert (shown["drafts"], [one["id"] for one in shown["deleted"]]) == ([], [draft.id])
    assert act(drafts, {"kind": "restore", "draft": draft.id}) == Message("binarynet is back.")
    assert drafts.get(draft.id).design == draft.design
    assert listed(drafts, "", PAGE)["deleted"] == []


def test_a_draft_is_renamed_and_copied(drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    renamed = act(drafts, {"kind": "rename", "draft": draft.id, "name": "  wide  "})
    assert renamed == Message("Renamed binarynet to wide.")
    assert act(drafts, {"kind": "rename", "draft": draft.id, "name": "wide"}) == Message("wide keeps its name.")
    assert act(drafts, {"kind": "duplicate", "draft": draft.id}) == Message("Made wide copy.")
    assert {one.name for one in drafts.recent()} == {"wide", "wide copy"}


def test_what_is_refused_is_said_and_changes_nothing(drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    for action, reason in (
        ({"kind": "rename", "draft": draft.id, "name": "   "}, "name must be"),
        ({"kind": "rename", "draft": draft.id, "name": "x" * 81}, "name must be"),
        ({"kind": "rename", "draft": "nowhere", "name": "x"}, "no such draft"),
        ({"kind": "delete", "draft": "nowhere"}, "no such draft"),
        ({"kind": "explode", "draft": draft.id}, "no action"),
    ):
        message = act(drafts, action)
        assert message.wrong
        assert reason in message.text
    assert [one.id for one in drafts.recent()] == [draft.id]
    assert drafts.get(draft.id) == draft


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(json_values, json_values, json_values)
def test_an_action_of_any_shape_is_no_traceback(drafts: Drafts, kind: object, draft: object, name: object) -> None:
    assert act(drafts, {"kind": kind, "draft": draft, "name": name}).wrong
