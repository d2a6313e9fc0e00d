"""Runs on a real Ray cluster of several nodes on this machine: placed, signalled, lost with their node, resumed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.runs.queue import cancel, submit
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.runs.supervision import supervisor_lock
from bnn_designer.training.events import Notice
from bnn_designer.training.recipe import Recipe
from tests.cli.test_cli import run as program
from tests.runs.processes import end_all, wait_for_end, wait_for_first_window, wait_until
from tests.runs.test_survival import curve

pytest.importorskip("ray", reason="Ray is not installed: pip install 'ray>=2.50,<3'")

MIB = 1024**2
# A node has cores for two runs of one thread, and memory for two of such small ones.
CORES, MEMORY_BYTES = 2, 2048 * MIB
LEASE_S = "6"
# 600 / 10 = 60 steps an epoch, in six windows
RECIPE = Recipe(epochs=3, subset=600, batch_size=10, validation_subset=200, engine="float")
ENDLESS = RECIPE.model_copy(update={"epochs": 1000})


@dataclass
class Nodes:
    """A head that takes no runs, and nodes that do, each under a name of its own as if it were a machine."""

    cluster: Any
    data: Path
    there: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str) -> None:
        variables = {"BNN_HOST_NAME": name, "BNN_DATA_DIR": str(self.data)}
        self.there[name] = self.cluster.add_node(
            num_cpus=CORES, memory=MEMORY_BYTES, object_store_memory=80 * MIB, env_vars=variables, wait=False
        )

    def lose(self, run: RunRecord) -> str:
        """The power of a run's node goes: nothing on it gets to say a word. Returns its name."""
        assert run.owner is not None
        os.kill(int(run.owner.pid or 0), signal.SIGKILL)
        for process in self.processes(run.owner.host):
            process.kill()
        self.cluster.remove_node(self.there.pop(run.owner.host), allow_graceful=False)
        return run.owner.host

    def processes(self, name: str) -> list[psutil.Process]:
        """Those that keep places on a node, of Ray."""
        found = []
        for process in psutil.process_iter(["name", "environ"]):
            environ = process.info["environ"] or {}
            if environ.get("BNN_HOST_NAME") == name and "Place" in process.info["name"]:
                found.append(process)
        return found


@pytest.fixture(scope="module")
def nodes(synthetic_data: Path) -> Iterator[Nodes]:
    from ray.cluster_utils import Cluster

    # Ray looks for a dead node every half second here, not every three
    health = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 2}
    head = {"num_cpus": 0, "object_store_memory": 80 * MIB, "include_dashboard": False, "_system_config": health}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = Nodes(cluster, synthetic_data)
        nodes.add("one")
        nodes.add("two")
        cluster.wait_for_nodes()
        yield nodes
    finally:
        cluster.shutdown()


