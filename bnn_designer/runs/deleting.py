"""Deleting runs: hidden first and restored at a word, and after 30 days, or at once if asked for, gone for good.

A deleted run is in no list and no queue, is nobody's teacher, and keeps its row, its curve and its folder. One that
waits is taken out of the queue; restored, it is cancelled, so that nothing trains unasked.
"""

from __future__ import annotations

import shutil
import time

from sqlalchemy import and_, delete, select, update

from bnn_designer.runs.database import KEEP_DELETED_DAYS, RUNS, RunDeleted, StoreError
from bnn_designer.runs.records import HELD, RunRecord
from bnn_designer.runs.run_folders import used_bytes
from bnn_designer.runs.store import Store

_DAY_S = 24 * 60 * 60
# A page dispatches every second and a half; 30 days are not missed by an hour.
_LOOK_EVERY_S = 60 * 60

_NOT_HELD = RUNS.c.status.not_in(HELD)


def delete_run(store: Store, run_id: str) -> RunRecord:
    """Hides a run that no process has, and returns it as it is then; see :func:`restore_run`.

    Raises:
        StoreError: there is no such run, or a process has it.
        RunDeleted: it was deleted already.
    """
    run = _free(store, run_id)
    if run.deleted_at is not None:
        raise RunDeleted(run_id, run.name)
    store.request_cancel(run_id)  # no dispatcher takes it
    ended = RUNS.c.status.not_in((*HELD, "queued"))
    there = and_(RUNS.c.id == run_id, RUNS.c.deleted_at.is_(None), ended)
    with store.engine.begin() as connection:
        found = connection.execute(update(RUNS).where(there).values(deleted_at=time.time())).rowcount
    if found != 1:  # somebody was faster: deleted it, or resumed it
        raise _busy(store.run(run_id).id)
    return store.run(run_id, deleted=True)


def restore_run(store: Store, run_id: str) -> RunRecord:
    """Brings a deleted run back; one that is not deleted stays as it is.

    Raises:
        StoreError: there is no such run, or it was removed for good.
    """
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id, store.mine).values(deleted_at=None))
    return store.run(run_id)


def remove_run(store: Store, run_id: str) -> int:
    """Forgets a run that no process has for good, deleted or not, with its curve and its folder.

    Returns:
        The bytes that its folder had.

    Raises:
        StoreError: there is no such run, or a process has it.
    """
    _free(store, run_id)
    with store.engine.begin() as connection:
        if connection.execute(delete(RUNS).where(RUNS.c.id == run_id, _NOT_HELD)).rowcount != 1:
            raise _busy(store.run(run_id, deleted=True).id)
    return _remove_folder(store.everybody, run_id)  # whose it was is gone


def remove_deleted(store: Store) -> tuple[int, int]:
    """Forgets all deleted runs that the store has for good; returns how many, and the bytes of their folders."""
    gone = _forget(store, before=time.time())
    return len(gone), sum(_remove_folder(store.everybody, run_id) for run_id in gone)  # whose they were is gone


def purge(store: Store) -> list[str]:
    """Forgets those that were deleted longer ago than they are kept; returns their ids. For whoever looks at the runs.

    A store looks once an hour.
    """
    if time.monotonic() < store.purge_again_at:
        return []
    store.purge_again_at = time.monotonic() + _LOOK_EVERY_S
    gone = _forget(store, before=time.time() - KEEP_DELETED_DAYS * _DAY_S)
    for run_id in gone:
        _remove_folder(store, run_id)
    return gone


def folder_bytes(store: Store, run_id: str) -> int:
    """What the checkpoints, models and logs of a run take."""
    return used_bytes(store.run_folder(run_id))


def _forget(store: Store, before: float) -> list[str]:
    old = and_(RUNS.c.deleted_at < before, store.mine)
    with store.engine.connect() as connection:
        ids = list(connection.execute(select(RUNS.c.id).where(old).order_by(RUNS.c.id)).scalars())
    gone = []
    for run_id in ids:
        with store.engine.begin() as connection:  # each by itself: one may be restored meanwhile
            if connection.execute(delete(RUNS).where(RUNS.c.id == run_id, old, _NOT_HELD)).rowcount:
                gone.append(str(run_id))
    return gone


def _remove_folder(store: Store, run_id: str) -> int:
    size = folder_bytes(store, run_id)
    shutil.rmtree(store.run_folder(run_id), ignore_errors=True)
    return size


def _free(store: Store, run_id: str) -> RunRecord:
    """The run, after the hold of a process that is gone has been ended; raises StoreError where one has it."""
    run = store.run(run_id, deleted=True)
    if run.held:
        raise _busy(run_id)
    store.release(run)
    return run


def _busy(run_id: str) -> StoreError:
    return StoreError(f"Run {run_id}: it is still running. Cancel it first, then delete it.")
