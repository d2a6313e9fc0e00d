"""The drafts themselves: made, read, changed, taken back, found again.

A draft is changed by a function of its design, not by a new text: where two browser tabs change one draft at the same
time, the later change is made on top of the earlier one, and neither is lost. An editor that would rather be asked says
which revision it has seen.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable
from copy import copy
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select, update

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.runs.accounts import belongs_to
from bnn_designer.runs.connection import lock_store, writing
from bnn_designer.runs.drafts.marks import is_dealt_with, last_number, note
from bnn_designer.runs.drafts.records import Draft, DraftDeleted, DraftError, DraftSummary, Mark
from bnn_designer.runs.drafts.snapshots import Snapshots
from bnn_designer.runs.drafts.steps import add_step, as_draft, check_seen, go_to, insert_draft, read_row
from bnn_designer.runs.drafts.tables import (
    DRAFTS,
    design_text,
    folded,
    locked,
    purge,
    unknown,
)
from bnn_designer.runs.limits import LimitReached, limits_set, refusal_of_draft
from bnn_designer.runs.records import as_time

# Two people on one draft collide rarely; so many collisions in a row mean that something else is wrong.
_MAX_TRIES = 50

_MAX_NAME = 80

_SUMMARY = (
    DRAFTS.c.id,
    DRAFTS.c.name,
    DRAFTS.c.updated_at,
    DRAFTS.c.blocks,
    DRAFTS.c.height,
    DRAFTS.c.width,
    DRAFTS.c.channels,
)


class Drafts(Snapshots):
    """The drafts of a store. Safe to use from several threads and processes at once.

    Args:
        engine: the store's. Drafts that were deleted more than 30 days ago are forgotten.
        account: whose drafts alone are there (:mod:`bnn_designer.runs.accounts`); None: everybody's.
    """

    def __init__(self, engine: Engine, *, account: str | None = None) -> None:
        self._engine = engine
        self._account = account
        purge(engine)

    def for_account(self, account: str | None) -> Drafts:
        """The same drafts, of which an account's alone are there; None: everybody's."""
        seen = copy(self)
        seen._account = account
        return seen

    @property
    def _mine(self) -> ColumnElement[bool]:
        return belongs_to(DRAFTS, self._account)

    # ---- made and read

    def create(self, design: Design, recipe_json: str | None = None) -> Draft:
        """A new draft that starts from a design.

        Raises:
            LimitReached: the server keeps no more drafts, see :mod:`bnn_designer.runs.limits`.
            LimitError: a limit cannot be read.
        """
        draft_id, now = secrets.token_hex(4), time.time()
        with writing(self._engine) as connection:
            self._admit(connection)
            texts = [design_text(design)]
            own: dict[str, Any] = {"recipe_json": recipe_json, "account": self._account}
            insert_draft(connection, draft_id, texts, 0, design, revision=1, updated_at=now, **own)
        return Draft(draft_id, design, 1, 0, 0, recipe_json, as_time(now))

    def get(self, draft_id: str) -> Draft:
        """The draft of that id. Reads one design, whatever the number of steps.

        Raises:
            DraftError: there is none.
            DraftDeleted: it was deleted.
            DesignError: what is stored is not a design.
        """
        with self._engine.connect() as connection:
            row = read_row(connection, draft_id, account=self._account)
        return as_draft(row, _read(row))

    def revision(self, draft_id: str) -> int:
        """The number of the draft's last change: to ask often whether somebody else made one.

        Raises:
            DraftError: there is no such draft.
            DraftDeleted: it was deleted.
        """
        wanted = select(DRAFTS.c.revision, DRAFTS.c.deleted_at, DRAFTS.c.name).where(self._is(draft_id))
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise unknown(draft_id)
        if row.deleted_at is not None:
            raise DraftDeleted(draft_id, row.name)
        return int(row.revision)

    # ---- changed and taken back

    def change(
        self,
        draft_id: str,
        change: Callable[[Design], Design],
        *,
        seen: int | None = None,
        mark: Mark | None = None,
        editor: str = "",
    ) -> Draft:
        """Puts ``change(design)`` in the place of a draft's design, as one step; without effect, nothing is written.

        Args:
            draft_id: the draft's.
            change: a pure function; called again where another session saved in between.
            seen: the revision that the editor last saw; None: make the change on top of whatever is there.
            mark: the number of the operation, where a browser may send it twice; one that was dealt with changes
                nothing. Looked at before ``seen``, as the editor's own change is what made the revision grow.
            editor: who changes it, for those who are told.

        Raises:
            DraftError: there is no such draft, or it cannot be saved.
            DraftConflict: the draft is not at the revision ``seen``.
            Exception: whatever ``change`` raises. The draft is then as before, and so is the mark; see :meth:`skip`.
        """
        for _ in range(_MAX_TRIES):
            with self._engine.connect() as connection:
                row = read_row(connection, draft_id, mark.client if mark else "", account=self._account)
            draft = as_draft(row, _read(row))
            if mark is not None and mark.number <= (row.last_number or 0):
                return draft
            check_seen(row, seen)
            design = change(draft.design)
            if design == draft.design and mark is None:
                return draft
            with writing(self._engine) as connection:
                row = locked(connection, draft_id, account=self._account)
                if row.revision == draft.revision and not is_dealt_with(connection, draft_id, mark):
                    note(connection, draft_id, mark)
                    return draft if design == draft.design else add_step(connection, row, design, editor)
        raise DraftError(f"Draft {draft_id}: other sessions keep changing it. Try again.")

    def undo(self, draft_id: str, mark: Mark | None = None, *, seen: int | None = None, editor: str = "") -> Draft:
        """One step back; nothing changes where there is none. Arguments and errors as for :meth:`change`."""
        return self._walk(draft_id, -1, mark, seen, editor)

    def redo(self, draft_id: str, mark: Mark | None = None, *, seen: int | None = None, editor: str = "") -> Draft:
        """One step forward again; nothing changes where none was undone. Arguments and errors as for :meth:`change`."""
        return self._walk(draft_id, 1, mark, seen, editor)

    def _walk(self, draft_id: str, by: int, mark: Mark | None, seen: int | None, editor: str) -> Draft:
        with writing(self._engine) as connection:
            row = locked(connection, draft_id, account=self._account)
            if not is_dealt_with(connection, draft_id, mark):
                check_seen(row, seen)
                note(connection, draft_id, mark)
                if row.first_step <= row.step + by <= row.last_step:
                    return go_to(connection, row, row.step + by, editor)
            row = read_row(connection, draft_id, account=self._account)
        return as_draft(row, _read(row))

    def skip(self, draft_id: str, mark: Mark) -> None:
        """Notes an operation as dealt with that cannot be applied, so that the browser need not send it again.

        Raises:
            DraftError: there is no such draft.
        """
        with writing(self._engine) as connection:
            locked(connection, draft_id, account=self._account)
            if not is_dealt_with(connection, draft_id, mark):
                note(connection, draft_id, mark)

    def applied(self, draft_id: str, client: str) -> int:
        """The number of the last operation of a browser tab that was applied or skipped; 0: none was."""
        with self._engine.connect() as connection:
            is_there = connection.execute(select(DRAFTS.c.id).where(self._is(draft_id))).first() is not None
            return last_number(connection, draft_id, client) if is_there else 0

    def set_recipe(self, draft_id: str, recipe_json: str) -> None:
        """Keeps the recipe that the draft is to be trained with; it is no step."""
        with writing(self._engine) as connection:
            connection.execute(update(DRAFTS).where(self._is(draft_id)).values(recipe=recipe_json))

    # ---- kept in order

    def rename(self, draft_id: str, name: str, *, editor: str = "") -> Draft:
        """Gives the draft's design another name, as a step that can be undone.

        Raises:
            DraftError: there is no such draft.
            DesignError: the name is empty or too long.
        """
        renamed = UpdateDesign(changes={"name": name.strip()})
        return self.change(draft_id, lambda design: apply_edit(design, renamed), editor=editor)

    def duplicate(self, draft_id: str) -> Draft:
        """A new draft with the present design and the recipe of another; steps and versions stay with that one.

        Raises:
            DraftError: there is no such draft.
        """
        draft = self.get(draft_id)
        design = draft.design.model_copy(update={"name": self._free_name(draft.name)})
        return self.create(design, draft.recipe_json)

    def _free_name(self, name: str) -> str:
        """The name of a copy: "resnet copy", and "resnet copy 2" where there is one; also of that one's copy."""
        original = re.sub(r" copy( \d+)?$", "", name)
        like = DRAFTS.c.name.startswith(original[:40], autoescape=True) & DRAFTS.c.deleted_at.is_(None) & self._mine
        with self._engine.connect() as connection:
            taken = set(connection.execute(select(DRAFTS.c.name).where(like)).scalars())
        endings = (" copy" if number == 1 else f" copy {number}" for number in itertools.count(1))
        names = (original[: _MAX_NAME - len(ending)] + ending for ending in endings)
        return next(one for one in names if one not in taken)

    def delete(self, draft_id: str) -> None:
        """Takes the draft off the list; :meth:`restore` brings it back. Nothing happens where there is none."""
        there = and_(self._is(draft_id), DRAFTS.c.deleted_at.is_(None))
        with writing(self._engine) as connection:
            connection.execute(update(DRAFTS).where(there).values(deleted_at=time.time()))

    def restore(self, draft_id: str) -> Draft:
        """Brings a deleted draft back, with its steps and versions.

        Raises:
            DraftError: there is no such draft, or no longer.
        """
        with writing(self._engine) as connection:
            connection.execute(update(DRAFTS).where(self._is(draft_id)).values(deleted_at=None))
        return self.get(draft_id)

    def recent(self, limit: int = 20, search: str = "", *, deleted: bool = False) -> list[DraftSummary]:
        """The drafts, the last changed first.

        Args:
            limit: how many at most.
            search: words that the name must hold, in any order, upper and lower case alike; "": every draft.
            deleted: list those that were deleted and can be restored instead.
        """
        shown = DRAFTS.c.deleted_at.is_not(None) if deleted else DRAFTS.c.deleted_at.is_(None)
        wanted = select(*_SUMMARY).where(shown, self._mine)
        for word in folded(search.replace("\0", " ")).split():
            wanted = wanted.where(DRAFTS.c.folded_name.contains(word, autoescape=True))
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(DRAFTS.c.updated_at.desc(), DRAFTS.c.id).limit(limit)).all()
        return [
            DraftSummary(row.id, row.name, as_time(row.updated_at), row.blocks, (row.height, row.width, row.channels))
            for row in rows
        ]

    def _admit(self, connection: Connection) -> None:
        """Raises LimitReached where no draft may come in; others who try in the meantime wait."""
        allowed = limits_set()
        if allowed.drafts is None:
            return
        lock_store(connection)
        kept = connection.execute(select(func.count()).select_from(DRAFTS).where(self._mine)).scalar_one()
        reason = refusal_of_draft(allowed, kept)
        if reason is not None:
            raise LimitReached(reason)

    def _is(self, draft_id: str) -> ColumnElement[bool]:
        """Whether a row is the draft of that id, and this account's."""
        return and_(DRAFTS.c.id == draft_id, self._mine)


def _read(row: Any) -> Design:
    return Design.from_json(row.design, source=f"draft {row.id}")
