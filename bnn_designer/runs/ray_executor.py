"""Runs on a Ray cluster: each asks for cores and memory, and its worker runs where Ray finds them.

Only the supervisor and commands that show the cluster load this module. A run's place is an actor (``ray_place.py``)
that Ray's own scheduler puts on a node; it is detached, so that a supervisor that is killed takes no run with it.
Ray is not asked whether a run goes on: a node that Ray has lost sight of may still write. The lease says that.
"""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import ray
import ray.exceptions

from bnn_designer import __version__
from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import HOST_VARIABLE, Owner
from bnn_designer.runs.executor import (
    CLUSTER_VARIABLE,
    MAX_PARALLEL_VARIABLE,
    WORKER,
    ExecutorError,
    environment,
    max_parallel_runs,
    resumes_wanted,
    tell_here,
)
from bnn_designer.runs.lease import HEARTBEAT_VARIABLE, heartbeat_s
from bnn_designer.runs.ray_place import Place
from bnn_designer.runs.ray_room import Granted, room
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.settings import count_setting
from bnn_designer.runs.store import Store
from bnn_designer.runs.teacher import teacher_design
from bnn_designer.training.memory import PROCESS_BYTES, needed_bytes
from bnn_designer.units import bytes_text

LOG = logging.getLogger(__name__)

NAMESPACE = "bnn-designer"
# As training/threads.py reads it, which loads TensorFlow.
THREADS_VARIABLE = "BNN_THREADS"

# A run that Ray has no place for goes back into the queue after so long: well within a lease, as it is claimed only.
PLACE_WITHIN_S = 20.0
REACH_WITHIN_S = 5.0

# The store takes hundreds of heartbeats a second (docs/scaling.md); training needs few, as Ray carries the signals.
MOST_HEARTBEATS_PER_S = 100.0

# Of the machine that they are set on.
_NOT_SENT = (HOST_VARIABLE, "BNN_CACHE_DIR")


@dataclass(frozen=True)
class Node:
    """A node of the cluster that Ray sees.

    Attributes:
        host: its name.
        address: of it in the network.
        cores: that Ray may give away.
        memory_bytes: that Ray may give away.
    """

    host: str
    address: str
    cores: int
    memory_bytes: int


@dataclass(frozen=True)
class _Starting:
    """A run that was claimed and whose worker is not known yet."""

    run_id: str
    lease: str
    cores: int
    place: Any
    answer: Any
    asked_at: float


def connect(address: str) -> None:
    """Makes this process a driver of the cluster.

    Raises:
        ExecutorError: it cannot be reached, or has another version of Ray or Python.
    """
    _reach(address)
    try:
        ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, configure_logging=False)
    except Exception as error:  # Ray raises what it likes: ConnectionError, RuntimeError, ValueError, of gRPC's
        raise ExecutorError(
            f"{CLUSTER_VARIABLE}={address}: the cluster cannot be joined: {_first_line(error)} This machine must be a "
            "node of it (ray start --address=... --num-cpus=0), with the same versions of Python and Ray."
        ) from error


def nodes() -> list[Node]:
    """The nodes that are there, those without cores included; in the order of their names."""
    found = []
    for node in ray.nodes():
        if node["Alive"]:
            has = node["Resources"]
            cores, memory_bytes = int(has.get("CPU", 0)), int(has.get("memory", 0))
            found.append(Node(node["NodeManagerHostname"], node["NodeManagerAddress"], cores, memory_bytes))
    return sorted(found, key=lambda node: (node.host, node.address, node.cores))


def free() -> tuple[int, int]:
    """Cores and bytes of memory that nobody has, on all nodes together."""
    has = ray.available_resources()
    return int(has.get("CPU", 0)), int(has.get("memory", 0))


