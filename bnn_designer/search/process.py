"""A search in a process of its own, as pages start it: what it is at, and how it is stopped.

Under ``BNN_HOME/searches`` each search has a lock, which whoever works on it holds, a terminal's command too; a small
file that says what its process is at; and that one's log. Nothing here waits, and nothing imports Optuna.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from bnn_designer.files import write_text
from bnn_designer.processes import HAS_FILE_LOCKS, Owner, start_worker, take_lock
from bnn_designer.runs.executor import environment
from bnn_designer.runs.limits import LimitReached, limits_set, refusal_of_search
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import sweep, sweep_id
from bnn_designer.search.definition import Search, SearchError
from bnn_designer.search.loop import Amount
from bnn_designer.search.loop import start as stored

MODULE = "bnn_designer.search.worker"
_GONE = "Its process ended without a word: it was killed, or the machine ran out of memory. Go on with it."

_starting = threading.Lock()


class Work(BaseModel):
    """What the process of a search is at, or was.

    Attributes:
        host, pid, process_started_at, boot_id: of the process; see :class:`bnn_designer.processes.Owner`.
        started_at: Unix seconds.
        trials, hours: see :class:`bnn_designer.search.loop.Amount`.
        person: whose its runs are.
        said: the last of its lines.
        ended: why it stopped, in a sentence; None: it has not.
        failed: whether it stopped on an error.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    host: str
    pid: int | None
    process_started_at: float | None
    boot_id: str | None
    started_at: float
    trials: int | None = None
    hours: float | None = None
    person: str | None = None
    said: str = ""
    ended: str | None = None
    failed: bool = False

    @property
    def owner(self) -> Owner:
        return Owner(self.host, self.pid, self.process_started_at, self.boot_id)

    @property
    def amount(self) -> Amount:
        return Amount(self.trials, self.hours)


def launch(store: Store, search: Search, amount: Amount, person: str | None = None) -> str:
    """Stores a search where it is not there yet, and starts a process that goes on with it; returns its id.

    Args:
        store: the store.
        search: the search.
        amount: when it stops.
        person: whose its runs are.

    Raises:
        BnnDesignerError: it cannot be made; nothing is stored then.
        LimitReached: as many searches are at work as the server has at once.
        SearchError: another process is at work on it, or none can be started.
    """
    _ = search.space  # an error in it stores nothing
    with _starting:  # a server's pages are one process: two at once cannot pass the limit
        _admit(store, sweep_id("search", search.to_json(), store.account))
        return _launched(store, search, amount, person)


def _launched(store: Store, search: Search, amount: Amount, person: str | None) -> str:
    key, _ = stored(store, search)
    with held(store, key) as lock:
        now = time.time()
        work = Work(**asdict(Owner.of_process()), started_at=now, person=person, **asdict(amount))
        try:
            write(store, key, work)
            # the worker keeps the lock by the descriptor that it inherits, until it is gone
            keep_open = () if lock is None else (lock.fileno(),)
            command = (sys.executable, "-m", MODULE, key)
            owner = start_worker(command, log_path(store, key), environment(store), append=False, keep_open=keep_open)
            # the worker has its first word after the imports
            write(store, key, work.model_copy(update=asdict(owner)))
        except OSError as error:
            with contextlib.suppress(OSError):
                _path(store, key, "json").unlink(missing_ok=True)
            where = _path(store, key, "log").parent
            raise SearchError(
                f"Search {key}: its process cannot be started ({error}). Check the disk and the folder {where}."
            ) from error
    return key


def _admit(store: Store, key: str) -> None:
    """Raises LimitReached where a search may not start beside those that are at work, whosever they are."""
    allowed = limits_set()
    if allowed.searches is None:
        return
    others = [path.stem for path in (store.home / "searches").glob("*.json") if path.stem != key]
    works = (read(store.everybody, one) for one in others)
    reason = refusal_of_search(allowed, sum(work is not None and work.ended is None for work in works))
    if reason is not None:
        raise LimitReached(reason)


def stop(store: Store, key: str) -> bool:
    """Asks the process of a search to stop; its run at work is paused. False: there is none on this machine."""
    work = read(store, key)
    return work is not None and work.ended is None and work.owner.send(signal.SIGTERM, command=(MODULE, key))


def read(store: Store, key: str) -> Work | None:
    """What a search's process is at, or was; None: pages never started one.

    One that is gone without a word has failed. Of another machine's what it wrote last is believed.
    """
    try:
        work = Work.model_validate_json(_path(store, key, "json").read_bytes())
    except (OSError, ValidationError):
        return None
    if work.ended is None and work.owner.is_here and work.owner.look() != "alive":
        again = _path(store, key, "json").read_bytes()  # it may have ended between the two looks
        with contextlib.suppress(ValidationError):
            work = Work.model_validate_json(again)
        if work.ended is None:
            return work.model_copy(update={"ended": _GONE, "failed": True})
    return work


def write(store: Store, key: str, work: Work) -> None:
    """Says what the process of a search is at."""
    path = _path(store, key, "json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, work.model_dump_json(), overwrite=True)


def log_path(store: Store, key: str) -> Path:
    """The output of its process, tracebacks included."""
    return _path(store, key, "log")


@contextmanager
def held(store: Store, key: str) -> Iterator[IO[bytes] | None]:
    """Takes a search for a process, and gives the open file that a worker has to inherit to keep it.

    None where the system has no such locks.

    Raises:
        SearchError: another process is at work on it, or the folder cannot be written.
    """
    if not HAS_FILE_LOCKS:
        yield None
        return
    path = _path(store, key, "lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = take_lock(path)
    except OSError as error:
        raise SearchError(f"{path}: cannot be written ({error.strerror}). Set BNN_HOME to a writable folder.") from None
    if file is None:
        raise SearchError(
            f"Search {key}: another process is at work on it. Stop it on the Compare page, or by Ctrl+C in its "
            "terminal, or wait for its end."
        )
    with file:
        yield file


def _path(store: Store, key: str, end: str) -> Path:
    if store.account is not None:
        sweep(store, key)  # raises StoreError of somebody else's
    return store.home / "searches" / f"{key}.{end}"
