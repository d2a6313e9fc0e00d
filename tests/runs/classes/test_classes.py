"""Classes and their members in the store, on both databases: in and out, what is kept of each, what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from bnn_designer.design.presets import preset
from bnn_designer.runs.classes import (
    MAX_MEMBERS,
    ClassError,
    Classes,
    ClassRecord,
    LessonState,
    Member,
    Members,
    Report,
)
from bnn_designer.runs.classes import classes as making
from bnn_designer.runs.classes import members as reporting
from bnn_designer.runs.classes.nicknames import ANIMALS, new_nickname
from bnn_designer.runs.classes.runs import runs_of_class
from bnn_designer.runs.classes.tables import CLASSES, MEMBERS, PROGRESS
from bnn_designer.runs.deleting import delete_run
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe

RECIPE = Recipe(epochs=1)


@pytest.fixture
def classes(store: Store) -> Classes:
    return Classes(store.engine)


@pytest.fixture
def members(store: Store) -> Members:
    return Members(store.engine)


def a_class(classes: Classes, **options: Any) -> ClassRecord:
    return classes.create("7b", **options)[0]


def later(store: Store, member: Member) -> None:
    """As if the member's last report was some time ago."""
    with store.engine.begin() as connection:
        connection.execute(update(MEMBERS).where(MEMBERS.c.id == member.id).values(reported_at=0.0))


def test_a_class_is_found_by_the_teachers_key_and_the_students_code(classes: Classes, store: Store) -> None:
    made, key = classes.create("  7b,  on\tMonday ", "no-slope", preset("bi-real-cifar"))
    assert classes.by_key(key) == made
    assert (made.name, made.lesson, made.design, made.ended_at, made.members) == (
        "7b, on Monday",
        "no-slope",
        preset("bi-real-cifar"),
        None,
        0,
    )
    assert re.fullmatch("[A-Z2-9]{6}", made.code)
    assert classes.by_code(f" {made.code[:3].lower()}-{made.code[3:]} ") == made
    with store.engine.connect() as connection:
        kept = str(connection.execute(select(CLASSES)).one())
    assert key not in kept
    assert classes.all() == [made]


@pytest.mark.parametrize("key", ["", "x", "\udcff", "' OR 1=1 --"])
def test_another_key_opens_nothing(classes: Classes, key: str) -> None:
    a_class(classes)
    with pytest.raises(ClassError, match=r"This link opens no class.*Copy the whole link again"):
        classes.by_key(key)


@pytest.mark.parametrize("code", ["", "ABCDE", "ABCDEFG", "000000", "<b>", "9" * 10_000])
def test_another_code_joins_nothing(classes: Classes, code: str) -> None:
    a_class(classes)
    with pytest.raises(ClassError, match="no class with this code") as raised:
        classes.by_code(code)
    assert len(str(raised.value)) < 150


@pytest.mark.parametrize("name", ["", " \n", "x" * 61, "a\x07b"])
def test_a_name_that_will_not_do_makes_no_class(classes: Classes, name: str) -> None:
    with pytest.raises(ClassError, match="1 to 60 characters"):
        classes.create(name)
    assert classes.all() == []


