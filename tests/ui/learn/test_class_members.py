"""A student in a class, on a real store: the invitation, the cookie, what is reported, and the ways out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from streamlit.runtime.context import ContextProxy, StreamlitCookies
from streamlit.testing.v1 import AppTest

from bnn_designer.design.presets import preset
from bnn_designer.lessons import COURSE
from bnn_designer.runs.classes import Classes, ClassRecord, LessonState, Members
from bnn_designer.runs.classes.tables import MEMBERS
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from tests.ui.components import press, shown
from tests.ui.conftest import OpenPage, texts

FIRST = COURSE[0].name


@pytest.fixture
def record(store: Store) -> ClassRecord:
    return Classes(store.engine).create("7b <b>", FIRST, preset("bi-real-cifar"))[0]


@pytest.fixture
def members(store: Store) -> Members:
    return Members(store.engine)


def join(open_page: OpenPage, record: ClassRecord) -> AppTest:
    """A tab that has joined, and whose browser keeps the cookie."""
    app = open_page("learn", join=record.code)
    app.button("class_join").click().run()
    press(app, "class_membership", "kept", shown(app, "class_membership")["cookie"])
    assert not app.exception
    return app


def report(app: AppTest, number: int = 1, **lessons: dict[str, Any]) -> None:
    named = {name.replace("_", "-"): state for name, state in lessons.items()}
    press(app, "class_report", "reported", {"number": number, "report": {"lessons": named, "puzzle": []}})
    assert not app.exception


def test_the_invitation_says_what_is_sent_and_joining_begins_at_the_class_lesson(
    open_page: OpenPage, record: ClassRecord, members: Members
) -> None:
    app = open_page("learn", join=record.code.lower())
    assert "Join the class 7b \\<b\\>?" in texts(app)
    assert "your first answer to each question" in texts(app)
    assert members.of_class(record.id) == []
    app.button("class_join").click().run()
    (member,) = members.of_class(record.id)
    cookie = shown(app, "class_membership")["cookie"]
    assert members.by_cookie(cookie) == member
    assert "binary layer" not in texts(app)  # nothing reads what is remembered before the browser has the cookie
    press(app, "class_membership", "kept", cookie)
    assert f"You are **{member.nickname}** in the class **7b \\<b\\>**" in texts(app)
    assert "1. One binary layer" in texts(app)
    assert app.query_params["lesson"] == FIRST
    assert "join" not in app.query_params


def test_nothing_is_sent_from_a_tab_that_has_not_joined(open_page: OpenPage, record: ClassRecord) -> None:
    app = open_page("learn", join=record.code)
    assert "class_report" not in {element.key for element in app.get("bidi_component")}
    app.button("class_close").click().run()
    assert "join" not in app.query_params
    assert "Join the class" not in texts(app)
    assert shown(app, "course")["nickname"] is None


def test_what_a_member_does_is_kept_and_told_again_where_it_came_too_soon(
    open_page: OpenPage, record: ClassRecord, members: Members, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnn_designer.runs.classes.members.REPORT_GAP_S", 3600.0)  # a second may pass here
    app = join(open_page, record)
    assert shown(app, "class_report")["lesson"] == FIRST
    report(app, 1, binary_layer={"answer": 2})
    assert shown(app, "class_report")["answer"] == {"number": 1, "taken": True}
    report(app, 2, binary_layer={"answer": 2, "done": True})
    assert shown(app, "class_report")["answer"] == {"number": 2, "taken": False}
    assert members.of_class(record.id)[0].lessons == {FIRST: LessonState(2)}
    with store.engine.begin() as connection:
        connection.execute(update(MEMBERS).values(reported_at=0.0))
    report(app, 3, binary_layer={"answer": 2, "done": True})
    assert members.of_class(record.id)[0].lessons == {FIRST: LessonState(2, done=True)}


def test_the_class_network_opens_as_a_draft_of_ones_own(
    open_page: OpenPage, record: ClassRecord, drafts: Drafts
) -> None:
    app = join(open_page, record)
    app.button("class_design").click().run()
    assert drafts.get(app.query_params["draft"]).design == record.design


def test_runs_of_a_member_are_queued_under_the_nickname(
    open_page: OpenPage, record: ClassRecord, members: Members, drafts: Drafts
) -> None:
    app = join(open_page, record)
    (member,) = members.of_class(record.id)
    app.query_params["draft"] = drafts.create(preset("bi-real-cifar")).id
    app.switch_page("pages/train.py").run()
    assert f"your name in the class, **{member.nickname}**" in texts(app)
    assert app.session_state["notes"].person == member.nickname


def test_nobody_else_takes_a_members_name(
    open_page: OpenPage, record: ClassRecord, members: Members, drafts: Drafts
) -> None:
    member, _ = members.join(record.id)
    app = open_page("train", draft=drafts.create(preset("bi-real-cifar")).id)
    field = next(one for one in app.text_input if one.label == "Your name")
    field.set_value(member.nickname.lower()).run()
    assert "somebody in a class has this name" in app.error[0].value
    assert app.session_state["notes"].person is None


def test_a_browser_with_the_cookie_is_the_member_again(
    open_page: OpenPage, record: ClassRecord, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, cookie = members.join(record.id)
    cookies = StreamlitCookies({"bnn_designer_member": cookie})
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda self: cookies))
    app = open_page("learn")
    assert f"You are **{member.nickname}**" in texts(app)
    assert shown(app, "course")["nickname"] == member.nickname
    members.leave(member.id)  # in another tab
    app.run()
    assert shown(app, "class_membership")["cookie"] == ""
    press(app, "class_membership", "kept", "")
    assert "You are in no class any more" in app.warning[0].value
    assert shown(app, "course")["nickname"] is None


def test_leaving_deletes_what_the_class_has_and_giving_the_place_up_does_not(
    open_page: OpenPage, record: ClassRecord, members: Members
) -> None:
    app = join(open_page, record)
    app.button("class_leaving").click().run()
    app.button("class_other").click().run()
    assert shown(app, "class_membership")["cookie"] == ""
    assert len(members.of_class(record.id)) == 1
    other = join(open_page, record)
    other.button("class_leaving").click().run()
    other.button("class_leave").click().run()
    assert shown(other, "class_membership")["cookie"] == ""
    assert len(members.of_class(record.id)) == 1


def test_a_class_that_has_ended_is_told_and_takes_nothing(
    open_page: OpenPage, record: ClassRecord, members: Members, store: Store
) -> None:
    app = join(open_page, record)
    Classes(store.engine).end(record.id)
    report(app, 1, binary_layer={"answer": 2})
    assert "It has ended: nothing is sent any more" in texts(app)
    assert members.of_class(record.id)[0].lessons == {}
    late = open_page("learn", join=record.code)
    assert "has ended, so nobody can join it" in texts(late)


def test_a_code_is_typed_and_a_wrong_one_is_told(open_page: OpenPage, record: ClassRecord) -> None:
    app = open_page("learn")
    app.text_input("class_code").set_value("<b>no").run()
    assert "there is no class with this code" in app.error[0].value
    app.text_input("class_code").set_value(f" {record.code.lower()} ").run()
    assert "Join the class 7b" in texts(app)


def test_the_link_of_another_class_is_for_after_leaving(open_page: OpenPage, record: ClassRecord, store: Store) -> None:
    app = join(open_page, record)
    other, _ = Classes(store.engine).create("8a")
    app.query_params["join"] = other.code
    app.run()
    assert "To join another class, leave this one first" in texts(app)
    app.query_params["join"] = record.code
    app.run()
    assert "join" not in app.query_params
