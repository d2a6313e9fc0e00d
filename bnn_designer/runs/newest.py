"""The newest runs that have an accuracy, without reading the others of a store that has thousands."""

from __future__ import annotations

from sqlalchemy import select

from bnn_designer.runs.database import RUNS
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store


def newest_with_accuracy(store: Store, count: int) -> list[RunRecord]:
    """At most so many of the store's runs of which an epoch was validated, the newest first; of deleted ones none."""
    there = RUNS.c.deleted_at.is_(None) & RUNS.c.best_val_accuracy.is_not(None)
    wanted = select(RUNS).where(there, store.mine).order_by(RUNS.c.created_at.desc(), RUNS.c.id).limit(count)
    with store.engine.connect() as connection:
        rows = connection.execute(wanted).all()
    return [store.record(row) for row in rows]
