"""Moves the drafts of older programs, a row each with the whole history as JSON, into today's tables."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Column, Connection, Float, Integer, MetaData, String, Table, Text, delete, inspect, select

from bnn_designer.design import Design
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts.records import MAX_STEPS
from bnn_designer.runs.drafts.steps import insert_draft

OLD_DRAFTS = Table(
    "draft",
    MetaData(),
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("recipe", Text),
    Column("version", Integer, nullable=False),
    Column("updated_at", Float, nullable=False),
)


def move_old_drafts(connection: Connection) -> None:
    """Moves what the old table holds, in the transaction that makes today's tables.

    A draft that cannot be read stays where it is, for a program that can, and so does the table.
    """
    if not inspect(connection).has_table(OLD_DRAFTS.name):
        return
    for draft_id in connection.execute(select(OLD_DRAFTS.c.id)).scalars().all():
        _move(connection, draft_id)


def _move(connection: Connection, draft_id: str) -> None:
    mine = OLD_DRAFTS.c.id == draft_id
    row = connection.execute(select(OLD_DRAFTS).where(mine)).one()
    try:
        steps, present = _steps(row.history)
        design = Design.from_data(steps[present], source=f"draft {draft_id}")
    except DesignError:
        return
    texts = [json.dumps(step, separators=(",", ":")) for step in steps]
    insert_draft(
        connection,
        draft_id,
        texts,
        present,
        design,
        recipe_json=row.recipe,
        revision=row.version,
        updated_at=row.updated_at,
    )
    connection.execute(delete(OLD_DRAFTS).where(mine))


def _steps(history: str) -> tuple[list[Any], int]:
    """The designs of an old history, the oldest first, and which of them is the present one.

    Raises:
        DesignError: the text is not such a history.
    """
    try:
        data = json.loads(history)
        past, present, future = data.get("past", []), data["present"], data.get("future", [])
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        past = present = future = None
    if not isinstance(past, list) or not isinstance(future, list):
        raise DesignError("history", "this is not a saved history", "Start from a preset")
    past, future = past[-MAX_STEPS:], future[:MAX_STEPS]
    return [*past, present, *future], len(past)
