"""A run whose teacher is its design's full-precision twin: the twin's own run is found or queued, and waited for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from bnn_designer.design import Design
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.runs.connection import lock_store, writing
from bnn_designer.runs.database import RUNS, StoreError
from bnn_designer.runs.queue import dispatch
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.sweeps.identity import matching, run_key
from bnn_designer.sweeps.plan import run_that_counts
from bnn_designer.training.recipe import Recipe


def twin_run(design: Design, recipe: Recipe, runs: Sequence[RunRecord]) -> RunRecord | None:
    """The run of the twin with this recipe that is furthest; None: there is none.

    Args:
        design: whose twin.
        recipe: of the design's own run.
        runs: of the store, the newest first.

    Raises:
        DesignError: the design is in full precision already.
    """
    key = run_key(full_precision_twin(design), recipe.as_teachers())
    return run_that_counts(matching(list(runs), {key}).get(key, []))


def has_stopped(twin: RunRecord) -> bool:
    """Whether the twin will not be done unless somebody does something about it."""
    return twin.ended and twin.status != "done"


def queue_taught(store: Store, design: Design, recipe: Recipe, *, person: str | None = None) -> str:
    """Queues a design's run, to start once its twin is trained; the twin before it where it is not there yet.

    Both come in, or neither. Of several who ask at once, one queues the twin.

    Args:
        store: the store.
        design: to train.
        recipe: of its run; a teacher that it names gives way to the twin.
        person: whose the runs are.

    Returns:
        The id of the design's own run.

    Raises:
        DesignError: the design is in full precision already.
        LimitReached: the server does not let both of them in.
        StoreError: the twin's run has stopped.
    """
    twin, its_recipe, disk = full_precision_twin(design), recipe.as_teachers(), store.usage_of_disk()
    with writing(store.engine) as connection:
        lock_store(connection)
        wanted = select(RUNS).where(RUNS.c.deleted_at.is_(None), store.mine)
        rows = connection.execute(wanted.order_by(RUNS.c.created_at.desc(), RUNS.c.id)).all()
        there = twin_run(design, recipe, [store.record(row) for row in rows])
        if there is None:
            teacher = store.add_run(connection, twin, its_recipe, disk, person=person)
        elif has_stopped(there):
            raise StoreError(
                f"Run {there.id}, the full-precision twin of {design.name!r}, is {there.status}. Resume it or try it "
                "again first, or delete it for a new one."
            )
        else:
            teacher = there.id
        waits_for = None if there is not None and there.status == "done" else teacher
        own = recipe.changed(teacher=teacher)
        run_id = store.add_run(connection, design, own, disk, person=person, waits_for=waits_for)
    dispatch(store)
    return run_id
