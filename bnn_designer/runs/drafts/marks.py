"""Which operations of a browser tab a draft has seen: the last number of each tab, kept with the draft.

A tab numbers its operations and sends one again until it hears that it was taken. The number is written in the
transaction that changes the draft, so that an operation is applied once, whatever was killed in between.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, delete, insert, select, update

from bnn_designer.runs.drafts.records import Mark
from bnn_designer.runs.drafts.tables import CLIENTS, DAY_S, KEEP_CLIENTS_DAYS


def last_number(connection: Connection, draft_id: str, client: str) -> int:
    """The number of the tab's last operation on the draft; 0 where there was none."""
    mine = (CLIENTS.c.draft_id == draft_id) & (CLIENTS.c.client == client)
    return connection.execute(select(CLIENTS.c.number).where(mine)).scalar_one_or_none() or 0


def is_dealt_with(connection: Connection, draft_id: str, mark: Mark | None) -> bool:
    """Whether the operation was applied or skipped before."""
    return mark is not None and mark.number <= last_number(connection, draft_id, mark.client)


def note(connection: Connection, draft_id: str, mark: Mark | None) -> None:
    """Notes that the operation is dealt with. The draft's row must be locked."""
    if mark is None:
        return
    mine = (CLIENTS.c.draft_id == draft_id) & (CLIENTS.c.client == mark.client)
    values = {"number": mark.number, "updated_at": time.time()}
    if connection.execute(update(CLIENTS).where(mine).values(values)).rowcount:
        return
    # a tab that is new to the draft; those that have long been closed make room
    old = CLIENTS.c.updated_at < values["updated_at"] - KEEP_CLIENTS_DAYS * DAY_S
    connection.execute(delete(CLIENTS).where(CLIENTS.c.draft_id == draft_id, old))
    connection.execute(insert(CLIENTS).values(draft_id=draft_id, client=mark.client, **values))