def test_there_are_only_so_many_classes_in_all_and_within_an_hour(
    classes: Classes, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MAX_CLASSES_AN_HOUR", 2)
    monkeypatch.setattr(making, "MAX_CLASSES", 3)
    for _ in range(2):
        a_class(classes)
    with pytest.raises(ClassError, match="2 classes were made on this server within the last hour"):
        a_class(classes)
    with store.engine.begin() as connection:
        connection.execute(update(CLASSES).values(created_at=CLASSES.c.created_at - 3601))
    a_class(classes)
    with pytest.raises(ClassError, match=r"keeps at most 3 classes, and has 3.*bnn-designer class delete"):
        a_class(classes)


def test_a_member_is_known_by_the_cookie_alone(classes: Classes, members: Members, store: Store) -> None:
    one = a_class(classes)
    member, cookie = members.join(one.id)
    assert members.by_cookie(cookie) == member
    animal, number = member.nickname.split()
    assert animal in ANIMALS
    assert 10 <= int(number) < 1000
    for wrong in ("", member.id, f"{member.id}.", f"{cookie}x", f"00000000{cookie[8:]}", cookie[:-1], "é.x", "\0.x"):
        assert members.by_cookie(wrong) is None
    with store.engine.connect() as connection:
        assert cookie.partition(".")[2] not in str(connection.execute(select(MEMBERS)).one())
    assert classes.by_id(one.id).members == 1


def test_nicknames_are_one_persons_on_the_whole_server(members: Members, classes: Classes) -> None:
    names = [members.join(a_class(classes).id)[0].nickname for _ in range(3)]
    assert len(set(names)) == 3
    assert members.is_nickname(names[0].upper())
    assert not members.is_nickname("Ada")
    short = {f"{animal} {number}" for animal in ANIMALS for number in range(10, 100)}
    assert int(new_nickname(lambda name: name in short).split()[1]) >= 100


def test_a_class_takes_in_so_many_and_nobody_once_it_has_ended(classes: Classes, members: Members) -> None:
    one = a_class(classes)
    for _ in range(MAX_MEMBERS):
        members.join(one.id)
    with pytest.raises(ClassError, match="This class is full: it has 60 members"):
        members.join(one.id)
    other = a_class(classes)
    classes.end(other.id)
    ended_at = classes.by_id(other.id).ended_at
    assert ended_at is not None
    classes.end(other.id)
    assert classes.by_id(other.id).ended_at == ended_at
    for gone in (other.id, "nobody"):
        with pytest.raises(ClassError, match="takes nobody in"):
            members.join(gone)


def test_of_answers_the_first_stays_and_what_is_done_may_be_undone(
    classes: Classes, members: Members, store: Store
) -> None:
    one = a_class(classes)
    member, _ = members.join(one.id)
    reports = [
        ({"a": LessonState()}, ()),
        ({"a": LessonState(2)}, ()),
        ({"a": LessonState(0, done=True), "b": LessonState()}, ("32b- 32b- 32b-",)),
        ({"a": LessonState(1)}, ()),
        ({}, ("é",)),
    ]
    for lessons, puzzle in reports:
        assert members.report(member.id, Report(lessons, puzzle))
        later(store, member)
    (found,) = members.of_class(one.id)
    assert found.lessons == {"a": LessonState(2), "b": LessonState()}
    assert found.puzzle == ("é",)


def test_a_report_too_soon_after_the_last_one_is_not_taken_and_changes_nothing(
    classes: Classes, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "REPORT_GAP_S", 3600.0)  # a second may pass on a busy machine
    one = a_class(classes)
    member, _ = members.join(one.id)
    assert members.report(member.id, Report({"a": LessonState()}))
    assert not members.report(member.id, Report({"a": LessonState(1), "b": LessonState()}))
    assert members.of_class(one.id)[0].lessons == {"a": LessonState()}


def test_nothing_is_reported_to_a_class_that_has_ended_or_was_left(
    classes: Classes, members: Members, store: Store
) -> None:
    one = a_class(classes)
    (member, cookie), (other, _) = members.join(one.id), members.join(one.id)
    run = store.create_run(preset("binarynet"), RECIPE, person=other.nickname)
    members.leave(other.id)
    members.leave(other.id)
    assert store.run(run).person is None
    assert [each.nickname for each in members.of_class(one.id)] == [member.nickname]
    classes.end(one.id)
    for gone in (member.id, other.id):
        with pytest.raises(ClassError, match="in no class that goes on"):
            members.report(gone, Report({}))
    assert members.by_cookie(cookie) == member


def test_a_class_has_the_runs_of_its_members_and_of_its_network(
    classes: Classes, members: Members, store: Store
) -> None:
    given, own = preset("bi-real-cifar"), preset("binarynet")
    one, other = a_class(classes, design=given), a_class(classes)
    member, stranger = members.join(one.id)[0], members.join(other.id)[0]
    before = store.create_run(own, RECIPE, person="Ada")
    mine = [store.create_run(design, RECIPE, person=member.nickname) for design in (own, given)]
    of_network = store.create_run(given, RECIPE)
    theirs = store.create_run(own, RECIPE, person=stranger.nickname)
    deleted = store.create_run(own, RECIPE, person=member.nickname)
    delete_run(store, deleted)
    found = {run.id: who for run, who in runs_of_class(store, one)}
    assert found == dict.fromkeys(mine, member.nickname) | {of_network: None}
    assert [run.id for run, _ in runs_of_class(store, other)] == [theirs]
    assert before not in found


def test_a_run_that_was_there_before_the_member_is_not_theirs(classes: Classes, members: Members, store: Store) -> None:
    """A nickname may be drawn again once its class is deleted."""
    one = a_class(classes)
    member, _ = members.join(one.id)
    store.create_run(preset("binarynet"), RECIPE, person=member.nickname)
    with store.engine.begin() as connection:
        connection.execute(update(MEMBERS).values(joined_at=member.joined_at + 3600))
    assert runs_of_class(store, one) == []


def test_a_deleted_class_leaves_its_runs_and_nothing_else(classes: Classes, members: Members, store: Store) -> None:
    one, other = a_class(classes), a_class(classes)
    member, stays = members.join(one.id)[0], members.join(other.id)[0]
    members.report(member.id, Report({"a": LessonState(1)}))
    run = store.create_run(preset("binarynet"), RECIPE, person=member.nickname)
    kept = store.create_run(preset("binarynet"), RECIPE, person=stays.nickname)
    classes.delete(one.id)
    assert store.run(run).person is None
    assert store.run(kept).person == stays.nickname
    with store.engine.connect() as connection:
        assert connection.execute(select(PROGRESS)).all() == []
        assert [row.id for row in connection.execute(select(MEMBERS))] == [stays.id]
    with pytest.raises(ClassError, match="there is no such class"):
        classes.by_id(one.id)


def test_a_network_that_cannot_be_read_any_more_hides_no_run(classes: Classes, members: Members, store: Store) -> None:
    one = a_class(classes, design=preset("binarynet"))
    member, _ = members.join(one.id)
    run = store.create_run(preset("binarynet"), RECIPE, person=member.nickname)
    with store.engine.begin() as connection:
        connection.execute(update(CLASSES).values(design="{"))
    assert [found.id for found, _ in runs_of_class(store, classes.by_id(one.id))] == [run]
