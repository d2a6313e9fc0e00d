"""Classes: made, found by the teacher's key or the students' code, ended, deleted."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, update

from bnn_designer.design import Design
from bnn_designer.runs.classes.records import MAX_CLASSES, MAX_CLASSES_AN_HOUR, MAX_NAME, ClassError, ClassRecord
from bnn_designer.runs.classes.tables import CLASSES, MEMBERS
from bnn_designer.runs.connection import lock_store, writing
from bnn_designer.runs.database import RUNS
from bnn_designer.units import counted

#: Of a code: letters and digits that nobody takes for each other when they are read out. 31 ** 6 is 887 million.
CODE_SIGNS, CODE_LENGTH = "ABCDEFGHJKLMNPQRSTUVWXYZ2346789", 6
_KEY_BYTES = 24
_HOUR_S = 3600.0


class Classes:
    """The classes of a store. Safe to use from several threads and processes at once.

    Args:
        engine: the store's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str, lesson: str = "", design: Design | None = None) -> tuple[ClassRecord, str]:
        """A new class, and the teacher's key to it, which is not kept and cannot be found again.

        Args:
            name: 1 to 60 characters.
            lesson: the one to begin with, by its name; "": the list of lessons.
            design: the network for all members; None: none.

        Raises:
            ClassError: the name will not do, there are too many classes, or too many were made within the hour.
        """
        name, now, key = class_name(name), time.time(), secrets.token_urlsafe(_KEY_BYTES)
        row = {
            "id": secrets.token_hex(4),
            "name": name,
            "key_hash": hashed(key),
            "lesson": lesson,
            "design": None if design is None else design.to_json(),
            "created_at": now,
        }
        with writing(self._engine) as connection:
            lock_store(connection)
            _admit(connection, now)
            code = _new_code(connection)
            connection.execute(insert(CLASSES).values(row | {"code": code}))
        return self.by_key(key), key

    def by_key(self, key: str) -> ClassRecord:
        """The class of a teacher's key; raises ClassError where it opens none."""
        found = self._one(_with_members().where(CLASSES.c.key_hash == hashed(key)))
        if found is None:
            raise ClassError(
                "This link opens no class: it was cut off, or the class was deleted. Copy the whole link again, or "
                "make a new class."
            )
        return found

    def by_code(self, code: str) -> ClassRecord:
        """The class that a code joins, in any case and with blanks; raises ClassError where there is none."""
        text = "".join(code.split()).replace("-", "").upper()
        found = self._one(_with_members().where(CLASSES.c.code == text)) if len(text) == CODE_LENGTH else None
        if found is None:
            raise ClassError(
                f"{code[:20]!a}: there is no class with this code. It has {CODE_LENGTH} letters and digits; ask for it "
                "again."
            )
        return found

    def by_id(self, class_id: str) -> ClassRecord:
        """One class; raises ClassError where there is none of that id."""
        found = self._one(_with_members().where(CLASSES.c.id == class_id))
        if found is None:
            raise ClassError(f"Class {class_id}: there is no such class. `bnn-designer class list` prints all.")
        return found

    def all(self) -> list[ClassRecord]:
        """All classes, the newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_with_members().order_by(CLASSES.c.created_at.desc(), CLASSES.c.id)).all()
        return [ClassRecord.from_row(row) for row in rows]

    def end(self, class_id: str) -> None:
        """Lets nobody join and nothing be reported any more; what there is stays. One that has ended stays so."""
        going_on = (CLASSES.c.id == class_id) & CLASSES.c.ended_at.is_(None)
        with self._engine.begin() as connection:
            connection.execute(update(CLASSES).where(going_on).values(ended_at=time.time()))

    def delete(self, class_id: str) -> None:
        """Forgets a class, its members and their progress; their runs stay, without the nicknames."""
        with writing(self._engine) as connection:
            lock_store(connection)
            members = connection.execute(
                select(MEMBERS.c.nickname, MEMBERS.c.joined_at).where(MEMBERS.c.class_id == class_id)
            ).all()
            for member in members:
                unname_runs(connection, member.nickname, member.joined_at)
            connection.execute(delete(CLASSES).where(CLASSES.c.id == class_id))

    def _one(self, wanted: Select[Any]) -> ClassRecord | None:
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else ClassRecord.from_row(row)


def class_name(text: str) -> str:
    """A class's name with single spaces; raises ClassError where it is empty, too long or cannot be printed."""
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ClassError(
            f"{name[:MAX_NAME]!a}: a class's name has 1 to {MAX_NAME} characters, all of which can be printed. Give "
            "another one."
        )
    return name


def hashed(key: str) -> str:
    """What is kept of a key. It has 192 random bits, so that a plain hash cannot be tried out."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def unname_runs(connection: Connection, nickname: str, since: float) -> None:
    """Takes a nickname off the runs that were queued under it since a time in Unix seconds."""
    connection.execute(update(RUNS).where(of_nickname(nickname, since)).values(person=None))


def of_nickname(nickname: Any, since: Any) -> Any:
    """The condition on a run: queued under a nickname since somebody has it; both are values or columns."""
    return (RUNS.c.person == nickname) & (RUNS.c.created_at >= since)


def _with_members() -> Select[Any]:
    members = select(func.count()).where(MEMBERS.c.class_id == CLASSES.c.id).scalar_subquery()
    return select(CLASSES, members.label("members"))


def _admit(connection: Connection, now: float) -> None:
    """Raises ClassError where there are too many classes."""
    lately = func.count().filter(CLASSES.c.created_at > now - _HOUR_S)
    there, new = connection.execute(select(func.count(), lately).select_from(CLASSES)).one()
    if there >= MAX_CLASSES:
        raise ClassError(
            f"This server keeps at most {counted(MAX_CLASSES, 'class', 'classes')}, and has {there:,}. Delete one that "
            "is over: on its page, or by bnn-designer class delete."
        )
    if new >= MAX_CLASSES_AN_HOUR:
        raise ClassError(
            f"{counted(new, 'class', 'classes')} were made on this server within the last hour, and no more are let "
            "in. Try again later."
        )


def _new_code(connection: Connection) -> str:
    while True:
        code = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
        if connection.execute(select(CLASSES.c.id).where(CLASSES.c.code == code)).one_or_none() is None:
            return code
