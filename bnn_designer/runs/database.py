"""The tables of runs and events, and what all tables of the store share. :mod:`bnn_designer.runs.schema` makes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.accounts import ACCOUNT_LENGTH

#: All tables of the store; those of drafts and classes are in ``drafts/tables.py`` and ``classes/tables.py``.
METADATA = MetaData()


#: For how many days a deleted run can be restored, as a deleted draft.
KEEP_DELETED_DAYS = 30


class StoreError(BnnDesignerError):
    """The store cannot be opened, was written by a newer program, or does not hold what was asked for."""


class RunDeleted(StoreError):  # noqa: N818 - a state that can be undone, as much as an error
    """The run was deleted, and can still be restored (:mod:`bnn_designer.runs.deleting`)."""

    def __init__(self, run_id: str, name: str) -> None:
        super().__init__(
            f"Run {run_id}: {name!r} was deleted. It can be restored for {KEEP_DELETED_DAYS} days after that, on the "
            f"Runs page or by bnn-designer runs restore {run_id}."
        )
        self.run_id = run_id
        self.name = name


def storable(text: str) -> str:
    """A text as every database takes it: PostgreSQL has no NUL in a text, while a design's name may have one."""
    return text.replace("\0", "\ufffd")


class StoredText(TypeDecorator[str]):
    """A text from outside, as every database takes it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else storable(value)


# Times are Unix seconds: SQLite has no type for them, and seconds compare and survive every database alike.
RUNS = Table(
    "run",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", StoredText, nullable=False),
    Column("status", String(16), nullable=False),
    Column("design", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("heartbeat_at", Float),
    Column("cancel_requested", Boolean, nullable=False, default=False, server_default="0"),
    Column("error", StoredText),
    Column("host", StoredText),
    Column("pid", Integer),
    Column("process_started_at", Float),
    Column("boot_id", Text),
    Column("lease", String(16)),
    Column("queued_at", Float),
    Column("attempt_at", Float),
    Column("training_at", Float),
    Column("spent_s", Float, nullable=False, default=0.0, server_default="0"),
    Column("pause_requested", Boolean, nullable=False, default=False, server_default="0"),
    Column("stop_requested_at", Float),
    Column("failure", String(32)),
    Column("parent", String(16)),
    Column("threads", Integer),
    Column("engine_used", String(16)),
    Column("best_val_accuracy", Float),
    Column("best_val_images", Integer),
    Column("person", StoredText),
    Column("tags", StoredText, nullable=False, default="[]", server_default="[]"),
    Column("note", StoredText, nullable=False, default="", server_default=""),
    Column("deleted_at", Float),
    Column("sweep", String(16)),
    Column("resumes", Integer, nullable=False, default=0, server_default="0"),
    Column("waits_for", String(16)),
    Column("account", String(ACCOUNT_LENGTH)),
    Index("run_by_status", "status", "created_at"),
    Index("run_by_sweep", "sweep"),
    Index("run_by_account", "account", "created_at"),
    # All that the choice of the next run reads (fair.py), so that it leaves alone the rows with their designs.
    Index("run_in_line", "status", "person", "queued_at", "created_at", "attempt_at", "finished_at", "id", "waits_for"),
    Index("run_by_awaited", "waits_for"),
    Index("run_by_person", "person"),
)

# A set of runs: the trained variants of a design, or what a search tried. Its id follows from its definition, so that
# the same one is there once, however many processes ask for it.
SWEEPS = Table(
    "sweep",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", StoredText, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("definition", StoredText, nullable=False),
    Column("trials", StoredText, nullable=False, default="[]", server_default="[]"),
    Column("account", String(ACCOUNT_LENGTH)),
)

EVENTS = Table(
    "event",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(16), ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("event", Text, nullable=False),
    Index("event_by_run", "run_id", "id"),
    sqlite_autoincrement=True,
)
