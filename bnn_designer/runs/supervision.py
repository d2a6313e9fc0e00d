"""That there is one supervisor: the lock that it holds, and how it is started where there is none.

One of a store on each machine that trains its own runs; one of a store in all where a cluster trains.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

from sqlalchemy import Connection, func, select

from bnn_designer.processes import HAS_FILE_LOCKS, host_name, start_worker, take_lock
from bnn_designer.runs.executor import cluster_address, environment
from bnn_designer.runs.store import Store

SUPERVISOR = (sys.executable, "-m", "bnn_designer.runs.supervisor")

# Tells the supervisor's lock from others in a PostgreSQL database.
_SUPERVISOR = 0x626E6E


class Lock(Protocol):
    """Held until it is closed or its process ends, whatever becomes of that one."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> object: ...

    def close(self) -> None: ...


def supervisor_lock(store: Store) -> Lock | None:
    """Takes the lock that a supervisor holds; None where there is one already.

    Raises:
        OSError: the home folder cannot be written to.
        SQLAlchemyError: the database cannot be asked.
    """
    if cluster_address() is not None and store.engine.dialect.name == "postgresql":
        return _lock_in_postgresql(store)
    return _lock_of_file(store)


def ensure_supervisor(store: Store) -> bool:
    """Starts a supervisor if there is none; returns whether one was started."""
    try:
        lock = supervisor_lock(store)
        if lock is None:
            return False
        lock.close()
        start_worker(SUPERVISOR, supervisor_path(store, "log"), environment(store), append=False)
    except OSError:
        # a full disk: those who look at the runs go on doing its work
        return False
    return True


def supervisor_path(store: Store, end: str) -> Path:
    """In the home folder, which several machines may share, and in which several stores may be."""
    parts = ["supervisor", hashlib.sha256(store.url.encode()).hexdigest()[:8]]
    if cluster_address() is None or end != "lock":
        parts.insert(1, re.sub(r"[^A-Za-z0-9.-]", "_", host_name()))
    return store.home / f"{'-'.join(parts)}.{end}"


def _lock_of_file(store: Store) -> IO[bytes] | None:
    # without such locks whoever looks at the runs does it
    return take_lock(supervisor_path(store, "lock")) if HAS_FILE_LOCKS else None


def _lock_in_postgresql(store: Store) -> Connection | None:
    """A lock of the session: not every file system that machines share has locks that they share, too."""
    connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()  # closing ends the session then, and does not give it back to the pool
    key = func.hashtext(func.current_schema())
    if connection.execute(select(func.pg_try_advisory_lock(_SUPERVISOR, key))).scalar_one():
        return connection
    connection.close()
    return None
