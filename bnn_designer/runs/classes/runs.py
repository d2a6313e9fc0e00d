"""The runs of a class: those that its members queued since they joined, and those of the network that its teacher gave.

Not among what the package offers by its name: the store, which this needs, makes the package's tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import select

from bnn_designer.errors import DesignError
from bnn_designer.runs.classes.classes import of_nickname
from bnn_designer.runs.classes.records import ClassRecord
from bnn_designer.runs.classes.tables import MEMBERS
from bnn_designer.runs.curves import epochs_of
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd


def runs_of_class(store: Store, record: ClassRecord) -> list[tuple[RunRecord, str | None]]:
    """The runs, the newest first, each with the member's nickname; None: it is of the given network, by somebody else.

    Who joins a class shows it their runs; of others, those that this store has (:mod:`bnn_designer.runs.scope`).

    A run is a member's by the name that it was queued under (:mod:`bnn_designer.runs.people`), which no one else can
    give on the pages. Members' runs are found by the index of that name, so that a page may ask again and again.
    """
    there = RUNS.c.deleted_at.is_(None)
    queued = select(RUNS, MEMBERS.c.nickname).join(MEMBERS, of_nickname(MEMBERS.c.nickname, MEMBERS.c.joined_at))
    with store.engine.connect() as connection:
        rows = connection.execute(queued.where(MEMBERS.c.class_id == record.id, there)).all()
        found = {row.id: (store.record(row), str(row.nickname)) for row in rows}
        others: dict[str, tuple[RunRecord, None]] = {}
        with suppress(DesignError):  # it cannot be read any more, and neither can any run of it
            if (design := record.design) is not None:
                # the name first: most rows are told apart by it, and their designs stay unread
                same = (RUNS.c.name == design.name) & (RUNS.c.design == record.design_json)
                rows = connection.execute(select(RUNS).where(same, there, store.mine)).all()
                others = {row.id: (store.record(row), None) for row in rows}
    return sorted((others | found).values(), key=lambda one: (-one[0].created_at.timestamp(), one[0].id))


def epochs_in_class(store: Store, runs: Iterable[RunRecord]) -> dict[str, tuple[EpochEnd, ...]]:
    """The finished epochs of runs that :func:`runs_of_class` gave, by the id of the run, whosever they are.

    Who joins a class shows it their curves, too, where accounts are apart.
    """
    return epochs_of(store.everybody, [run.id for run in runs])