class RayExecutor:
    """Workers on the nodes of a Ray cluster.

    Args:
        address: of its head, such as ``10.0.0.1:6379``, or ``auto`` on a node.

    Raises:
        ExecutorError: see :func:`connect`.
    """

    def __init__(self, address: str) -> None:
        self._starting: dict[str, _Starting] = {}
        self._told: set[tuple[str | None, int]] = set()
        self._granted = Granted()
        self._held = 0
        connect(address)

    def limit(self, held: int) -> int:
        self._held = held
        cores = cores_of_run(None, nodes())
        if cores is None:
            return held  # no node is there that works
        asked = sum(one.cores for one in self._starting.values())
        most = room(held, free()[0], asked + self._granted.untold(time.monotonic()), cores)
        return min(most, max_parallel_runs()) if os.environ.get(MAX_PARALLEL_VARIABLE, "").strip() else most

    def start(self, store: Store, run_id: str, lease: str) -> bool:
        run, there = store.run(run_id), nodes()
        cores = cores_of_run(run, there)
        if cores is None:
            store.put_back(run_id, lease)
            return False
        memory_bytes = memory_of_run(store, run)
        most_bytes = max(node.memory_bytes for node in there if node.cores)
        if memory_bytes > most_bytes:
            reason = (
                f"Run {run_id}: training takes about {bytes_text(memory_bytes)}, and no node of the cluster gives away "
                f"more than {bytes_text(most_bytes)}. Lower the batch size, make the network smaller, or add a node."
            )
            store.finish(run_id, "failed", reason, failure="out_of_memory", lease=lease)
            return False
        options = {"name": _name(store, run_id, lease), "lifetime": "detached", "max_restarts": 0, "max_concurrency": 4}
        place = ray.remote(Place).options(num_cpus=cores, memory=memory_bytes, **options).remote()
        command = ("-m", WORKER, run_id, lease, "--with-starter")
        answer = place.start.remote(__version__, command, str(store.log_path(run_id)), self._environment(store, cores))
        self._starting[run_id] = _Starting(run_id, lease, cores, place, answer, time.monotonic())
        return True

    def watch(self, store: Store) -> None:
        for one in list(self._starting.values()):
            if ray.wait([one.answer], timeout=0)[0]:
                del self._starting[one.run_id]
                self._answered(store, one)
            elif time.monotonic() - one.asked_at > PLACE_WITHIN_S:
                LOG.info("run %s: no node has room for it; it waits", one.run_id)
                self._give_up(one)
                store.put_back(one.run_id, one.lease)

    def tell(self, store: Store, run: RunRecord, number: signal.Signals) -> None:
        waiting = self._starting.get(run.id)
        if waiting is not None:
            self._give_up(waiting)
            store.finish(run.id, "cancelled" if run.cancel_requested else "paused", lease=waiting.lease)
            return
        key = (run.lease, int(number))
        if key in self._told or run.lease is None:
            return
        self._told.add(key)
        if tell_here(run, number):
            return
        try:
            place = ray.get_actor(_name(store, run.id, run.lease))
        except ValueError:  # gone, or a terminal's run
            return
        place.send.remote(int(number))

    def _answered(self, store: Store, one: _Starting) -> None:
        try:
            owner = Owner(**ray.get(one.answer))
        except ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            self._fail(store, one, f"the worker cannot be started on its node: {_first_line(cause)}")
        except ray.exceptions.RayError as error:
            run = store.run(one.run_id)
            if run.lease == one.lease and not store.queue_lost(run, resumes_wanted()):
                self._fail(store, one, f"its node was lost while the worker was started: {_first_line(error)}")
        else:
            self._granted.add(one.cores, time.monotonic())
            store.attach(one.run_id, owner, one.lease)

    def _fail(self, store: Store, one: _Starting, why: str) -> None:
        reason = f"Run {one.run_id}: {why} Each node needs this program and its store; docs/scaling.md says what else."
        LOG.error("%s", reason)
        store.finish(one.run_id, "failed", reason, failure="unexpected", lease=one.lease)

    def _give_up(self, one: _Starting) -> None:
        self._starting.pop(one.run_id, None)
        ray.kill(one.place)

    def _environment(self, store: Store, cores: int) -> dict[str, str]:
        own = {name: text for name, text in os.environ.items() if name.startswith("BNN_") and name not in _NOT_SENT}
        beat_s = max(heartbeat_s(), self._held / MOST_HEARTBEATS_PER_S)
        return own | environment(store) | {THREADS_VARIABLE: str(cores), HEARTBEAT_VARIABLE: f"{beat_s:g}"}


def cores_of_run(run: RunRecord | None, there: list[Node]) -> int | None:
    """Cores that a run asks for; None where no node has any.

    As many as the threads that its sums are split among: those that it was begun with, else ``BNN_THREADS``, else all
    of the smallest node, so that every node can take it. No more than the largest node has: its threads share those.

    Raises:
        QueueError: ``BNN_THREADS`` is not a whole number of at least 1.
    """
    cores = [node.cores for node in there if node.cores]
    if not cores:
        return None
    begun = run.threads if run is not None else None
    return min(begun or count_setting(THREADS_VARIABLE, min(cores)), max(cores))


def memory_of_run(store: Store, run: RunRecord) -> int:
    """Bytes that a run asks for: its tensors and images, and what a worker takes without any."""
    try:
        return PROCESS_BYTES + needed_bytes(run.design, run.recipe, teacher=teacher_design(store, run.recipe))
    except BnnDesignerError:
        return PROCESS_BYTES  # a design that cannot be trained: its worker says why


def _name(store: Store, run_id: str, lease: str) -> str:
    return f"{hashlib.sha256(store.url.encode()).hexdigest()[:8]}-{run_id}-{lease}"


def _reach(address: str) -> None:
    """Whether anybody listens, which Ray itself finds out in a minute only."""
    if address in ("auto", "local"):
        return
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        where = (parts.hostname or "", parts.port or 0)
        socket.create_connection(where, timeout=REACH_WITHIN_S).close()
    except (OSError, ValueError) as error:
        raise ExecutorError(
            f"{CLUSTER_VARIABLE}={address}: nobody answers there ({error}). Start the cluster (ray start --head), or "
            f"set the variable to the address that it prints."
        ) from error


def _first_line(error: BaseException) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    text = next((line for line in lines if line), type(error).__name__)
    return text if text.endswith(".") else f"{text}."
