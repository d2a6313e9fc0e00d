"""Sets of runs in the store: what each was asked for, and its runs that are queued together or not at all."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, insert, select, update

from bnn_designer.design import Design
from bnn_designer.runs.accounts import belongs_to
from bnn_designer.runs.connection import lock_store, writing
from bnn_designer.runs.database import RUNS, SWEEPS, StoreError
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe

#: sweep: variants times seeds, known beforehand. search: proposals, each of which follows from those before it.
Kind = Literal["sweep", "search"]


@dataclass(frozen=True)
class SweepRecord:
    """A set of runs as stored.

    Attributes:
        definition: what was asked for, as JSON; whoever made it reads it.
        trials: what a search has tried so far, as JSON.
        account: whose it is, as of a run; None: nobody's in particular.
    """

    id: str
    kind: Kind
    name: str
    created_at: datetime
    definition: str
    trials: tuple[dict[str, Any], ...]
    account: str | None

    @classmethod
    def from_row(cls, row: Any) -> SweepRecord:
        """A row of the table ``sweep``."""
        created_at = as_time(row.created_at)
        trials = tuple(json.loads(row.trials))
        return cls(row.id, row.kind, row.name, created_at, row.definition, trials, row.account)


@dataclass(frozen=True)
class NewRun:
    """A run to queue."""

    design: Design
    recipe: Recipe


def sweep_id(kind: Kind, definition: str, account: str | None = None) -> str:
    """The id of a set: 8 hex digits that follow from what was asked for, so that asking again finds it.

    And from whose it is: two accounts that ask for the same have a set each.
    """
    asked = f"{kind} {definition}" if account is None else f"{account} {kind} {definition}"
    return hashlib.sha256(asked.encode()).hexdigest()[:8]


def add_sweep(
    store: Store,
    kind: Kind,
    name: str,
    definition: str,
    missing: Callable[[Sequence[RunRecord]], Sequence[NewRun]] = lambda runs: (),
    *,
    person: str | None = None,
) -> tuple[str, list[str]]:
    """Stores a set of runs where it is not there yet, and queues what is missing of it, in one transaction.

    Of two processes that ask for the same set at once, one queues its runs, and the other one finds them.

    Args:
        store: the store.
        kind: of the set.
        name: what it is called in lists.
        definition: what was asked for, as JSON; its id follows from it.
        missing: which runs are to be queued, given all that the store has, the newest first.
        person: whose the new runs are; None: nobody's in particular.

    Returns:
        The id of the set, and those of the new runs.

    Raises:
        LimitReached: the server does not let all of them in; nothing is stored then.
        NameOfPersonError: ``person`` is no name.
    """
    key, disk = sweep_id(kind, definition, store.account), store.usage_of_disk()
    with writing(store.engine) as connection:
        lock_store(connection)
        there = connection.execute(select(SWEEPS.c.id).where(SWEEPS.c.id == key)).scalar_one_or_none()
        if there is None:
            row = {"id": key, "kind": kind, "name": name, "created_at": time.time(), "definition": definition}
            connection.execute(insert(SWEEPS).values(row | {"account": store.account}))
        wanted = select(RUNS).where(RUNS.c.deleted_at.is_(None), store.mine)
        rows = connection.execute(wanted.order_by(RUNS.c.created_at.desc(), RUNS.c.id)).all()
        new = missing([store.record(row) for row in rows])
        return key, [store.add_run(connection, one.design, one.recipe, disk, person=person, sweep=key) for one in new]


def note_trials(store: Store, key: str, trials: Sequence[dict[str, Any]]) -> None:
    """Keeps what a search has tried so far."""
    values = {"trials": json.dumps(list(trials))}
    with store.engine.begin() as connection:
        connection.execute(update(SWEEPS).where(_is(store, key)).values(values))


def sweep(store: Store, key: str) -> SweepRecord:
    """One set; raises StoreError if there is none of that id."""
    with store.engine.connect() as connection:
        row = connection.execute(select(SWEEPS).where(_is(store, key))).one_or_none()
    if row is None:
        raise StoreError(f"Sweep {key}: there is no such sweep. See `bnn-designer sweeps` for those that there are.")
    return SweepRecord.from_row(row)


def sweeps(store: Store, kind: Kind | None = None) -> list[SweepRecord]:
    """All sets of the store's account, or those of one kind, the newest first."""
    wanted = select(SWEEPS).where(belongs_to(SWEEPS, store.account)).order_by(SWEEPS.c.created_at.desc(), SWEEPS.c.id)
    if kind is not None:
        wanted = wanted.where(SWEEPS.c.kind == kind)
    with store.engine.connect() as connection:
        return [SweepRecord.from_row(row) for row in connection.execute(wanted).all()]


def _is(store: Store, key: str) -> ColumnElement[bool]:
    """Whether a row is the set of that id, and of the store's account."""
    return and_(SWEEPS.c.id == key, belongs_to(SWEEPS, store.account))
