"""What the store hands out: a run, an event with its number, and the process that owns a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal, get_args

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.training.events import Event
from bnn_designer.training.recipe import Recipe

Status = Literal["queued", "running", "done", "cancelled", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class RunRecord:
    """One run as stored. Times are in UTC; None is "not yet" or "not known".

    ``design`` and ``recipe`` are read from their JSON when asked for, so that one run of an unreadable design does not
    hide the others: only the two properties raise (DesignError, RecipeError).
    """

    id: str
    name: str
    status: Status
    design_json: str
    recipe_json: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    error: str | None
    owner: Owner | None
    cancel_requested: bool
    engine_used: str | None
    best_val_accuracy: float | None

    @classmethod
    def from_row(cls, row: Any) -> RunRecord:
        """A row of the table ``run``."""
        return cls(
            id=row.id,
            name=row.name,
            status=row.status,
            design_json=row.design,
            recipe_json=row.recipe,
            created_at=as_time(row.created_at),
            started_at=None if row.started_at is None else as_time(row.started_at),
            finished_at=None if row.finished_at is None else as_time(row.finished_at),
            heartbeat_at=None if row.heartbeat_at is None else as_time(row.heartbeat_at),
            error=row.error,
            owner=None if row.host is None else Owner(row.host, row.pid, row.process_started_at),
            cancel_requested=bool(row.cancel_requested),
            engine_used=row.engine_used,
            best_val_accuracy=row.best_val_accuracy,
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
    def ended(self) -> bool:
        return self.status in ("done", "cancelled", "failed")


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
