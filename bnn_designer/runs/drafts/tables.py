"""The tables of drafts: a row a draft, a row a step. An edit writes one design, and reading a draft reads one.

Every change of a draft takes the draft's row first (:func:`locked`), so that the database puts changes into an order.
"""

from __future__ import annotations

import json
import time
import unicodedata
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    select,
)

from bnn_designer.design import Design, walk
from bnn_designer.runs.accounts import ACCOUNT_LENGTH, belongs_to
from bnn_designer.runs.connection import writing
from bnn_designer.runs.database import METADATA, storable
from bnn_designer.runs.drafts.records import KEEP_DELETED_DAYS, DraftDeleted, DraftError

DAY_S = 86400.0

#: For how many days after its last operation a browser tab is remembered.
KEEP_CLIENTS_DAYS = 30

DRAFTS = Table(
    "draft_record",
    METADATA,
    Column("id", String(16), primary_key=True),
    # of the present design: what the list of drafts shows and is searched by
    Column("name", Text, nullable=False),
    Column("folded_name", Text, nullable=False),
    Column("blocks", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("recipe", Text),
    Column("revision", Integer, nullable=False),
    Column("editor", Text, nullable=False),
    # numbers of steps: the oldest kept, the present one, the newest; those behind the present one were undone
    Column("first_step", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("last_step", Integer, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
    Column("account", String(ACCOUNT_LENGTH)),
    Index("draft_record_by_account", "account", "updated_at"),
    Index("draft_record_by_time", "deleted_at", "updated_at"),
)


def _draft_id(**options: Any) -> Column[Any]:
    return Column("draft_id", String(16), ForeignKey(DRAFTS.c.id, ondelete="CASCADE"), nullable=False, **options)


STEPS = Table(
    "draft_step",
    METADATA,
    _draft_id(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("design", Text, nullable=False),
)

SNAPSHOTS = Table(
    "draft_snapshot",
    METADATA,
    Column("id", String(16), primary_key=True),
    _draft_id(),
    Column("name", Text, nullable=False),
    Column("design", Text, nullable=False),
    Column("blocks", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Index("draft_snapshot_by_draft", "draft_id", "created_at"),
)

CLIENTS = Table(
    "draft_client",
    METADATA,
    _draft_id(primary_key=True),
    Column("client", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("updated_at", Float, nullable=False),
)


def purge(engine: Engine) -> None:
    """Forgets drafts that were deleted, and browser tabs that were last heard of, longer ago than they are kept."""
    now = time.time()
    with writing(engine) as connection:
        connection.execute(delete(DRAFTS).where(DRAFTS.c.deleted_at < now - KEEP_DELETED_DAYS * DAY_S))
        connection.execute(delete(CLIENTS).where(CLIENTS.c.updated_at < now - KEEP_CLIENTS_DAYS * DAY_S))


def locked(connection: Connection, draft_id: str, *, account: str | None, deleted: bool = False) -> Any:
    """The draft's row, which nobody else changes before the transaction ends.

    Args:
        connection: of :func:`writing`.
        draft_id: the draft's.
        account: whose it must be; None: anybody's.
        deleted: whether a deleted draft will do.

    Raises:
        DraftError: there is no such draft.
        DraftDeleted: it was deleted.
    """
    its = select(DRAFTS).where(DRAFTS.c.id == draft_id, belongs_to(DRAFTS, account))
    row = connection.execute(its.with_for_update()).one_or_none()
    if row is None:
        raise unknown(draft_id)
    if row.deleted_at is not None and not deleted:
        raise DraftDeleted(draft_id, row.name)
    return row


def unknown(draft_id: str) -> DraftError:
    return DraftError(f"Draft {draft_id}: there is no such draft. Open another one, or start a new design.")


def design_text(design: Design) -> str:
    """A design as a row holds it."""
    return json.dumps(design.model_dump(mode="json"), separators=(",", ":"))


def design_columns(design: Design) -> dict[str, Any]:
    """What a draft's row says of its present design."""
    height, width, channels = design.input_shape
    return {
        "name": storable(design.name),
        "folded_name": folded(storable(design.name)),
        "blocks": block_count(design),
        "height": height,
        "width": width,
        "channels": channels,
    }


def block_count(design: Design) -> int:
    """How many blocks a design has, those inside others included."""
    return sum(1 for _ in walk(design.blocks))


def folded(text: str) -> str:
    """A text as searches compare it: without upper and lower case, in every alphabet."""
    return unicodedata.normalize("NFKC", text).casefold()
