"""Runs that wait for another one, as a network does for its teacher: they may start once that one is done.

While it waits, trains or is paused, the others wait. Where it failed, was cancelled or was deleted, it will not be done
unless somebody does something: those that wait for it fail as ``no_teacher``, and wait again where it is queued again.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, exists, or_, select, update

from bnn_designer.runs.database import RUNS
from bnn_designer.training.failures import Failure

NO_TEACHER: Failure = "no_teacher"

_AWAITED = RUNS.alias("awaited")
_OTHER = RUNS.alias("other")
_ENDED_OTHERWISE = ("failed", "cancelled")


def _awaited_is(*what: ColumnElement[bool]) -> ColumnElement[bool]:
    there = _AWAITED.c.deleted_at.is_(None)
    return exists(select(_AWAITED.c.id).where(_AWAITED.c.id == RUNS.c.waits_for, there, *what).correlate(RUNS))


#: Whether a run of the table ``run`` waits for none, or for one that is done.
READY = or_(RUNS.c.waits_for.is_(None), _awaited_is(_AWAITED.c.status == "done"))
#: Whether it waits for one that goes on only where somebody resumes it.
STANDS_STILL = _awaited_is(_AWAITED.c.status.in_(("paused", "interrupted")))
_IS_LOST = and_(RUNS.c.waits_for.is_not(None), ~_awaited_is(_AWAITED.c.status.not_in(_ENDED_OTHERWISE)))
_QUEUED_AND_LOST = and_(RUNS.c.status == "queued", _IS_LOST)


def settle(engine: Engine) -> list[str]:
    """Ends the runs that wait for one that will not be done by itself, with the reason; returns their ids."""
    found = (
        select(RUNS.c.id, RUNS.c.waits_for, _OTHER.c.status, _OTHER.c.deleted_at)
        .select_from(RUNS.outerjoin(_OTHER, _OTHER.c.id == RUNS.c.waits_for))
        .where(_QUEUED_AND_LOST)
    )
    with engine.connect() as connection:
        rows = connection.execute(found).all()
    settled = []
    for row in rows:
        values = {"status": "failed", "failure": NO_TEACHER, "error": _reason(row), "finished_at": time.time()}
        with engine.begin() as connection:  # the one that it waits for may be queued again meanwhile
            one = update(RUNS).where(RUNS.c.id == row.id, _QUEUED_AND_LOST).values(values)
            if connection.execute(one).rowcount:
                settled.append(str(row.id))
    return settled


def left_by(connection: Connection, run_id: str) -> list[Any]:
    """The runs, as rows, that failed since they had waited for this one."""
    waited = and_(RUNS.c.waits_for == run_id, RUNS.c.status == "failed", RUNS.c.failure == NO_TEACHER)
    return list(connection.execute(select(RUNS).where(waited, RUNS.c.deleted_at.is_(None)).order_by(RUNS.c.id)))


def _reason(row: Any) -> str:
    if row.status is None:
        became = "is not there any more"
    elif row.deleted_at is not None:
        became = "was deleted"
    else:
        became = "failed" if row.status == "failed" else "was cancelled"
    return f"Run {row.waits_for}, which it was to learn from, {became}. So it was not started."
