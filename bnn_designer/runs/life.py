"""The life of a run in the database: every change of its status, each one UPDATE that says from where it may come.

    queued -> claimed -> running -> done | failed | cancelled | paused | interrupted
    claimed -> queued             where the dispatcher died before the worker was there
    queued -> failed              where the run that it waits for will not be done (``awaiting.py``)
    queued -> cancelled | paused
    any that has ended -> queued  to be resumed, tried again or extended
    claimed, running -> queued    on a cluster, where the worker was lost: it goes on from its last state

A claim hands out a *lease*, a new word each time. Whoever writes in a run's name says it, so that a process that was
taken for dead, and is not, writes nothing into a run that another one has by now.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict
from typing import Any, Literal

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from bnn_designer.processes import Owner
from bnn_designer.runs import awaiting, fair, limits
from bnn_designer.runs.admission import Admission
from bnn_designer.runs.connection import lock_store, writing
from bnn_designer.runs.database import RUNS, RunDeleted, StoreError
from bnn_designer.runs.records import HELD, RunRecord, Status, StoredStatus
from bnn_designer.runs.scope import unknown
from bnn_designer.training.failures import Failure
from bnn_designer.training.recipe import Recipe

#: What a process hears: to go on, to keep its state and stop, or that the run is not its own any more.
Beat = Literal["go on", "stop", "lost"]

_ENDS: tuple[StoredStatus, ...] = ("done", "failed", "cancelled", "paused", "interrupted")
_IN_ORDER = (func.coalesce(RUNS.c.queued_at, RUNS.c.created_at), RUNS.c.id)


def new_lease() -> str:
    """A word that no other attempt has."""
    return secrets.token_hex(8)


class Life(Admission):
    """The transitions; :class:`bnn_designer.runs.store.Store` adds the rest."""

    def record(self, row: Any) -> RunRecord:
        """A row of the table ``run`` as everybody is to see it."""
        return RunRecord.from_row(row)

    def held(self) -> list[RunRecord]:
        """The runs that a process has, or had when it died and nobody has looked since."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(RUNS).where(RUNS.c.status.in_(HELD)).order_by(*_IN_ORDER)).all()
        return [self.record(row) for row in rows]

    def in_line(self) -> tuple[fair.Queue, list[RunRecord]]:
        """The queue with every run that waits; and the account's that wait or are held, the first that came first."""
        in_line = or_(RUNS.c.status == "queued", RUNS.c.status.in_(HELD))
        found = select(RUNS).where(in_line, self.mine).order_by(*_IN_ORDER)
        with self.engine.connect() as connection:
            queue, rows = fair.read_queue(connection), connection.execute(found).all()
        return queue, [self.record(row) for row in rows]

    def has_work(self) -> bool:
        """Whether a run waits, or was taken from the queue and is not ended; one that a terminal trains is no work.

        Nor is one that waits for a run that somebody would have to resume first.
        """
        waits = and_(RUNS.c.status == "queued", ~awaiting.STANDS_STILL)
        taken = and_(RUNS.c.status.in_(HELD), RUNS.c.queued_at.is_not(None))
        with self.engine.connect() as connection:
            return bool(connection.execute(select(exists().where(or_(waits, taken)))).scalar())

    def first_waiting(self) -> str | None:
        """The run that has waited longest; None where none waits."""
        first = select(RUNS.c.id).where(RUNS.c.status == "queued").order_by(*_IN_ORDER).limit(1)
        with self.engine.connect() as connection:
            run_id: str | None = connection.execute(first).scalar_one_or_none()
        return run_id

    def waiting_runs(self) -> int:
        """How many runs are queued."""
        with self.engine.connect() as connection:
            waiting = select(func.count()).select_from(RUNS).where(RUNS.c.status == "queued")
            return int(connection.execute(waiting).scalar_one())

    def claim_next(self, limit: int) -> tuple[str, str] | None:
        """Takes the run whose turn it is (``fair.py``) if fewer than ``limit`` are held, for this process to start.

        Returns its id and the lease, or None where nothing is queued or the limit is reached. Two callers never get the
        same run.
        """
        owner = asdict(Owner.of_process())
        while True:
            with self.engine.connect() as connection:
                if not fair.room(connection, limit):
                    return None
            with writing(self.engine) as connection:
                lock_store(connection)  # two that count at once would both find room, and both the same person's turn
                chosen = fair.read_heads(connection).next_run() if fair.room(connection, limit) else None
                if chosen is None:
                    continue
                now, lease = time.time(), new_lease()
                claim = (
                    update(RUNS)
                    .where(RUNS.c.id == chosen.run_id, RUNS.c.status == "queued")  # it may be cancelled meanwhile
                    .values(
                        status="claimed",
                        lease=lease,
                        started_at=func.coalesce(RUNS.c.started_at, now),
                        attempt_at=now,
                        heartbeat_at=now,
                        training_at=None,
                        finished_at=None,
                        error=None,
                        failure=None,
                        **owner,
                    )
                )
                if connection.execute(claim).rowcount == 1:
                    return chosen.run_id, lease

    def attach(self, run_id: str, owner: Owner, lease: str) -> bool:
        """Notes the process in which a claimed run is worked on. Returns False if the lease is another one by now."""
        held = and_(RUNS.c.id == run_id, RUNS.c.lease == lease, RUNS.c.status.in_(HELD))
        values = {"status": "running", "heartbeat_at": time.time()} | asdict(owner)
        with self.engine.begin() as connection:
            return connection.execute(update(RUNS).where(held).values(values)).rowcount == 1

    def heartbeat(self, run_id: str, lease: str) -> Beat:
        """Says that the run's process is alive, and hears whether it should stop."""
        running = and_(RUNS.c.id == run_id, RUNS.c.lease == lease, RUNS.c.status == "running")
        with self.engine.begin() as connection:
            beat = connection.execute(update(RUNS).where(running).values(heartbeat_at=time.time()))
            wanted = connection.execute(select(RUNS.c.stop_requested_at).where(running)).scalar_one_or_none()
        return "lost" if beat.rowcount != 1 else "go on" if wanted is None else "stop"

    def request_cancel(self, run_id: str) -> Status:
        """Cancels a queued run at once and asks one that is held to stop; returns the status it has now.

        A run that has ended stays as it is. Raises StoreError if there is no such run.
        """
        return self._request(run_id, "cancelled", cancel_requested=True)

    def request_pause(self, run_id: str) -> Status:
        """As :meth:`request_cancel`; the run is then paused."""
        return self._request(run_id, "paused", pause_requested=True)

    def finish(
        self,
        run_id: str,
        status: Status,
        error: str | None = None,
        *,
        failure: Failure | None = None,
        lease: str | None = None,
        at: float | None = None,
    ) -> bool:
        """Ends a run that is held. Returns False if it was not held any more or, with ``lease``, by another process.

        Args:
            run_id: the run.
            status: how it ended; one that ends a run.
            error: why, in words.
            failure: the kind, of a failure.
            lease: only if this is its lease.
            at: when it ended, in Unix seconds; None: now.
        """
        if status not in _ENDS:
            raise ValueError(f"a run cannot end as {status!r}")
        held = and_(RUNS.c.id == run_id, RUNS.c.status.in_(HELD))
        if lease is not None:
            held = and_(held, RUNS.c.lease == lease)
        now = time.time() if at is None else at
        since = func.coalesce(RUNS.c.attempt_at, RUNS.c.started_at, now)
        values: dict[str, Any] = {
            "status": status,
            "error": error,
            "failure": failure if status == "failed" else None,
            "finished_at": now,
            "spent_s": RUNS.c.spent_s + (now - since),
            "lease": None,
        }
        with self.engine.begin() as connection:
            return connection.execute(update(RUNS).where(held).values(values | _NOT_ASKED)).rowcount == 1

    def release(self, run: RunRecord, resumes: int = 0) -> Status:
        """Ends the hold of a process that is gone: what becomes of the run, see :func:`status_after`.

        Of several who see it at once, one does it; the others get the status that it has now.

        Args:
            run: as it was read.
            resumes: how often an interrupted run is queued again by itself, see :meth:`queue_lost`.
        """
        if run.stored_status == "claimed" and run.status == "queued":
            held = and_(RUNS.c.id == run.id, RUNS.c.status == "claimed", RUNS.c.lease == run.lease)
            with self.engine.begin() as connection:
                connection.execute(update(RUNS).where(held).values(status="queued", lease=None))
        elif run.stored_status in HELD and not run.held:
            last_sign = run.heartbeat_at.timestamp() if run.heartbeat_at else None
            error = run.error if run.status in ("interrupted", "failed") else None
            if run.status == "interrupted" and resumes:
                if self.queue_lost(run, resumes):
                    return "queued"
                error = f"{error} It was resumed by itself {run.resumes} times; its log may say what ends it."
            self.finish(run.id, run.status, error, failure=run.failure, lease=run.lease, at=last_sign)
        with self.engine.connect() as connection:
            return self._status(connection, run.id)

    def put_back(self, run_id: str, lease: str) -> bool:
        """Queues a claimed run, in its old place, that there turned out to be no room for."""
        held = and_(RUNS.c.id == run_id, RUNS.c.lease == lease, RUNS.c.status == "claimed")
        with self.engine.begin() as connection:
            return connection.execute(update(RUNS).where(held).values(status="queued", lease=None)).rowcount == 1

    def queue_lost(self, run: RunRecord, resumes: int) -> bool:
        """Queues a run whose worker was lost, in its old place, to go on from its last state.

        Returns False, and changes nothing, where that happened ``resumes`` times since somebody last queued it, where
        it is a terminal's, and where it is not any more as it was read.
        """
        same = and_(
            RUNS.c.id == run.id,
            RUNS.c.status == run.stored_status,
            RUNS.c.lease.is_not_distinct_from(run.lease),
            RUNS.c.queued_at.is_not(None),
            RUNS.c.resumes < resumes,
        )
        values: dict[str, Any] = {"status": "queued", "lease": None, "finished_at": None, "error": None}
        values |= {"failure": None, "training_at": None, "resumes": RUNS.c.resumes + 1, **_NOT_ASKED}
        if run.stored_status in HELD:
            since = func.coalesce(RUNS.c.attempt_at, RUNS.c.heartbeat_at)
            values["spent_s"] = RUNS.c.spent_s + func.coalesce(RUNS.c.heartbeat_at - since, 0.0)
        with self.engine.begin() as connection:
            return connection.execute(update(RUNS).where(same).values(values)).rowcount == 1

    def queue_again(self, run_id: str, *, allowed: tuple[Status, ...], why: str, **values: Any) -> None:
        """Puts a run that has ended into the queue, at its end; those that failed for want of it wait for it again.

        Args:
            run_id: the run.
            allowed: the statuses that it may have.
            why: what is said where it has another one.
            **values: columns that change with it.

        Raises:
            LimitReached: the server does not let it in now.
            StoreError: there is no such run, it was deleted, or its status is another one.
        """
        entry = self._entry_again(run_id, values.get("recipe"))
        with self._admitted(entry) as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run_id, self.mine)).one_or_none()
            if row is None:
                raise unknown(run_id)
            if row.deleted_at is not None:
                raise RunDeleted(run_id, row.name)
            run = self.record(row)
            same = and_(RUNS.c.id == run_id, RUNS.c.status == row.status, RUNS.c.lease.is_not_distinct_from(row.lease))
            new = {"status": "queued", "lease": None, "queued_at": time.time(), "finished_at": None, "error": None}
            new |= {"failure": None, "training_at": None, "resumes": 0, **_NOT_ASKED, **values}
            if run.status in allowed and connection.execute(update(RUNS).where(same).values(new)).rowcount == 1:
                self._wait_again(connection, run_id)
                return
        raise StoreError(f"Run {run_id}: it is {run.status}. {why}")

    def _wait_again(self, connection: Connection, run_id: str) -> None:
        """Queues the runs again that failed since this one was not to be done; raises LimitReached."""
        for row in awaiting.left_by(connection, run_id):
            # what the disk holds was asked for the run itself, and these take nothing of it yet
            self._admit(connection, limits.Entry(row.person, Recipe.from_json(row.recipe).epochs), limits.Usage())
            new = {"status": "queued", "queued_at": time.time(), "finished_at": None, "error": None, "failure": None}
            connection.execute(update(RUNS).where(RUNS.c.id == row.id).values(new))

    def _request(self, run_id: str, status: Status, **wanted: bool) -> Status:
        now = time.time()
        one = update(RUNS).where(RUNS.c.id == run_id, self.mine)
        asked = one.where(RUNS.c.status.in_(HELD)).values(
            stop_requested_at=func.coalesce(RUNS.c.stop_requested_at, now), **wanted
        )
        with self.engine.begin() as connection:
            connection.execute(one.where(RUNS.c.status == "queued").values(status=status, finished_at=now))
            connection.execute(asked)
            return self._status(connection, run_id)

    def _status(self, connection: Connection, run_id: str) -> Status:
        row = connection.execute(select(RUNS).where(RUNS.c.id == run_id, self.mine)).one_or_none()
        if row is None:
            raise unknown(run_id)
        return self.record(row).status


_NOT_ASKED: dict[str, Any] = {"cancel_requested": False, "pause_requested": False, "stop_requested_at": None}
