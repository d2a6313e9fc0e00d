"""The teacher's page on a real store: a class is made, followed, ended and deleted."""

from __future__ import annotations

import re
from html import escape, unescape

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.classroom import Entry
from bnn_designer.classroom.board import NOBODY
from bnn_designer.design import Design
from bnn_designer.design.links import design_in_link, link_to
from bnn_designer.design.presets import preset
from bnn_designer.errors import BnnDesignerError
from bnn_designer.lessons import COURSE
from bnn_designer.lessons.budget_puzzle import code_of, front
from bnn_designer.processes import Owner
from bnn_designer.runs.classes import Classes, ClassRecord, LessonState, Members, Report
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.classroom.addresses import join_address, teacher_address
from bnn_designer.ui.classroom.board_chart import board_chart
from bnn_designer.ui.classroom.networks import PRESET, chosen_network
from tests.ui.conftest import OpenPage, texts
from tests.ui.shared.test_sign_in import ADA, BEN, Visitor, visitor

__all__ = ["visitor"]

LESSON = COURSE[0]


@pytest.fixture
def classes(store: Store) -> Classes:
    return Classes(store.engine)


@pytest.fixture
def made(classes: Classes) -> tuple[ClassRecord, str]:
    return classes.create("7b <i>", LESSON.name, preset("bi-real-cifar"))


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_a_class_is_made_with_a_lesson_and_a_network(open_page: OpenPage, classes: Classes) -> None:
    app = open_page("classroom")
    app.text_input("class_name").set_value("7b")
    app.selectbox("class_lesson").set_value(LESSON.name)
    app.selectbox("class_network").set_value(PRESET + "binarynet")
    app.button[0].click().run()
    assert not app.exception
    (record,) = classes.all()
    assert (record.name, record.lesson, record.design) == ("7b", LESSON.name, preset("binarynet"))
    assert classes.by_key(app.query_params["class"]) == record
    assert "Bookmark this page now" in app.success[0].value
    assert "Nobody has joined yet" in app.info[0].value
    assert [code.value for code in app.code] == [
        teacher_address(None, app.query_params["class"]),
        f"/learn?join={record.code}",
    ]


@pytest.mark.parametrize(
    ("name", "link", "message"),
    [
        (" ", "", "1 to 60 characters"),
        ("7b", "http://[", "no link to a network"),
        ("7b", "javascript:alert(1)", "no link to a network"),
        ("7b", "http://localhost/?draft=nope", "no such draft"),
        ("7b", "http://localhost/?design=nope", "link: "),
    ],
)
def test_what_will_not_do_is_told_and_makes_no_class(
    open_page: OpenPage, classes: Classes, name: str, link: str, message: str
) -> None:
    app = open_page("classroom")
    app.text_input("class_name").set_value(name)
    app.text_input("class_link").set_value(link)
    app.button[0].click().run()
    assert not app.exception
    assert message in app.error[0].value.replace("\\", "")
    assert classes.all() == []


def test_a_network_is_chosen_or_linked_and_not_both(drafts: Drafts) -> None:
    design = preset("binarynet")
    draft = drafts.create(design)
    assert chosen_network(drafts, "", "  ") is None
    assert chosen_network(drafts, draft.id, "") == design
    assert chosen_network(drafts, PRESET + "binarynet", "") == design
    assert chosen_network(drafts, "", f"http://localhost:8501/?draft={draft.id}") == design
    assert chosen_network(drafts, "", link_to(design, "http://localhost:8501/")) == design
    with pytest.raises(BnnDesignerError, match="one was chosen, and a link was given as well"):
        chosen_network(drafts, draft.id, "http://localhost/?draft=x")


@pytest.mark.parametrize(
    ("address", "root"),
    [
        (None, ""),
        ("http://localhost:8501/classroom", "http://localhost:8501"),
        ("https://school.example/bnn/classroom?class=secret#x", "https://school.example/bnn"),
    ],
)
def test_links_are_to_this_server(address: str | None, root: str) -> None:
    assert join_address(address, "K7MXQ2") == f"{root}/learn?join=K7MXQ2"
    assert teacher_address(address, "a-b_c") == f"{root}/classroom?class=a-b_c"


def test_the_teacher_sees_lessons_runs_and_puzzle(
    open_page: OpenPage, made: tuple[ClassRecord, str], store: Store
) -> None:
    record, key = made
    members = Members(store.engine)
    (one, _), (two, _) = members.join(record.id), members.join(record.id)
    right, best = LESSON.question.right, code_of(front()[0].layers)
    wrong = (right + 1) % len(LESSON.question.choices)
    members.report(one.id, Report({LESSON.name: LessonState(right, done=True)}, (best,)))
    members.report(two.id, Report({LESSON.name: LessonState(wrong)}))
    app = open_page("classroom", **{"class": key})
    assert "7b \\<i\\>" in app.subheader[0].value
    first = html(app).split("<tbody>")[1].split("</tr>")[0]
    assert f'scope="row">1. {LESSON.title}</th><td class="number">2</td>' in first
    assert '<td class="number">1 of 2</td><td class="number">1</td>' in first
    assert first.count("<li class=right>") == 1
    assert one.nickname in html(app)
    app.toggle("class_telling").set_value(False).run()
    assert "1 of 2" not in html(app)
    assert "class=right" not in html(app)

    for member, accuracy in ((one, 0.61), (two, 0.58)):
        owner = Owner.of_process()
        run = store.create_run(preset("bi-real-cifar"), Recipe(epochs=1), person=member.nickname, owner=owner)
        event = EpochEnd(epoch=1, loss=1, accuracy=0.5, val_loss=1, val_accuracy=accuracy, seconds=1)
        store.add_event(run, event)
        store.finish(run, "done")
    app = open_page("classroom", see="runs", **{"class": key})
    assert f"**On the Pareto front:** {one.nickname} \\(bi\\-real\\-cifar\\)" in texts(app)
    rows = html(app).split("<tbody>")[1].split("</tr>")[:2]
    for row, member, accuracy, on_front in zip(rows, (one, two), ("61.0 %", "58.0 %"), ("on it", ""), strict=True):
        assert f'scope="row">{member.nickname}</th>' in row
        assert f'<td class="number">{accuracy}</td>' in row
        assert f"<td>done</td><td>{on_front}</td>" in row

    app = open_page("classroom", see="puzzle", **{"class": key})
    rows = app.dataframe[0].value
    assert rows.iloc[0].tolist() == [1, one.nickname, f"1 of {len(front())}", 1]


