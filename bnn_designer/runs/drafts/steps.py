"""A draft's rows in the tables: how they are made, read, and moved to another step.

Steps are numbered. Those before the present one can be undone, those behind it were undone; a new step forgets these,
and the oldest ones beyond MAX_STEPS.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from bnn_designer.design import Design
from bnn_designer.runs.accounts import belongs_to
from bnn_designer.runs.drafts.records import MAX_STEPS, Draft, DraftConflict, DraftDeleted
from bnn_designer.runs.drafts.tables import CLIENTS, DRAFTS, STEPS, design_columns, design_text, unknown
from bnn_designer.runs.records import as_time


def insert_draft(
    connection: Connection,
    draft_id: str,
    texts: Sequence[str],
    present: int,
    design: Design,
    *,
    recipe_json: str | None,
    revision: int,
    updated_at: float,
    account: str | None = None,
) -> None:
    """Writes a draft that was not there.

    Args:
        connection: in a transaction.
        draft_id: the new draft's.
        texts: the designs of its steps, the oldest first.
        present: which of them is the present one.
        design: that one, read.
        recipe_json: of the training, if any.
        revision: to start from.
        updated_at: Unix seconds.
        account: whose it is.
    """
    values = {
        "id": draft_id,
        "recipe": recipe_json,
        "revision": revision,
        "editor": "",
        "first_step": 0,
        "step": present,
        "last_step": len(texts) - 1,
        "updated_at": updated_at,
        "account": account,
    }
    connection.execute(insert(DRAFTS).values(values | design_columns(design)))
    steps = [{"draft_id": draft_id, "number": number, "design": text} for number, text in enumerate(texts)]
    connection.execute(insert(STEPS), steps)


def read_row(connection: Connection, draft_id: str, client: str = "", *, account: str | None) -> Any:
    """The draft's row with its present ``design``, and the ``last_number`` of a browser tab (None: none yet).

    In one statement, so that all are of the same moment.

    Args:
        connection: to the store.
        draft_id: the draft's.
        client: the browser tab.
        account: whose it must be; None: anybody's.

    Raises:
        DraftError: there is no such draft.
        DraftDeleted: it was deleted.
    """
    present = and_(STEPS.c.draft_id == DRAFTS.c.id, STEPS.c.number == DRAFTS.c.step)
    tab = and_(CLIENTS.c.draft_id == DRAFTS.c.id, CLIENTS.c.client == client)
    wanted = (
        select(DRAFTS, STEPS.c.design, CLIENTS.c.number.label("last_number"))
        .select_from(DRAFTS.join(STEPS, present).outerjoin(CLIENTS, tab))
        .where(DRAFTS.c.id == draft_id, belongs_to(DRAFTS, account))
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise unknown(draft_id)
    if row.deleted_at is not None:
        raise DraftDeleted(draft_id, row.name)
    return row


def design_at(connection: Connection, draft_id: str, number: int) -> Design:
    """The design of one step; raises DesignError where what is stored is none."""
    text = connection.execute(
        select(STEPS.c.design).where(STEPS.c.draft_id == draft_id, STEPS.c.number == number)
    ).scalar_one()
    return Design.from_json(text, source=f"draft {draft_id}")


def add_step(connection: Connection, row: Any, design: Design, editor: str) -> Draft:
    """Makes a design the next step of a draft, and the present one.

    Args:
        connection: in the transaction that locked the draft's row.
        row: that row.
        design: the new one.
        editor: who made it.
    """
    number = row.step + 1
    first = max(row.first_step, number - MAX_STEPS)
    forgotten = or_(STEPS.c.number >= number, STEPS.c.number < first)
    connection.execute(delete(STEPS).where(STEPS.c.draft_id == row.id, forgotten))
    connection.execute(insert(STEPS).values(draft_id=row.id, number=number, design=design_text(design)))
    return _update(connection, row, design, editor, first, number, number)


def go_to(connection: Connection, row: Any, number: int, editor: str) -> Draft:
    """Makes another step of a draft the present one; raises DesignError where what is stored is no design."""
    design = design_at(connection, row.id, number)
    return _update(connection, row, design, editor, row.first_step, number, row.last_step)


def _update(connection: Connection, row: Any, design: Design, editor: str, first: int, step: int, last: int) -> Draft:
    now = time.time()
    values = {
        "revision": row.revision + 1,
        "editor": editor,
        "first_step": first,
        "step": step,
        "last_step": last,
        "updated_at": now,
    }
    connection.execute(update(DRAFTS).where(DRAFTS.c.id == row.id).values(values | design_columns(design)))
    return Draft(row.id, design, row.revision + 1, step - first, last - step, row.recipe, as_time(now))


def as_draft(row: Any, design: Design) -> Draft:
    """A draft's row and its present design as they are handed out."""
    return Draft(
        id=row.id,
        design=design,
        revision=row.revision,
        undo_steps=row.step - row.first_step,
        redo_steps=row.last_step - row.step,
        recipe_json=row.recipe,
        updated_at=as_time(row.updated_at),
    )


def check_seen(row: Any, seen: int | None) -> None:
    """Raises DraftConflict where an editor has seen another revision than the draft's."""
    if seen is not None and seen != row.revision:
        raise DraftConflict(row.id, row.revision, row.editor, as_time(row.updated_at))
