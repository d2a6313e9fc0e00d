"""Whose run is next, so that many can share one queue: a turn for each person, and within it the order of the queue.

1. The person with the fewest runs held now.
2. Among those, the one who has waited longest without being served: since the end of their last run, or since they
   queued the oldest of those that wait, whichever was later.
3. Of that person the run that was queued first.

So somebody's first run waits for no run but those held: when a place gets free, its owner has just been served, however
many they have queued. And nobody starves: who queues something later has waited less long. A run that waits for another
one (``awaiting.py``) is not there for the choice until that one is done, and keeps its place among its person's runs.
The choice is a pure function; the caller reads and writes in one transaction (``life.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, null, or_, select

from bnn_designer.runs.awaiting import READY
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.people import same_person
from bnn_designer.runs.records import HELD

_QUEUED_AT = func.coalesce(RUNS.c.queued_at, RUNS.c.created_at)
#: Whose a run is, as it was typed; "" of nobody's, as NULL is not equal to itself. An expression, for which the index
#: by person is not taken: its rows would be read with their designs.
_SPELLING = func.coalesce(RUNS.c.person, "")


@dataclass(frozen=True)
class Waiting:
    """A run in the queue.

    Attributes:
        person: see :func:`~bnn_designer.runs.people.same_person`.
        queued_at: Unix seconds.
        after: the run that it waits for, as long as that one is not done.
    """

    run_id: str
    person: str
    queued_at: float
    after: str | None = None


def next_run(waiting: Iterable[Waiting], held: Mapping[str, int], served_at: Mapping[str, float]) -> Waiting | None:
    """The run whose turn it is; None where none waits.

    Args:
        waiting: the runs in the queue that may start; of each person at least the oldest.
        held: how many runs each person has now, by the person; 0 of one who is not there.
        served_at: when the last run of each person ended, or started where that is not known: Unix seconds.
    """
    oldest: dict[str, Waiting] = {}
    for run in waiting:
        if run.person not in oldest or _in_order(run) < _in_order(oldest[run.person]):
            oldest[run.person] = run

    def turn(run: Waiting) -> tuple[int, float, float, str]:
        since = max(run.queued_at, served_at.get(run.person, run.queued_at))
        return held.get(run.person, 0), since, *_in_order(run)

    return min(oldest.values(), key=turn, default=None)


def _in_order(run: Waiting) -> tuple[float, str]:
    return run.queued_at, run.run_id


# ---- what the choice needs, out of the database


@dataclass(frozen=True)
class Queue:
    """What the choice is made from.

    Attributes:
        waiting: of each person at least the oldest run that may start; all runs where every run was read.
        held: see :func:`next_run`.
        served_at: see :func:`next_run`; of people who wait.
    """

    waiting: tuple[Waiting, ...]
    held: Mapping[str, int]
    served_at: Mapping[str, float]

    def next_run(self) -> Waiting | None:
        return next_run((run for run in self.waiting if run.after is None), self.held, self.served_at)


def room(connection: Connection, limit: int) -> bool:
    """Whether fewer than ``limit`` runs are held and one may start: look-ups in an index, for those who look often."""
    held = select(func.count()).select_from(RUNS).where(RUNS.c.status.in_(HELD)).scalar_subquery()
    one = select(RUNS.c.id).where(RUNS.c.status == "queued", READY, held < limit).limit(1)
    return connection.execute(one).first() is not None


def read_heads(connection: Connection) -> Queue:
    """The queue with the oldest run that may start of each spelling of a name, and those that were queued with it.

    The groups lie in their order in the index, so that nothing is sorted: a rank within each took three times as long.
    """
    waits = and_(RUNS.c.status == "queued", READY)
    first = select(_SPELLING.label("person"), func.min(_QUEUED_AT).label("at")).where(waits).group_by(RUNS.c.person)
    head = first.subquery()
    found = select(RUNS.c.id, RUNS.c.person, _QUEUED_AT.label("at"), null().label("after")).where(waits)
    heads = found.join(head, and_(head.c.person == _SPELLING, head.c.at == _QUEUED_AT))
    return _queue(connection, connection.execute(heads).all())


def read_queue(connection: Connection) -> Queue:
    """The queue with every run that waits, those too that wait for another run."""
    after = case((READY, None), else_=RUNS.c.waits_for)
    rows = connection.execute(
        select(RUNS.c.id, RUNS.c.person, _QUEUED_AT.label("at"), after.label("after")).where(RUNS.c.status == "queued")
    ).all()
    return _queue(connection, rows)


def _queue(connection: Connection, rows: Sequence[Any]) -> Queue:
    waiting = tuple(Waiting(row.id, same_person(row.person), row.at, row.after) for row in rows)
    counted = select(RUNS.c.person, func.count().label("runs")).where(RUNS.c.status.in_(HELD))
    held: dict[str, int] = {}
    for row in connection.execute(counted.group_by(RUNS.c.person)):
        held[same_person(row.person)] = held.get(same_person(row.person), 0) + row.runs
    served_at: dict[str, float] = {}
    if len({run.person for run in waiting}) > 1:  # of one who is alone in the queue nobody asks
        for row in connection.execute(_served(waiting, {row.person for row in rows})):
            person = same_person(row.person)
            served_at[person] = max(row.at, served_at.get(person, row.at))
    return Queue(waiting, held, served_at)


def _served(waiting: Sequence[Waiting], names: set[str | None]) -> Any:
    """When each of the people was served last, as far as it is later than their oldest run that waits."""
    # of a run that was queued again since its last attempt, the end of that is not known any more, but its start
    is_last = or_(RUNS.c.queued_at.is_(None), RUNS.c.queued_at <= RUNS.c.attempt_at)
    ended_at = case((is_last, func.coalesce(RUNS.c.finished_at, RUNS.c.attempt_at)), else_=RUNS.c.attempt_at)
    theirs = _SPELLING.in_({name or "" for name in names})
    since = min(run.queued_at for run in waiting)
    return (
        select(_SPELLING.label("person"), func.max(ended_at).label("at"))
        .where(theirs, RUNS.c.attempt_at.is_not(None), ended_at > since)
        .group_by(_SPELLING)
    )