def links(row: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<a href="([^"]*)"', row)]


def test_each_run_of_the_board_opens_its_network_and_what_is_inside(
    open_page: OpenPage, made: tuple[ClassRecord, str], store: Store
) -> None:
    record, key = made
    member, _ = Members(store.engine).join(record.id)
    design = Design(name="<b>", blocks=preset("bi-real-cifar").blocks)
    done = store.create_run(design, Recipe(epochs=1), person=member.nickname, owner=Owner.of_process())
    waits = store.create_run(design, Recipe(epochs=1), person=member.nickname)
    store.add_event(done, EpochEnd(epoch=1, loss=1, accuracy=0.5, val_loss=1, val_accuracy=0.6, seconds=1))
    store.finish(done, "done")
    app = open_page("classroom", see="runs", **{"class": key})
    first, second = html(app).split("<tbody>")[1].split("</tr>")[:2]
    assert "<b>" not in first
    network, inside = links(first)
    assert inside == f"inside?run={done}"
    assert network.startswith("./?design=")
    assert design_in_link(f"http://localhost/{network[2:]}") == design
    assert links(second) == [network, f"train?run={waits}"]  # no epoch has ended


def test_where_people_sign_in_runs_of_others_are_figures_and_networks(
    open_page: OpenPage, made: tuple[ClassRecord, str], store: Store, visitor: Visitor
) -> None:
    record, key = made
    member, _ = Members(store.engine).join(record.id)
    teacher, student = (store.for_account(visitor.is_(who).account) for who in (ADA, BEN))
    visitor.is_(ADA)
    theirs = student.create_run(preset("binarynet"), Recipe(epochs=1), person=member.nickname)
    own = teacher.create_run(preset("bi-real-cifar"), Recipe(epochs=1))  # of the class's network
    app = open_page("classroom", see="runs", **{"class": key})
    rows = {member.nickname: theirs, NOBODY: own}
    for row in html(app).split("<tbody>")[1].split("</tr>")[:2]:
        who = next(name for name in rows if f">{escape(name)}</th>" in row)
        assert links(row)[1:] == ([f"train?run={own}"] if who == NOBODY else [])
        assert rows[who] in row
    assert "are of other accounts" in texts(app)


def test_a_class_is_ended_then_deleted(open_page: OpenPage, made: tuple[ClassRecord, str], classes: Classes) -> None:
    record, key = made
    app = open_page("classroom", **{"class": key})
    app.button("class_end").click().run()
    assert classes.by_id(record.id).ended_at is not None
    assert record.code not in html(app)
    assert "Nobody joined this class" in app.info[0].value
    assert app.button("class_delete").disabled
    app.checkbox("class_sure").check().run()
    app.button("class_delete").click().run()
    assert classes.all() == []
    assert "The class was deleted" in app.success[0].value
    assert "class" not in app.query_params


def test_a_member_is_taken_out(open_page: OpenPage, made: tuple[ClassRecord, str], store: Store) -> None:
    record, key = made
    members = Members(store.engine)
    (one, _), (two, _) = members.join(record.id), members.join(record.id)
    app = open_page("classroom", **{"class": key})
    assert app.button("class_take_out").disabled
    app.selectbox("class_member").set_value(one.id).run()
    app.button("class_take_out").click().run()
    assert not app.exception
    assert [each.id for each in members.of_class(record.id)] == [two.id]
    app.button("class_another").click().run()
    assert app.text_input("class_name").value == ""


def test_of_points_that_lie_on_each_other_one_is_named_and_sizes_far_apart_have_a_log_axis() -> None:
    def entry(who: str, size: float, accuracy: float, on_front: bool = True) -> Entry:
        return Entry(who, who, "net", "done", size, accuracy, on_front)

    chart = board_chart([entry("a", 1024, 0.5), entry("b", 1024, 0.5), entry("<c>", 20480, 0.6)], "#000")
    assert list(chart.data[1].text) == ["a", "", "&lt;c&gt;"]
    assert list(chart.data[1].x) == [1, 1, 20]
    assert (chart.layout.xaxis.type, list(chart.layout.xaxis.tickvals)) == ("log", [1, 2, 5, 10, 20])
    near = board_chart([entry("a", 1024, 0.98), entry("b", 2048, 0.4, on_front=False)], "#000")
    assert list(near.layout.xaxis.range) == [0, 1.1 * 2]
    assert list(near.layout.yaxis.range) == pytest.approx([0.35, 1])


def test_a_wrong_key_is_told_and_shows_nothing(open_page: OpenPage, made: tuple[ClassRecord, str]) -> None:
    app = open_page("classroom", **{"class": "<b>"})
    assert "This link opens no class" in app.error[0].value
    assert "7b" not in texts(app)
    app.button("class_new").click().run()
    assert app.text_input("class_name").value == ""
