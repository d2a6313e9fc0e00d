"""What a database's driver says when something is wrong, as an error with a name and a way out.

Every statement, commit and connection of an engine that :func:`name_faults` was told of raises :class:`StoreFault` in
place of the driver's error. Nothing is half-written then: a transaction is rolled back whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import ExceptionContext

from bnn_designer.runs.database import StoreError

Kind = Literal["full", "locked", "read-only", "damaged", "tables missing", "gone", "unreachable", "refused", "failing"]


class StoreFault(StoreError):  # noqa: N818 - what is wrong with the database, as much as an error
    """The database itself cannot do its work now; nothing of what was asked is written.

    Attributes:
        kind: what is wrong, in a word or two.
    """

    def __init__(self, kind: Kind, where: str, reason: str) -> None:
        rule, mend = _WORDS[kind]
        super().__init__(f"{where}: {rule}{f' ({reason})' if reason else ''}. {mend}.")
        self.kind: Kind = kind


#: What is wrong, and what to do about it.
_WORDS: dict[Kind, tuple[str, str]] = {
    "full": (
        "the disk is full, so nothing can be saved",
        "Make room there, then try again; what was saved before is safe",
    ),
    "locked": (
        "another process keeps the store locked, so the change is not saved",
        "End what writes there (a backup, a database tool, a run that hangs), then try again",
    ),
    "read-only": (
        "the store may be read but not written",
        "Give the program's user the right to write to the file and its folder, or set BNN_HOME to another folder",
    ),
    "damaged": (
        "the store is damaged, or the file is no SQLite database",
        "Stop the app, move the file away and put a backup in its place (bnn-designer store backup makes them); "
        "bnn-designer store check says what is wrong",
    ),
    "tables missing": (
        "tables or columns of the store are missing",
        "Another program took them away: stop the app and restore a backup, or point BNN_STORE_URL at an empty "
        "database to begin anew; bnn-designer store check says what is missing",
    ),
    "gone": (
        "the store was deleted or moved away while the program was running, so nothing can be saved",
        "Put it back, or start the program again to begin with an empty store",
    ),
    "unreachable": (
        "the database cannot be reached",
        "See that its server runs and that BNN_STORE_URL names it; what was saved before is safe",
    ),
    "refused": (
        "the database does not let the program in",
        "See that BNN_STORE_URL has the right user, password and database, and that the user may create and change "
        "tables there",
    ),
    "failing": (
        "the store cannot be opened, read or written",
        "Set BNN_HOME to a folder on a local disk that can be written to",
    ),
}

# By what SQLite says (its numbers of errors reach Python from 3.11 on only).
_SQLITE: tuple[tuple[str, Kind], ...] = (
    ("database or disk is full", "full"),
    ("is locked", "locked"),
    ("readonly database", "read-only"),
    ("not a database", "damaged"),
    ("malformed", "damaged"),
    ("Could not decode to UTF-8", "damaged"),
    ("no such table", "tables missing"),
    ("no such column", "tables missing"),
    ("has no column named", "tables missing"),
    ("disk I/O error", "failing"),
    ("unable to open database file", "failing"),
)

# By SQLSTATE, the longest that fits: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: tuple[tuple[str, Kind], ...] = (
    ("53100", "full"),
    ("55P03", "locked"),
    ("40P01", "locked"),
    ("25006", "read-only"),
    ("42P01", "tables missing"),
    ("42703", "tables missing"),
    ("42501", "refused"),
    ("3D000", "refused"),
    ("28", "refused"),
    ("XX001", "damaged"),
    ("XX002", "damaged"),
    ("53", "unreachable"),
    ("57P", "unreachable"),
    ("08", "unreachable"),
    ("58", "failing"),
)

_CREDENTIALS = re.compile(r"//[^/\s]*@")


@dataclass(frozen=True)
class Place:
    """Where the database is, and how it is told that its disk is full where it says only that it fails."""

    shown: str
    password: str
    is_full: Callable[[], bool]


def name_faults(engine: Engine, place: Place) -> None:
    """Has every error of the driver come out as a :class:`StoreFault` that says what is wrong and what to do."""

    def replace(context: ExceptionContext) -> StoreFault | None:
        if context.is_pre_ping:  # a connection that was lost while nobody used it: the pool makes another
            return None
        return fault_of(context.original_exception, engine.dialect.name, place)

    event.listen(engine, "handle_error", replace, retval=True)


def fault_of(error: BaseException, dialect: str, place: Place) -> StoreFault | None:
    """The fault that a driver's error tells of; None for an error of another kind, such as a broken constraint."""
    if isinstance(error, StoreFault):
        return None
    kind = _kind_in_sqlite(error) if dialect == "sqlite" else _kind_in_postgresql(error)
    if kind is None:
        return None
    if kind == "failing" and place.is_full():
        kind = "full"  # a full disk may only show as a failed write
    reason = " ".join(str(error).split())
    if place.password:
        reason = reason.replace(place.password, "***")
    return StoreFault(kind, place.shown, _CREDENTIALS.sub("//***@", reason))


def password_of(address: URL) -> str:
    """The password in an address; "" where there is none."""
    in_query = address.query.get("password", "")
    return str(address.password or "") or (in_query if isinstance(in_query, str) else in_query[0])


def _kind_in_sqlite(error: BaseException) -> Kind | None:
    text = str(error)
    return next((kind for words, kind in _SQLITE if words in text), None)


def _kind_in_postgresql(error: BaseException) -> Kind | None:
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return next((kind for code, kind in _POSTGRESQL if str(state).startswith(code)), None)
    name = type(error).__name__
    if name == "OperationalError":  # no connection, or one that was lost: there is no state to tell
        return "refused" if "authentication failed" in str(error) or "does not exist" in str(error) else "unreachable"
    return "unreachable" if name == "InterfaceError" else None
