"""For whom a store is open: everybody, as commands and workers have it, or one account, as pages do after a sign-in.

What concerns an account's own runs asks here which rows those are. What keeps the machine going, such as the queue,
uses :attr:`Scoped.everybody`, and hands out no more of others' runs than numbers.
"""

from __future__ import annotations

from copy import copy
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, select, true

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.accounts import belongs_to
from bnn_designer.runs.database import EVENTS, RUNS, StoreError
from bnn_designer.runs.records import RunRecord

AScoped = TypeVar("AScoped", bound="Scoped")


class Scoped:
    """The part of :class:`~bnn_designer.runs.store.Store` that knows whose runs it has.

    Attributes:
        account: whose runs alone are there; None: everybody's.
    """

    engine: Engine
    account: str | None = None
    _whole: Scoped | None = None

    def for_account(self: AScoped, account: str | None) -> AScoped:
        """The same store, in which an account's runs alone are; None: everybody's."""
        if account is None:
            return self.everybody
        seen = copy(self.everybody)
        seen.account, seen._whole = account, self.everybody
        return seen

    @property
    def everybody(self: AScoped) -> AScoped:
        """The store with all runs."""
        return self if self._whole is None else self._whole  # type: ignore[return-value]  # made by for_account

    @property
    def mine(self) -> ColumnElement[bool]:
        """Whether a row of the table ``run`` is there for this account."""
        return belongs_to(RUNS, self.account)

    @property
    def of_mine(self) -> ColumnElement[bool]:
        """Whether a row of the table ``event`` is of such a run."""
        return true() if self.account is None else EVENTS.c.run_id.in_(select(RUNS.c.id).where(self.mine))

    def has(self, run: RunRecord) -> bool:
        """Whether a run is there for this account."""
        return self.account is None or run.account == self.account

    def check_mine(self, run_id: str) -> None:
        """Raises StoreError, as where there is no such run, if it is somebody else's; asks nothing for everybody."""
        if self.account is not None:
            with self.engine.connect() as connection:
                self.check_mine_in(connection, run_id)

    def check_mine_in(self, connection: Connection, run_id: str) -> None:
        """As :meth:`check_mine`, in a transaction of the caller's, which may just have made that run."""
        if self.account is None:
            return
        if connection.execute(select(RUNS.c.id).where(RUNS.c.id == run_id, self.mine)).first() is None:
            raise unknown(run_id)


def unknown(run_id: str) -> BnnDesignerError:
    """The error where a run is not in the store."""
    return StoreError(f"Run {run_id}: there is no such run. It may have been deleted; see the list of runs.")
