"""Runs and their events in one database, and a folder per run for its checkpoints and log.

Any number of processes (pages, commands, workers) share the database. What must happen once, such as taking a run out
of the queue, is one UPDATE with the condition in its WHERE clause, so that the database decides who was first: see
``life.py``, which has every change of a run's status.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, delete, func, insert, or_, select, update

from bnn_designer.design import Design
from bnn_designer.folders import home_dir
from bnn_designer.processes import Owner
from bnn_designer.runs import last_words
from bnn_designer.runs.connection import DATABASE_FILE, PATIENCE_S, check_is_there, open_engine, writing
from bnn_designer.runs.database import EVENTS, RUNS, RunDeleted, StoreError
from bnn_designer.runs.life import Life, new_lease
from bnn_designer.runs.limits import Entry, Usage
from bnn_designer.runs.paths import Paths
from bnn_designer.runs.people import person_of
from bnn_designer.runs.records import HELD, RunRecord, StoredEvent, as_time
from bnn_designer.runs.schema import bring_up_to_date
from bnn_designer.runs.scope import unknown
from bnn_designer.training.events import (
    EpochEnd,
    Event,
    Failed,
    FirstStep,
    LatentWeights,
    Resumed,
    Started,
    StepWindow,
    best_epoch,
    event_from_json,
)
from bnn_designer.training.recipe import Recipe

__all__ = ["RunRecord", "Store", "StoreError", "StoredEvent", "store_url"]


def store_url(home: Path | None = None) -> str:
    """The database's address: ``BNN_STORE_URL``, else an SQLite file in the home folder."""
    return os.environ.get("BNN_STORE_URL") or f"sqlite:///{(home or home_dir()) / DATABASE_FILE}"