@pytest.fixture(autouse=True)
def _environment(store: Store, synthetic_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("BNN_THREADS", "1")
    monkeypatch.setenv("BNN_LEASE_S", LEASE_S)
    monkeypatch.setenv("BNN_CHECKPOINT_EVERY_S", "0.05")
    monkeypatch.delenv("BNN_MAX_PARALLEL_RUNS", raising=False)
    yield
    end_all(store)


def wait_for_supervisor_end(store: Store) -> None:
    """One that was started without the cluster would start the next run on this machine."""

    def gone() -> bool:
        lock = supervisor_lock(store)
        if lock is not None:
            lock.close()
        return lock is not None

    wait_until(gone, "the supervisor ends")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_run_whose_node_is_lost_goes_on_elsewhere_to_the_very_same_curve(
    store: Store, small_design: Design, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    through = submit(store, small_design, RECIPE)  # on this machine, uninterrupted
    assert wait_for_end(store, through).status == "done"
    wait_for_supervisor_end(store)
    monkeypatch.setenv("BNN_RAY_ADDRESS", nodes.cluster.address)
    victim = submit(store, small_design, RECIPE)
    wait_until(lambda: len(curve(store, victim)) > 7, f"it trains; its log: {store.log_path(victim)}")
    lost = nodes.lose(store.run(victim))
    wait_until(lambda: store.run(victim).owner.host not in (lost, os.uname().nodename), "it goes on elsewhere")  # type: ignore[union-attr]
    run = wait_for_end(store, victim)
    assert (run.status, run.resumes, run.threads) == ("done", 1, 1)
    assert curve(store, victim) == curve(store, through)
    assert len(curve(store, victim)) == 3 * (6 + 1)
    from bnn_designer.training.checkpoint import load

    states = [load(store.state_path(run_id)) for run_id in (through, victim)]
    one, other = (state for state in states if state is not None)
    assert {name: array.tobytes() for name, array in one.arrays.items()} == {
        name: array.tobytes() for name, array in other.arrays.items()
    }
    nodes.add(lost)
    nodes.cluster.wait_for_nodes()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_runs_get_a_place_with_their_cores_and_are_told_there_to_stop(
    store: Store, small_design: Design, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_RAY_ADDRESS", nodes.cluster.address)
    monkeypatch.setenv("BNN_THREADS", str(CORES))  # a whole node for each run
    # what goes into the binary convolution alone: 1,000 images of 32 x 32 x 512 floats, 2.1 GB
    wide = Design(name="wide", blocks=(Conv(filters=512), BinaryConv(filters=8), GlobalPool(), Head()))
    huge = submit(store, wide, ENDLESS.model_copy(update={"batch_size": 1000}))
    first, second, third = (submit(store, small_design, ENDLESS) for _ in range(3))
    wait_for_first_window(store, first)
    wait_for_first_window(store, second)
    refused = store.run(huge)
    assert (refused.status, refused.failure) == ("failed", "out_of_memory")
    assert "no node of the cluster gives away more than 2.00 GiB. Lower the batch size" in str(refused.error)
    hosts = {run_id: store.run(run_id).owner.host for run_id in (first, second)}  # type: ignore[union-attr]
    assert set(hosts.values()) == set(nodes.there)
    assert store.run(third).status == "queued"

    result = program("runs", "where", "--json", BNN_STORE_URL=store.url, BNN_HOME=str(store.home))
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)
    assert (seen["free_places"], seen["free_cores"], seen["waiting"]) == (0, 0, 1)
    assert {host["host"]: [run["run"] for run in host["runs"]] for host in seen["hosts"] if host["runs"]} == {
        host: [run_id] for run_id, host in hosts.items()
    }

    # whoever starts runs may die: nothing of what it started goes with it, and the next one can reach it
    supervisor = next(
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "bnn_designer.runs.supervisor" in (process.info["cmdline"] or ())
        and (process.info["environ"] or {}).get("BNN_HOME") == str(store.home)
    )
    supervisor.kill()
    supervisor.wait(timeout=10)
    cancel(store, first)
    assert wait_for_end(store, first).status == "cancelled"
    wait_for_first_window(store, third)
    assert store.run(third).owner.host == hosts[first]  # type: ignore[union-attr]

    # a worker that was killed is seen by what keeps its place, long before its lease ends
    victim = store.run(second)
    os.kill(int(victim.pid or 0), signal.SIGKILL)
    wait_until(lambda: store.run(second).resumes == 1, "it is queued again")
    wait_until(lambda: store.run(second).status == "running", "it goes on")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_cluster_that_does_not_answer_is_said_at_the_run_that_waits(
    store: Store, small_design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_RAY_ADDRESS", "127.0.0.1:1")
    run_id = submit(store, small_design, RECIPE)
    wait_until(lambda: bool(store.events(run_id)), "the supervisor says so")
    (notice,) = [item.event for item in store.events(run_id)]
    assert isinstance(notice, Notice)
    assert notice.text.startswith("It waits. BNN_RAY_ADDRESS=127.0.0.1:1: nobody answers there")
    assert store.run(run_id).status == "queued"
    result = program("runs", "where", BNN_STORE_URL=store.url, BNN_HOME=str(store.home))
    assert result.returncode == 2
    assert "nobody answers there" in result.stderr
    assert "Traceback" not in result.stderr
