"""Named versions of drafts."""

from __future__ import annotations

import secrets
import time
from typing import Any

from sqlalchemy import ColumnElement, Engine, delete, insert, select

from bnn_designer.design import Design
from bnn_designer.runs.accounts import belongs_to
from bnn_designer.runs.connection import writing
from bnn_designer.runs.database import storable
from bnn_designer.runs.drafts.records import DraftError, Snapshot
from bnn_designer.runs.drafts.steps import design_at
from bnn_designer.runs.drafts.tables import DRAFTS, SNAPSHOTS, block_count, design_text, locked
from bnn_designer.runs.records import as_time

_MAX_NAME = 80
_SHOWN = (
    SNAPSHOTS.c.id,
    SNAPSHOTS.c.draft_id,
    SNAPSHOTS.c.name,
    SNAPSHOTS.c.created_at,
    SNAPSHOTS.c.blocks,
)


class Snapshots:
    """The part of :class:`Drafts` that keeps named versions.

    A draft goes back to one with ``drafts.change(id, lambda _: drafts.snapshot_design(snapshot_id))``, a step like any
    other, which undo takes back.
    """

    _engine: Engine
    _account: str | None

    def snapshot(self, draft_id: str, name: str) -> Snapshot:
        """Keeps the present design under a name.

        Raises:
            DraftError: there is no such draft, or the name is empty or too long.
            DesignError: what is stored is not a design.
        """
        name = _checked(name)
        with writing(self._engine) as connection:
            design = design_at(connection, draft_id, locked(connection, draft_id, account=self._account).step)
            snapshot = Snapshot(secrets.token_hex(4), draft_id, name, as_time(time.time()), block_count(design))
            values = {
                "id": snapshot.id,
                "draft_id": draft_id,
                "name": name,
                "design": design_text(design),
                "blocks": snapshot.blocks,
                "created_at": snapshot.created_at.timestamp(),
            }
            connection.execute(insert(SNAPSHOTS).values(values))
        return snapshot

    def snapshots(self, draft_id: str) -> list[Snapshot]:
        """The draft's named versions, the newest first; none where there is no such draft. Opens no design."""
        mine = select(*_SHOWN).where(SNAPSHOTS.c.draft_id == draft_id, self._of_mine)
        with self._engine.connect() as connection:
            rows = connection.execute(mine.order_by(SNAPSHOTS.c.created_at.desc(), SNAPSHOTS.c.id)).all()
        return [_snapshot(row) for row in rows]

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Forgets a version; nothing happens where there is none."""
        with writing(self._engine) as connection:
            connection.execute(delete(SNAPSHOTS).where(SNAPSHOTS.c.id == snapshot_id, self._of_mine))

    def snapshot_design(self, snapshot_id: str) -> Design:
        """The design of a version.

        Raises:
            DraftError: there is no such version.
            DesignError: what is stored is not a design.
        """
        with self._engine.connect() as connection:
            text = connection.execute(
                select(SNAPSHOTS.c.design).where(SNAPSHOTS.c.id == snapshot_id, self._of_mine)
            ).scalar_one_or_none()
        if text is None:
            raise _unknown(snapshot_id)
        return Design.from_json(text, source=f"version {snapshot_id}")

    @property
    def _of_mine(self) -> ColumnElement[bool]:
        """Whether a version is of a draft of this account's."""
        return SNAPSHOTS.c.draft_id.in_(select(DRAFTS.c.id).where(belongs_to(DRAFTS, self._account)))


def _checked(name: str) -> str:
    name = storable(name.strip())
    if not 1 <= len(name) <= _MAX_NAME:
        raise DraftError(f"A version's name must have 1 to {_MAX_NAME} characters, and has {len(name)}. Give another.")
    return name


def _snapshot(row: Any) -> Snapshot:
    return Snapshot(row.id, row.draft_id, row.name, as_time(row.created_at), row.blocks)


def _unknown(snapshot_id: str) -> DraftError:
    return DraftError(f"Version {snapshot_id}: there is no such version. It may have been deleted; see the list.")
