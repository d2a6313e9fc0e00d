"""What the store hands out: a run, an event with its number, and the process that owns a run."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal, get_args

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs.lease import lease_end
from bnn_designer.training.events import Event
from bnn_designer.training.failures import Failure
from bnn_designer.training.recipe import Recipe

#: What a run is said to be. "preparing": taken, and before its first step.
Status = Literal["queued", "preparing", "running", "paused", "interrupted", "done", "cancelled", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)

#: What stands in the database. "claimed": taken by a dispatcher that starts its worker.
StoredStatus = Literal["queued", "claimed", "running", "paused", "interrupted", "done", "cancelled", "failed"]
#: Those in which a process has the run, if its lease has not ended.
HELD: tuple[StoredStatus, ...] = ("claimed", "running")


@dataclass(frozen=True)
class RunRecord:
    """One run as stored, and as it was when it was read. Times are in UTC; None is "not yet" or "not known".

    ``design`` and ``recipe`` are read from their JSON when asked for, so that one run of an unreadable design does not
    hide the others: only the two properties raise (DesignError, RecipeError).

    Attributes:
        status: what the run is; follows from ``stored_status``, the owner's process and its heartbeat.
        stored_status: what stands in the database.
        created_at, started_at, finished_at: of the run; it may have been started several times.
        queued_at: when it last came into the queue; None: it was never in it, a terminal trains it.
        attempt_at: when it was last started.
        training_at: the first step since then.
        heartbeat_at: the last sign of life.
        spent_s: seconds of the attempts that have ended.
        error: why it stopped, in words.
        failure: the kind of failure.
        owner: the process that has the run, or had it last.
        lease: who owns the run's row; each attempt has another.
        cancel_requested, pause_requested, stop_requested_at: somebody wants it to stop, since when.
        parent: the run that it is a copy of.
        threads: that TensorFlow split its sums among.
        person: whose it is, by the name that they gave; None: nobody's in particular.
        tags: words by which people find it again, in their order.
        note: what somebody wrote about it.
        deleted_at: when somebody deleted it; it can be restored until it is removed for good. None: it is not deleted.
        sweep: the sweep that it belongs to.
        resumes: how often a cluster queued it again by itself since somebody last did.
        waits_for: the run before whose end it does not start; None: there is none. It stays once that one is done.
        account: whose it is, where they signed in (:mod:`bnn_designer.runs.accounts`); None: nobody's in particular.
    """

    id: str
    name: str
    status: Status
    stored_status: StoredStatus
    design_json: str
    recipe_json: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    queued_at: datetime | None
    attempt_at: datetime | None
    training_at: datetime | None
    spent_s: float
    error: str | None
    failure: Failure | None
    owner: Owner | None
    lease: str | None
    cancel_requested: bool
    pause_requested: bool
    stop_requested_at: datetime | None
    engine_used: str | None
    best_val_accuracy: float | None
    parent: str | None
    threads: int | None
    person: str | None
    tags: tuple[str, ...]
    note: str
    deleted_at: datetime | None
    sweep: str | None
    resumes: int
    waits_for: str | None
    account: str | None

    @classmethod
    def from_row(cls, row: Any) -> RunRecord:
        """A row of the table ``run``."""
        owner = None if row.host is None else Owner(row.host, row.pid, row.process_started_at, row.boot_id)
        end = lease_end(owner, row.heartbeat_at, time.time()) if row.status in HELD else None
        status = shown_status(row, end)
        return cls(
            id=row.id,
            name=row.name,
            status=status,
            stored_status=row.status,
            design_json=row.design,
            recipe_json=row.recipe,
            created_at=as_time(row.created_at),
            started_at=_maybe_time(row.started_at),
            finished_at=_maybe_time(row.finished_at if end is None else row.heartbeat_at),
            heartbeat_at=_maybe_time(row.heartbeat_at),
            queued_at=_maybe_time(row.queued_at),
            attempt_at=_maybe_time(row.attempt_at),
            training_at=_maybe_time(row.training_at),
            spent_s=row.spent_s,
            error=end if end is not None and status == "interrupted" else row.error,
            failure=row.failure,
            owner=owner,
            lease=row.lease,
            cancel_requested=bool(row.cancel_requested),
            pause_requested=bool(row.pause_requested),
            stop_requested_at=_maybe_time(row.stop_requested_at),
            engine_used=row.engine_used,
            best_val_accuracy=row.best_val_accuracy,
            parent=row.parent,
            threads=row.threads,
            person=row.person,
            tags=tuple(json.loads(row.tags)),
            note=row.note,
            deleted_at=_maybe_time(row.deleted_at),
            sweep=row.sweep,
            resumes=row.resumes,
            waits_for=row.waits_for,
            account=row.account,
        )

    @property
    def design(self) -> Design:
        return Design.from_json(self.design_json, source=f"run {self.id}")

    @property
    def recipe(self) -> Recipe:
        return Recipe.from_json(self.recipe_json)

    @property
    def pid(self) -> int | None:
        return self.owner.pid if self.owner else None

    @property
    def held(self) -> bool:
        """Whether a process has the run now."""
        return self.status in ("preparing", "running")

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it unless somebody asks: done, or stopped in one way or another."""
        return not self.held and self.status != "queued"

    @property
    def stopping(self) -> Literal["cancelling", "pausing"] | None:
        """What it has been asked for and has not done yet."""
        if not self.held:
            return None
        return "cancelling" if self.cancel_requested else "pausing" if self.pause_requested else None


def shown_status(row: Any, end: str | None) -> Status:
    """What a run is.

    Args:
        row: of the table ``run``.
        end: why its lease has ended; None: it has not, or it has none.
    """
    status: StoredStatus = row.status
    if status not in HELD:
        return status  # type: ignore[return-value]  # not one of HELD
    if end is None:
        return "running" if status == "running" and row.training_at is not None else "preparing"
    return status_after(row, status)


def status_after(row: Any, status: StoredStatus) -> Literal["cancelled", "paused", "queued", "interrupted"]:
    """What becomes of a held run whose process is gone: what was asked for, or it waits again, or is interrupted."""
    if row.cancel_requested:
        return "cancelled"
    if row.pause_requested:
        return "paused"
    return "queued" if status == "claimed" else "interrupted"


@dataclass(frozen=True)
class StoredEvent:
    """An event and its number, which grows within the store."""

    id: int
    run_id: str
    created_at: datetime
    event: Event


def as_time(unix_seconds: float) -> datetime:
    """Unix seconds, as the store holds times, as a UTC time."""
    return datetime.fromtimestamp(unix_seconds, timezone.utc)


def _maybe_time(unix_seconds: float | None) -> datetime | None:
    return None if unix_seconds is None else as_time(unix_seconds)
