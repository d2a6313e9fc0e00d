"""Drafts: designs that are being worked on, with their undo, in the same database as the runs.

A draft is changed by a function of its history, not by a new text: where two browser tabs change one draft at the same
time, the later change is made on top of the earlier one, and neither is lost.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.schema import CreateTable

from bnn_designer.design import Design, History
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import as_time

_METADATA = MetaData()
_DRAFTS = Table(
    "draft",
    _METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("recipe", Text),
    Column("version", Integer, nullable=False),
    Column("updated_at", Float, nullable=False),
)

# Two people on one draft collide rarely; so many collisions in a row mean that something else is wrong.
_MAX_TRIES = 50


class DraftError(BnnDesignerError):
    """A draft that is not there, or cannot be saved."""


@dataclass(frozen=True)
class Draft:
    """One draft as stored.

    Attributes:
        recipe_json: the training recipe as last set for it; None: never set.
        version: grows by one with every change.
    """

    id: str
    history: History
    recipe_json: str | None
    version: int
    updated_at: datetime

    @property
    def design(self) -> Design:
        return self.history.present


@dataclass(frozen=True)
class DraftSummary:
    """What a list of drafts shows; reading it opens no design."""

    id: str
    name: str
    updated_at: datetime


class Drafts:
    """The table of drafts. Safe to use from several threads and processes at once.

    Args:
        engine: the store's; the table is made where it is missing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with engine.begin() as connection:
            connection.execute(CreateTable(_DRAFTS, if_not_exists=True))

    def create(self, design: Design) -> Draft:
        """A new draft that starts from a design."""
        draft_id = secrets.token_hex(4)
        values = {"id": draft_id, "version": 1, **_columns(History(present=design))}
        with self._engine.begin() as connection:
            connection.execute(insert(_DRAFTS).values(values))
        return self.get(draft_id)

    def get(self, draft_id: str) -> Draft:
        """The draft of that id.

        Raises:
            DraftError: there is none.
            DesignError: what is stored is not a history.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(_DRAFTS).where(_DRAFTS.c.id == draft_id)).one_or_none()
        if row is None:
            raise DraftError(f"Draft {draft_id}: there is no such draft. Open another one, or start a new design.")
        return _draft(row)

    def change(self, draft_id: str, change: Callable[[History], History]) -> Draft:
        """Puts ``change(history)`` in the place of a draft's history; a change without effect writes nothing.

        ``change`` is called again where another session saved in between.

        Raises:
            DraftError: there is no such draft, or it cannot be saved.
            Exception: whatever ``change`` raises; the draft is then as before.
        """
        for _ in range(_MAX_TRIES):
            draft = self.get(draft_id)
            changed = change(draft.history)
            if changed == draft.history:
                return draft
            unchanged = (_DRAFTS.c.id == draft_id) & (_DRAFTS.c.version == draft.version)
            values = {"version": draft.version + 1, **_columns(changed)}
            with self._engine.begin() as connection:
                if connection.execute(update(_DRAFTS).where(unchanged).values(values)).rowcount == 1:
                    return Draft(
                        draft.id,
                        changed,
                        draft.recipe_json,
                        draft.version + 1,
                        as_time(float(str(values["updated_at"]))),
                    )
        raise DraftError(f"Draft {draft_id}: other sessions keep changing it. Try again.")

    def set_recipe(self, draft_id: str, recipe_json: str) -> None:
        """Keeps the recipe that the draft is to be trained with."""
        with self._engine.begin() as connection:
            connection.execute(update(_DRAFTS).where(_DRAFTS.c.id == draft_id).values(recipe=recipe_json))

    def delete(self, draft_id: str) -> None:
        """Forgets a draft; nothing happens where there is none."""
        with self._engine.begin() as connection:
            connection.execute(delete(_DRAFTS).where(_DRAFTS.c.id == draft_id))

    def recent(self, limit: int = 20) -> list[DraftSummary]:
        """The drafts, the last changed first."""
        columns = (_DRAFTS.c.id, _DRAFTS.c.name, _DRAFTS.c.updated_at)
        wanted = select(*columns).order_by(_DRAFTS.c.updated_at.desc(), _DRAFTS.c.id).limit(limit)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [DraftSummary(row.id, row.name, as_time(row.updated_at)) for row in rows]


def _columns(history: History) -> dict[str, str | float]:
    return {"name": history.present.name, "history": history.to_json(), "updated_at": time.time()}


def _draft(row: Row[tuple[object, ...]]) -> Draft:
    return Draft(row.id, History.from_json(row.history), row.recipe, row.version, as_time(row.updated_at))
