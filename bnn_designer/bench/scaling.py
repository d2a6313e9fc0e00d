"""How long a queue of short runs takes on one, two and four nodes of a real Ray cluster on this machine.

The nodes are Ray's own processes, of one core each, and share this machine's processors. So the figure says what
starting a run costs, from the queue to its first step, and whether nodes are kept busy; it is no speed-up of training.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bnn_designer.bench.request import BenchError
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.runs.queue import dispatch
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe

MIB = 1024**2
NODE_MEMORY_BYTES = 1536 * MIB
OBJECT_STORE_BYTES = 80 * MIB
# One step of 16 images, and a validation on 16: all the rest is what a run costs beside training.
RECIPE = Recipe(epochs=1, subset=16, batch_size=16, validation_subset=16, engine="float")
DESIGN = Design(
    name="one step",
    blocks=(Conv(filters=8, strides=(4, 4)), Shortcut(body=(BinaryConv(filters=8),)), GlobalPool(), Head()),
)
GIVE_UP_AFTER_S = 1800.0


@dataclass(frozen=True)
class Throughput:
    """What came out with so many nodes.

    Attributes:
        nodes: of one core each.
        runs: that were queued at once.
        wall_s: from the first look at the queue to the end of the last run.
        runs_per_minute: of that time.
        to_first_step_s: median over the runs: from leaving the queue to the first step.
        after_first_step_s: median over the runs: the rest.
        most_at_once: runs that trained at the same moment.
    """

    nodes: int
    runs: int
    wall_s: float
    runs_per_minute: float
    to_first_step_s: float
    after_first_step_s: float
    most_at_once: int

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


def measure(nodes: int, runs: int) -> Throughput:
    """Starts a cluster, has it work through the queue, and stops it.

    Raises:
        BenchError: Ray is not installed, a run failed, or it took half an hour.
    """
    with tempfile.TemporaryDirectory(prefix="bnn-scaling-") as folder, _cluster(nodes) as address:
        home = Path(folder)
        variables = {"BNN_RAY_ADDRESS": address, "BNN_HOME": str(home), "BNN_STORE_URL": "", "BNN_THREADS": "1"}
        with _environment(variables), contextlib.closing(Store(home=home)) as store:
            for _ in range(runs):
                store.create_run(DESIGN, RECIPE)
            began = time.time()
            try:
                dispatch(store)
                _wait(store)
            finally:
                _end(store)
            return _throughput(store.runs(), nodes, began)


def _throughput(ended: list[RunRecord], nodes: int, began: float) -> Throughput:
    broken = next((run for run in ended if run.status != "done"), None)
    if broken is not None:
        raise BenchError(f"Run {broken.id} is {broken.status}: {broken.error or 'no reason is known'}")
    spans = [_span(run) for run in ended]
    wall_s = max(last for _, _, last in spans) - began
    most = max(sum(first <= at < last for first, _, last in spans) for at, _, _ in spans)
    return Throughput(
        nodes=nodes,
        runs=len(ended),
        wall_s=wall_s,
        runs_per_minute=len(ended) / wall_s * 60,
        to_first_step_s=median(step - first for first, step, _ in spans),
        after_first_step_s=median(last - step for _, step, last in spans),
        most_at_once=most,
    )


def _span(run: RunRecord) -> tuple[float, float, float]:
    """When a run left the queue, made its first step and ended."""
    times = (run.attempt_at, run.training_at, run.finished_at)
    first, step, last = (at.timestamp() for at in times if at is not None)
    return first, step, last


def _wait(store: Store) -> None:
    deadline = time.monotonic() + GIVE_UP_AFTER_S
    while store.has_work():
        if time.monotonic() > deadline:
            raise BenchError(f"The runs are not through after {GIVE_UP_AFTER_S:.0f} s; their logs: {store.home}.")
        time.sleep(0.1)


def _end(store: Store) -> None:
    """Nothing that was started here goes on where the measurement is broken off."""
    for run in store.runs():
        store.request_cancel(run.id)
        if run.owner is not None and run.held:
            run.owner.send(signal.SIGKILL, command=(run.id,))


@contextmanager
def _cluster(nodes: int) -> Iterator[str]:
    """A head without cores, and so many nodes with one; its address."""
    try:
        from ray.cluster_utils import Cluster
    except ImportError as error:
        raise BenchError(f"Ray is not installed ({error}). Install it: pip install 'bnn-designer[ray]'.") from error
    head = {"num_cpus": 0, "object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1, memory=NODE_MEMORY_BYTES, object_store_memory=OBJECT_STORE_BYTES, wait=False)
        cluster.wait_for_nodes()
        yield str(cluster.address)
    finally:
        cluster.shutdown()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text