class Store(Life, Paths):
    """The open database. Cheap to make; safe to use from several threads and processes at once.

    It has everybody's runs; :meth:`for_account` gives one that has an account's.

    Args:
        url: a SQLAlchemy address; None takes :func:`store_url`.
        home: the folder under which ``runs/<id>/`` lie; None takes :func:`~bnn_designer.folders.home_dir`.
        patience_s: how long a statement waits for what another process has locked.
        make: whether the folder and a database's file are made where they are not there. Processes that were started to
            work in a store do not: it may have been deleted while they were on their way.

    Raises:
        StoreError: the database cannot be opened, or a newer program wrote it; or it is not there and not made.
    """

    def __init__(
        self,
        url: str | None = None,
        home: Path | None = None,
        *,
        patience_s: float = PATIENCE_S,
        make: bool = True,
    ) -> None:
        self.home = (home or home_dir()).absolute()
        self.url = url or store_url(self.home)
        if not make:
            check_is_there(self.home, self.url)
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            mend = "Set BNN_HOME to a writable folder"
            raise StoreError(f"{self.home}: the folder cannot be made ({error}). {mend}.") from error
        self.engine: Engine = open_engine(self.url, patience_s=patience_s)
        bring_up_to_date(self.engine)
        #: Of the monotonic clock: before it nobody looks for deleted runs that are old (:mod:`.deleting`).
        self.purge_again_at = float("-inf")

    def close(self) -> None:
        """Gives the connections back; the store opens new ones if it is used again."""
        self.engine.dispose()

    # ---- making and reading runs

    def record(self, row: Any) -> RunRecord:
        """As :meth:`Life.record`; one that failed where the store could not be told says why."""
        run = super().record(row)
        if run.stored_status in HELD and run.status == "interrupted":
            words = last_words.read(self.run_folder(run.id))
            if words is not None:
                return replace(run, status="failed", failure=words.failure, error=words.error)
        return run

    def create_run(
        self,
        design: Design,
        recipe: Recipe,
        *,
        owner: Owner | None = None,
        parent: str | None = None,
        person: str | None = None,
        waits_for: str | None = None,
    ) -> str:
        """Stores a run and returns its id (8 hex digits).

        Args:
            design: of the run.
            recipe: of the run.
            owner: the process that trains it from the start; no dispatcher takes it then. None: it is queued.
            parent: the run that it is a copy of.
            person: whose it is; None: nobody's in particular.
            waits_for: the run before whose end no dispatcher takes it, see :mod:`bnn_designer.runs.awaiting`.

        Raises:
            LimitReached: the server lets no such run in now, see :mod:`bnn_designer.runs.limits`.
            LimitError: a limit cannot be read.
            NameOfPersonError: ``person`` is no name.
        """
        disk = self.usage_of_disk()
        with writing(self.engine) as connection:
            return self.add_run(
                connection, design, recipe, disk, owner=owner, parent=parent, person=person, waits_for=waits_for
            )

    def add_run(
        self,
        connection: Connection,
        design: Design,
        recipe: Recipe,
        disk: Usage,
        *,
        owner: Owner | None = None,
        parent: str | None = None,
        person: str | None = None,
        sweep: str | None = None,
        waits_for: str | None = None,
    ) -> str:
        """As :meth:`create_run`, in a transaction of the caller's; every run comes into the store here.

        Args:
            disk: what :meth:`usage_of_disk` found before that transaction.
            sweep: the sweep that it belongs to.
        """
        run_id = secrets.token_hex(4)
        now = time.time()
        values: dict[str, Any] = {
            "id": run_id,
            "name": design.name,
            "status": "queued",
            "design": design.to_json(),
            "recipe": recipe.to_json(),
            "created_at": now,
            "queued_at": now if owner is None else None,
            "parent": parent,
            "person": person_of(person),
            "sweep": sweep,
            "waits_for": waits_for,
            "account": self.account,
        }
        for other in {parent, waits_for, recipe.teacher, recipe.start_from} - {None}:
            self.check_mine_in(connection, str(other))  # the worker has everybody's runs
        if owner is not None:
            values |= {"status": "running", "lease": new_lease(), "started_at": now, "attempt_at": now}
            values |= {"heartbeat_at": now, **asdict(owner)}
        self._admit(connection, Entry(values["person"], recipe.epochs, waits=owner is None), disk)
        connection.execute(insert(RUNS).values(values))
        return run_id

    def run(self, run_id: str, *, deleted: bool = False) -> RunRecord:
        """One run.

        Args:
            run_id: the run's.
            deleted: whether a deleted one will do.

        Raises:
            StoreError: there is none of that id.
            RunDeleted: it was deleted.
        """
        with self.engine.connect() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run_id, self.mine)).one_or_none()
        if row is None:
            raise unknown(run_id)
        if row.deleted_at is not None and not deleted:
            raise RunDeleted(run_id, row.name)
        return self.record(row)

    def runs(self, *, deleted: bool = False) -> list[RunRecord]:
        """All runs, the newest first; with ``deleted`` those that were deleted instead, the last one first."""
        shown = RUNS.c.deleted_at.is_not(None) if deleted else RUNS.c.deleted_at.is_(None)
        latest = RUNS.c.deleted_at if deleted else RUNS.c.created_at
        with self.engine.connect() as connection:
            rows = connection.execute(select(RUNS).where(shown, self.mine).order_by(latest.desc(), RUNS.c.id)).all()
        return [self.record(row) for row in rows]

    def trained_on(self, host: str, count: int) -> list[RunRecord]:
        """The newest runs, at most ``count``, that came to their first step on a machine, the newest first."""
        wanted = select(RUNS).where(RUNS.c.host == host, RUNS.c.training_at.is_not(None), self.mine)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(RUNS.c.attempt_at.desc(), RUNS.c.id).limit(count)).all()
        return [self.record(row) for row in rows]

    def last_end_on(self, host: str) -> float | None:
        """When a run of a machine ended last, in Unix seconds; None: none has."""
        ended = select(func.max(RUNS.c.finished_at)).where(RUNS.c.host == host)
        with self.engine.connect() as connection:
            return connection.execute(ended).scalar_one_or_none()

    # ---- events

    def add_event(self, run_id: str, event: Event, *, lease: str | None = None) -> int | None:
        """Appends an event and returns its number; the run's engine, threads, first step and best accuracy follow.

        With ``lease`` it is a sign of life, too, and nothing is written where that is not the run's any more: None.
        """
        with self.engine.begin() as connection:
            if lease is not None:
                mine = and_(RUNS.c.id == run_id, RUNS.c.lease == lease, RUNS.c.status == "running")
                if connection.execute(update(RUNS).where(mine).values(heartbeat_at=time.time())).rowcount != 1:
                    return None
            values = {"run_id": run_id, "created_at": time.time(), "event": event.model_dump_json()}
            number = connection.execute(insert(EVENTS).values(values).returning(EVENTS.c.id)).scalar_one()
            if isinstance(event, Started):
                self._update(connection, run_id, engine_used=event.engine, threads=event.threads)
            elif isinstance(event, FirstStep):
                self._update(connection, run_id, training_at=time.time())
            elif isinstance(event, EpochEnd) and not event.float_kernels:
                # as best_epoch() has it: more images count before a higher accuracy, a first stage not at all
                best, of_best = RUNS.c.best_val_accuracy, func.coalesce(RUNS.c.best_val_images, 0)
                images = event.validation_images or 0
                stays = or_(of_best > images, and_(of_best == images, best >= event.val_accuracy))
                better = {"best_val_accuracy": event.val_accuracy, "best_val_images": images}
                values = {name: case((stays, RUNS.c[name]), else_=value) for name, value in better.items()}
                self._update(connection, run_id, **values)
            return int(number)

    def events(self, run_id: str, after: int = 0) -> list[StoredEvent]:
        """The events of a run numbered above ``after``, in order."""
        wanted = select(EVENTS).where(EVENTS.c.run_id == run_id, EVENTS.c.id > after, self.of_mine)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(EVENTS.c.id)).all()
        return [StoredEvent(row.id, row.run_id, as_time(row.created_at), event_from_json(row.event)) for row in rows]

    def events_of(self, run_id: str, kind: str, count: int, *, newest: bool = True) -> list[StoredEvent]:
        """The newest events of one kind, or the first ones, at most ``count``, in order: of a run that has many."""
        # as pydantic writes an event: its kind comes first
        of_kind = EVENTS.c.event.like(f'{{"kind":"{kind}"%')
        wanted = select(EVENTS).where(EVENTS.c.run_id == run_id, of_kind, self.of_mine)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(EVENTS.c.id.desc() if newest else EVENTS.c.id).limit(count)).all()
        found = sorted(rows, key=lambda row: row.id)
        return [StoredEvent(row.id, row.run_id, as_time(row.created_at), event_from_json(row.event)) for row in found]

    def rewind(self, run_id: str, epochs: Sequence[EpochEnd], kept: int, *, epoch: int, step: int) -> None:
        """Drops what a run reported after the state that it goes on from; the same comes again.

        Args:
            run_id: the run.
            epochs: the ends of epochs that the state knows; one that the database lost in a power cut is added again.
            kept: how many windows and ends of epochs stay, the first ones.
            epoch, step: where the run goes on, for the event that says so.
        """
        self.check_mine(run_id)
        events = self.events(run_id)
        curve = [item for item in events if isinstance(item.event, StepWindow | EpochEnd)]
        ends = [item.id for item in events if isinstance(item.event, LatentWeights | Failed)]
        gone = [item.id for item in curve[kept:]] + ends
        known = {item.event.epoch for item in curve[:kept] if isinstance(item.event, EpochEnd)}
        best = best_epoch(epochs)
        with self.engine.begin() as connection:
            # not one statement: SQLite takes 32,766 values in one, and a run may have more events
            for number in gone:
                connection.execute(delete(EVENTS).where(EVENTS.c.id == number))
            accuracy, images = (best.val_accuracy, best.validation_images) if best else (None, None)
            self._update(connection, run_id, best_val_accuracy=accuracy, best_val_images=images)
        for end in epochs:
            if end.epoch not in known:
                self.add_event(run_id, end)
        if curve or epochs:
            self.add_event(run_id, Resumed(epoch=epoch, step=step))

    @staticmethod
    def _update(connection: Connection, run_id: str, **values: Any) -> None:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(values))
