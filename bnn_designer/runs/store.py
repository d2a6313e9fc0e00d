"""Runs and their events in one database, and a folder per run for its checkpoint and log.

Any number of processes (pages, commands, workers) share the database. What must happen once, such as taking a run out
of the queue, is one UPDATE with the condition in its WHERE clause, so that the database decides who was first.
Statuses: queued -> running -> done | cancelled | failed, and queued -> cancelled.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, delete, func, insert, select, update

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.folders import home_dir
from bnn_designer.processes import Owner
from bnn_designer.runs.database import EVENTS, RUNS, StoreError, create_tables, open_engine
from bnn_designer.runs.records import RunRecord, Status, StoredEvent, as_time
from bnn_designer.training.events import EpochEnd, Event, Started, event_from_json
from bnn_designer.training.recipe import Recipe

__all__ = ["RunRecord", "Store", "StoreError", "StoredEvent", "store_url"]


def store_url(home: Path | None = None) -> str:
    """The database's address: ``BNN_STORE_URL``, else an SQLite file in the home folder."""
    return os.environ.get("BNN_STORE_URL") or f"sqlite:///{(home or home_dir()) / 'bnn-designer.sqlite'}"


class Store:
    """The open database. Cheap to make; safe to use from several threads and processes at once.

    Args:
        url: a SQLAlchemy address; None takes :func:`store_url`.
        home: the folder under which ``runs/<id>/`` lie; None takes :func:`~bnn_designer.folders.home_dir`.

    Raises:
        StoreError: the database cannot be opened, or a newer program wrote it.
    """

    def __init__(self, url: str | None = None, home: Path | None = None) -> None:
        self.home = (home or home_dir()).absolute()
        self.url = url or store_url(self.home)
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            mend = "Set BNN_HOME to a writable folder"
            raise StoreError(f"{self.home}: the folder cannot be made ({error}). {mend}.") from error
        self.engine: Engine = open_engine(self.url)
        create_tables(self.engine)

    def close(self) -> None:
        """Gives the connections back; the store opens new ones if it is used again."""
        self.engine.dispose()

    def run_folder(self, run_id: str) -> Path:
        """The folder of one run; it exists while a worker writes there."""
        return self.home / "runs" / run_id

    def checkpoint_path(self, run_id: str) -> Path:
        """Where the model of the last finished epoch lies."""
        return self.run_folder(run_id) / "model.keras"

    def log_path(self, run_id: str) -> Path:
        """Where a worker's output goes, tracebacks included."""
        return self.run_folder(run_id) / "worker.log"

    # ---- making and reading runs

    def create_run(self, design: Design, recipe: Recipe, *, owner: Owner | None = None) -> str:
        """Stores a run and returns its id (8 hex digits).

        It is queued; with ``owner`` it starts as running in that process, and no dispatcher takes it.
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
        }
        if owner is not None:
            values |= {"status": "running", "started_at": now, "heartbeat_at": now} | asdict(owner)
        with self.engine.begin() as connection:
            connection.execute(insert(RUNS).values(values))
        return run_id

    def run(self, run_id: str) -> RunRecord:
        """One run; raises StoreError if there is none of that id."""
        with self.engine.connect() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run_id)).one_or_none()
        if row is None:
            raise _unknown(run_id)
        return RunRecord.from_row(row)

    def runs(self) -> list[RunRecord]:
        """All runs, the newest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(RUNS).order_by(RUNS.c.created_at.desc(), RUNS.c.id)).all()
        return [RunRecord.from_row(row) for row in rows]

    def delete_run(self, run_id: str) -> None:
        """Forgets a run that is not running, with its events and its folder; raises StoreError if it is running."""
        with self.engine.begin() as connection:
            gone = connection.execute(delete(RUNS).where(RUNS.c.id == run_id, RUNS.c.status != "running")).rowcount
            if not gone and _status(connection, run_id) is None:
                raise _unknown(run_id)
        if not gone:
            raise StoreError(f"Run {run_id}: it is still running. Cancel it first, then delete it.")
        shutil.rmtree(self.run_folder(run_id), ignore_errors=True)

    # ---- events

    def add_event(self, run_id: str, event: Event) -> int:
        """Appends an event and returns its number; the run's engine and best accuracy follow from it."""
        with self.engine.begin() as connection:
            values = {"run_id": run_id, "created_at": time.time(), "event": event.model_dump_json()}
            result = connection.execute(insert(EVENTS).values(values))
            if isinstance(event, Started):
                self._update(connection, run_id, engine_used=event.engine)
            elif isinstance(event, EpochEnd) and not event.float_kernels:
                best = RUNS.c.best_val_accuracy
                better = case((best > event.val_accuracy, best), else_=event.val_accuracy)
                self._update(connection, run_id, best_val_accuracy=better)
            return int(result.lastrowid)

    def events(self, run_id: str, after: int = 0) -> list[StoredEvent]:
        """The events of a run numbered above ``after``, in order."""
        wanted = select(EVENTS).where(EVENTS.c.run_id == run_id, EVENTS.c.id > after).order_by(EVENTS.c.id)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [StoredEvent(row.id, row.run_id, as_time(row.created_at), event_from_json(row.event)) for row in rows]

    # ---- the life of a run

    def claim_next(self, limit: int) -> str | None:
        """Takes the oldest queued run if fewer than ``limit`` are running: it is then running, without a process yet.

        Returns None where nothing is queued or the limit is reached. Two callers never get the same run.
        """
        others = RUNS.alias()
        running = select(func.count()).select_from(others).where(others.c.status == "running").scalar_subquery()
        oldest = select(RUNS.c.id).where(RUNS.c.status == "queued", running < limit)
        oldest = oldest.order_by(RUNS.c.created_at, RUNS.c.id).limit(1)
        while True:
            with self.engine.connect() as connection:
                run_id = connection.execute(oldest).scalar_one_or_none()
            if run_id is None:
                return None
            now = time.time()
            claim = (
                update(RUNS)
                .where(RUNS.c.id == run_id, RUNS.c.status == "queued", running < limit)
                .values(status="running", started_at=now, heartbeat_at=now, **asdict(Owner.dispatcher()))
            )
            with self.engine.begin() as connection:
                if connection.execute(claim).rowcount == 1:
                    return str(run_id)

    def attach(self, run_id: str, owner: Owner) -> None:
        """Notes the process in which a running run is worked on."""
        with self.engine.begin() as connection:
            self._update(connection, run_id, heartbeat_at=time.time(), **asdict(owner))

    def heartbeat(self, run_id: str) -> bool:
        """Says that the run's process is alive. Returns False if it should stop: cancelled, failed or deleted."""
        running = and_(RUNS.c.id == run_id, RUNS.c.status == "running")
        with self.engine.begin() as connection:
            connection.execute(update(RUNS).where(running).values(heartbeat_at=time.time()))
            cancel_requested = connection.execute(select(RUNS.c.cancel_requested).where(running)).scalar_one_or_none()
        return cancel_requested is not None and not cancel_requested

    def request_cancel(self, run_id: str) -> Status:
        """Cancels a queued run at once and asks a running one to stop; returns the status it has now.

        A run that has ended stays as it is. Raises StoreError if there is no such run.
        """
        with self.engine.begin() as connection:
            one = update(RUNS).where(RUNS.c.id == run_id)
            connection.execute(one.where(RUNS.c.status == "queued").values(status="cancelled", finished_at=time.time()))
            connection.execute(one.where(RUNS.c.status == "running").values(cancel_requested=True))
            status = _status(connection, run_id)
        if status is None:
            raise _unknown(run_id)
        return status

    def finish(self, run_id: str, status: Status, error: str | None = None, *, owner: Owner | None = None) -> bool:
        """Ends a running run. Returns False if it was not running any more or, with ``owner``, not in that process."""
        if status not in ("done", "cancelled", "failed"):
            raise ValueError(f"a run cannot end as {status!r}")
        running = and_(RUNS.c.id == run_id, RUNS.c.status == "running")
        if owner is not None:
            running = and_(running, RUNS.c.pid.is_not_distinct_from(owner.pid))
        end = update(RUNS).where(running).values(status=status, error=error, finished_at=time.time())
        with self.engine.begin() as connection:
            return connection.execute(end).rowcount == 1

    @staticmethod
    def _update(connection: Connection, run_id: str, **values: Any) -> None:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(values))


def _status(connection: Connection, run_id: str) -> Status | None:
    status: Status | None = connection.execute(select(RUNS.c.status).where(RUNS.c.id == run_id)).scalar_one_or_none()
    return status


def _unknown(run_id: str) -> BnnDesignerError:
    return StoreError(f"Run {run_id}: there is no such run. It may have been deleted; see the list of runs.")
