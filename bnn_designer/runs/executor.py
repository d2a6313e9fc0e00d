"""Where the workers of runs are: what the queue asks of a machine or a cluster, and the executor of this machine.

Two executors there are: :class:`LocalExecutor`, processes of this machine, and
:class:`bnn_designer.runs.ray_executor.RayExecutor`, a Ray cluster, which ``BNN_RAY_ADDRESS`` names. Both start the same
worker (``worker.py``) on the same store. What a run *is* follows from its lease with either (``lease.py``): an executor
starts and signals, and is never asked whether a run goes on.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from typing import Protocol

from bnn_designer.processes import start_worker
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.settings import QueueError, count_setting
from bnn_designer.runs.store import Store

WORKER = "bnn_designer.runs.worker"
COMMAND = (sys.executable, "-m", WORKER)
MAX_PARALLEL_VARIABLE = "BNN_MAX_PARALLEL_RUNS"
CLUSTER_VARIABLE = "BNN_RAY_ADDRESS"
RESUMES_VARIABLE = "BNN_RAY_RESUMES"

# A run that takes its node down each time would go round for ever; five lost nodes in one run are bad luck enough.
DEFAULT_RESUMES = 5


class ExecutorError(QueueError):
    """A cluster that cannot be used: not installed, not reached, or of another version."""


class Executor(Protocol):
    """Starts the workers of runs that were claimed, and signals them."""

    def limit(self, held: int) -> int:
        """How many runs may be held at once, where ``held`` are now: those and what there is room for."""

    def start(self, store: Store, run_id: str, lease: str) -> bool:
        """Has a claimed run worked on. It may take a while: :meth:`watch` then sees to it.

        Returns False where the run is not held any more: nothing here could ever take it, or all that could is gone.

        Raises:
            QueueError: its worker cannot be started; the run is stored as failed.
        """

    def watch(self, store: Store) -> None:
        """Sees to runs that were started and have no worker yet."""

    def tell(self, store: Store, run: RunRecord, number: signal.Signals) -> None:
        """Sends a signal to the worker of a run, if it has one that can be reached from here."""


class LocalExecutor:
    """Worker processes of this machine, ``BNN_MAX_PARALLEL_RUNS`` at once."""

    def limit(self, held: int) -> int:
        return max_parallel_runs()

    def start(self, store: Store, run_id: str, lease: str) -> bool:
        log = store.log_path(run_id)
        try:
            owner = start_worker((*COMMAND, run_id, lease), log, environment(store), append=True)
        except OSError as error:
            reason = (
                f"Run {run_id}: the worker cannot be started ({error}). Check the disk and the folder {log.parent}."
            )
            store.finish(run_id, "failed", reason, failure="unexpected", lease=lease)
            raise QueueError(reason) from error
        store.attach(run_id, owner, lease)
        return True

    def watch(self, store: Store) -> None:
        """Nothing to do: a worker is there once it is started."""

    def tell(self, store: Store, run: RunRecord, number: signal.Signals) -> None:
        tell_here(run, number)


def tell_here(run: RunRecord, number: signal.Signals) -> bool:
    """Sends a signal to the worker of a run if it is a process of this machine; returns whether it was sent."""
    return run.owner is not None and run.owner.send(number, command=(WORKER, run.id))


def max_parallel_runs() -> int:
    """How many runs may run at once: ``BNN_MAX_PARALLEL_RUNS``, 1 if unset (one run uses all cores already).

    Raises:
        QueueError: the variable is not a whole number of at least 1.
    """
    return count_setting(MAX_PARALLEL_VARIABLE, 1)


def environment(store: Store) -> dict[str, str]:
    """By which another process finds the same store."""
    return {"BNN_STORE_URL": store.url, "BNN_HOME": str(store.home)}


# ---- whether it is a cluster, without Ray being loaded: pages ask


def cluster_address() -> str | None:
    """The address of the Ray cluster that trains, ``BNN_RAY_ADDRESS``; None: this machine does.

    Raises:
        ExecutorError: there is an address, and Ray is not installed.
    """
    address = os.environ.get(CLUSTER_VARIABLE, "").strip() or None
    if address is not None and importlib.util.find_spec("ray") is None:
        raise ExecutorError(
            f"{CLUSTER_VARIABLE}={address}: Ray is not installed here. Install it (pip install 'bnn-designer[ray]'), "
            f"or unset {CLUSTER_VARIABLE} to train on this machine."
        )
    return address


def resumes_wanted() -> int:
    """How often a run whose worker was lost is queued again by itself, since somebody last queued it.

    ``BNN_RAY_RESUMES`` on a cluster, whose nodes come and go. On one machine never: what killed a run there, such as
    too little memory, is still there.

    Raises:
        QueueError: the variable is not a whole number.
    """
    return count_setting(RESUMES_VARIABLE, DEFAULT_RESUMES, least=0) if cluster_address() else 0
