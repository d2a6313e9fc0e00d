"""Moves the drafts of older programs, a row each with the whole history as JSON, into today's tables."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Column, Engine, Float, Integer, MetaData, String, Table, Text, delete, inspect, select

from bnn_designer.design import Design
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts.records import MAX_STEPS
from bnn_designer.runs.drafts.steps import insert_draft
from bnn_designer.runs.drafts.tables import writing

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


def move_old_drafts(engine: Engine) -> None:
    """Moves what the old table holds. A draft is written here and deleted there in one transaction.

    A draft that cannot be read stays where it is, for a program that can. So does the table: another process may be
    moving drafts at the same moment, and an older program would make it again.
    """
    if not inspect(engine).has_table(OLD_DRAFTS.name):
        return
    with engine.connect() as connection:
        ids = connection.execute(select(OLD_DRAFTS.c.id)).scalars().all()
    for draft_id in ids:
        _move(engine, draft_id)


def _move(engine: Engine, draft_id: str) -> None:
    mine = OLD_DRAFTS.c.id == draft_id
    with writing(engine) as connection:
        row = connection.execute(select(OLD_DRAFTS).where(mine).with_for_update()).one_or_none()
        if row is None:  # moved by another process
            return
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
