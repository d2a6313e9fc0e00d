"""The members of classes: taken in under a nickname, what they report, and how they leave.

A member is known by a key in a cookie of their browser. Nothing that says who they are is asked for or kept.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from bnn_designer.runs.classes.classes import hashed, unname_runs
from bnn_designer.runs.classes.nicknames import new_nickname
from bnn_designer.runs.classes.records import MAX_MEMBERS, ClassError, LessonState, Member, Report
from bnn_designer.runs.classes.tables import CLASSES, MEMBERS, PROGRESS
from bnn_designer.runs.connection import lock_store, writing

#: Between the id and the key in a cookie.
COOKIE_SEPARATOR = "."
#: What comes from a member sooner than this after their last report is not taken; browsers send it again.
REPORT_GAP_S = 1.0
_KEY_BYTES = 24
_MAX_COOKIE = 80


class Members:
    """The members of a store's classes. Safe to use from several threads and processes at once.

    Args:
        engine: the store's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def join(self, class_id: str) -> tuple[Member, str]:
        """Takes somebody in; returns the member, and the cookie by which their browser is known.

        Raises:
            ClassError: there is no such class, it has ended, or it is full.
        """
        member_id, key, now = secrets.token_hex(4), secrets.token_urlsafe(_KEY_BYTES), time.time()
        with writing(self._engine) as connection:
            lock_store(connection)
            _admit(connection, class_id)
            nickname = new_nickname(lambda name: _is_taken(connection, name))
            row = {"id": member_id, "class_id": class_id, "key_hash": hashed(key)}
            connection.execute(insert(MEMBERS).values(row | {"nickname": nickname, "joined_at": now}))
        return Member(member_id, class_id, nickname, now), f"{member_id}{COOKIE_SEPARATOR}{key}"

    def by_cookie(self, cookie: str) -> Member | None:
        """Whose cookie it is, without what they reported; None: nobody's, or not any more."""
        member_id, _, key = cookie[:_MAX_COOKIE].partition(COOKIE_SEPARATOR)
        if not (member_id.isascii() and member_id.isalnum()):  # a cookie may come from anybody
            return None
        with self._engine.connect() as connection:
            row = connection.execute(select(MEMBERS).where(MEMBERS.c.id == member_id)).one_or_none()
        if row is None or not hmac.compare_digest(row.key_hash, hashed(key)):
            return None
        return _member(row, {})

    def of_class(self, class_id: str) -> list[Member]:
        """All members of a class with what they reported, by nickname."""
        mine = select(MEMBERS).where(MEMBERS.c.class_id == class_id).order_by(MEMBERS.c.nickname)
        states = select(PROGRESS).join(MEMBERS, MEMBERS.c.id == PROGRESS.c.member_id)
        with self._engine.connect() as connection:
            members = connection.execute(mine).all()
            rows = connection.execute(states.where(MEMBERS.c.class_id == class_id)).all()
        found: dict[str, dict[str, LessonState]] = {member.id: {} for member in members}
        for row in rows:
            found.setdefault(row.member_id, {})[row.lesson] = LessonState(row.answer, bool(row.done))
        return [_member(member, found[member.id]) for member in members]

    def report(self, member_id: str, report: Report) -> bool:
        """Keeps what a browser remembers; of answers to a question the first one stays.

        Returns:
            Whether it was taken; it is not within a second of the last one.

        Raises:
            ClassError: the member left, or the class was deleted or has ended.
        """
        now = time.time()
        going_on = select(CLASSES.c.id).where(CLASSES.c.ended_at.is_(None))
        mine = (MEMBERS.c.id == member_id) & MEMBERS.c.class_id.in_(going_on)
        due = MEMBERS.c.reported_at <= now - REPORT_GAP_S
        values = {"reported_at": now, "puzzle": json.dumps(list(report.puzzle))}
        with writing(self._engine) as connection:
            # the row is this transaction's from here on, so that two tabs of one member come one after the other
            if connection.execute(update(MEMBERS).where(mine, due).values(values)).rowcount != 1:
                if connection.execute(select(MEMBERS.c.id).where(mine)).one_or_none() is None:
                    raise ClassError("You are in no class that goes on: it has ended, or you have left it.")
                return False
            _keep(connection, member_id, report.lessons, now)
        return True

    def leave(self, member_id: str) -> None:
        """Forgets a member and what they reported; their runs stay, without the nickname."""
        with writing(self._engine) as connection:
            row = connection.execute(select(MEMBERS).where(MEMBERS.c.id == member_id)).one_or_none()
            if row is not None:
                unname_runs(connection, row.nickname, row.joined_at)
                connection.execute(delete(MEMBERS).where(MEMBERS.c.id == member_id))

    def is_nickname(self, name: str) -> bool:
        """Whether a name is a member's, in any case: nobody else should queue runs under it."""
        with self._engine.connect() as connection:
            return _is_taken(connection, name)


def _member(row: Any, lessons: dict[str, LessonState]) -> Member:
    return Member(row.id, row.class_id, row.nickname, row.joined_at, lessons, tuple(json.loads(row.puzzle)))


def _is_taken(connection: Connection, name: str) -> bool:
    wanted = select(MEMBERS.c.id).where(func.lower(MEMBERS.c.nickname) == name.lower()).limit(1)
    return connection.execute(wanted).one_or_none() is not None


def _admit(connection: Connection, class_id: str) -> None:
    row = connection.execute(select(CLASSES.c.ended_at).where(CLASSES.c.id == class_id)).one_or_none()
    if row is None or row.ended_at is not None:
        raise ClassError("This class takes nobody in: it has ended or was deleted. Ask your teacher for a new code.")
    there = connection.execute(select(func.count()).where(MEMBERS.c.class_id == class_id)).scalar_one()
    if there >= MAX_MEMBERS:
        raise ClassError(
            f"This class is full: it has {there:,} members, and at most {MAX_MEMBERS} can be in one. Ask your teacher "
            "to make another class."
        )


def _keep(connection: Connection, member_id: str, lessons: dict[str, LessonState], now: float) -> None:
    """Adds what is new in a report to the rows of a member."""
    rows = connection.execute(select(PROGRESS).where(PROGRESS.c.member_id == member_id)).all()
    before = {row.lesson: LessonState(row.answer, bool(row.done)) for row in rows}
    begun = [
        {"member_id": member_id, "lesson": name, "begun_at": now, "answer": state.answer, "done": state.done}
        for name, state in lessons.items()
        if name not in before
    ]
    if begun:
        connection.execute(insert(PROGRESS), begun)
    for name in lessons.keys() & before.keys():
        old, state = before[name], lessons[name]
        new = LessonState(state.answer if old.answer is None else old.answer, state.done)
        if new != old:
            mine = (PROGRESS.c.member_id == member_id) & (PROGRESS.c.lesson == name)
            connection.execute(update(PROGRESS).where(mine).values(answer=new.answer, done=new.done))
