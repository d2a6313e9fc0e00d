"""Whether the server lets a run in: its limits (``limits.py``), asked in the transaction in which a run comes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select

from bnn_designer.runs import limits
from bnn_designer.runs.connection import lock_store, writing
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.scope import Scoped, unknown
from bnn_designer.training.recipe import Recipe


class Admission(Scoped):
    """The part of :class:`~bnn_designer.runs.store.Store` that counts what is there before a run comes in.

    Attributes:
        home: the folder under which ``runs/<id>/`` lie.
    """

    home: Path

    def check_admitted(self, run_id: str) -> None:
        """Raises what queueing it again would: for those who drop something of a run before they do that."""
        with self._admitted(self._entry_again(run_id, None)):
            pass

    def usage(self, person: str | None, disk: limits.Usage | None = None) -> limits.Usage:
        """What is there of all that the server limits.

        Args:
            person: whose runs are counted.
            disk: what was found there a moment ago; None: it is looked at here, with all folders of runs.
        """
        disk = self.usage_of_disk() if disk is None else disk
        with self.engine.connect() as connection:
            return limits.usage_of_queue(connection, person, disk, account=self.account)

    def usage_of_disk(self) -> limits.Usage:
        """What the disk holds, as far as that is limited: to be asked before the transaction in which a run comes in.

        Raises:
            LimitError: a limit cannot be read.
        """
        return limits.usage_of_disk(limits.limits_set(), self.home)

    def _entry_again(self, run_id: str, recipe_json: str | None) -> limits.Entry:
        with self.engine.connect() as connection:
            its = select(RUNS.c.person, RUNS.c.recipe).where(RUNS.c.id == run_id, self.mine)
            row = connection.execute(its).one_or_none()
        if row is None:
            raise unknown(run_id)
        return limits.Entry(row.person, Recipe.from_json(recipe_json or row.recipe).epochs)

    @contextmanager
    def _admitted(self, entry: limits.Entry) -> Iterator[Connection]:
        """A transaction in which a run comes in, if the server lets it; others who try meanwhile wait.

        Raises:
            LimitError: a limit cannot be read.
            LimitReached: it may not come in.
        """
        disk = self.usage_of_disk()
        with writing(self.engine) as connection:
            self._admit(connection, entry, disk)
            yield connection

    def _admit(self, connection: Connection, entry: limits.Entry, disk: limits.Usage) -> None:
        """Looks whether the server lets a run in, within the transaction that brings it; others who try wait.

        Raises:
            LimitError: a limit cannot be read.
            LimitReached: it may not come in.
        """
        allowed = limits.limits_set()
        if not allowed.any:
            return
        lock_store(connection)
        usage = limits.usage_of_queue(connection, entry.person, disk, account=self.account)
        reason = limits.refusal(allowed, entry, usage)
        if reason is not None:
            raise limits.LimitReached(reason)
