"""Where runs are worked on now, and how many more could be: for ``bnn-designer runs where``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnn_designer.processes import host_name
from bnn_designer.runs.executor import cluster_address, max_parallel_runs
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store


@dataclass(frozen=True)
class Host:
    """A machine.

    Attributes:
        name: of it.
        address: in the cluster's network; None: no node of the cluster that Ray sees.
        cores, memory_bytes: what Ray may give away of it; None where it is no node.
        runs: that its processes have.
    """

    name: str
    address: str | None
    cores: int | None
    memory_bytes: int | None
    runs: tuple[RunRecord, ...]


@dataclass(frozen=True)
class Whereabouts:
    """All of it at one moment.

    Attributes:
        cluster: the address of the Ray cluster; None: this machine trains.
        hosts: by name.
        waiting: how many runs are queued.
        free_places: how many more runs could start.
        free_cores, free_memory_bytes: of all nodes, that nobody has; None without a cluster.
    """

    cluster: str | None
    hosts: tuple[Host, ...]
    waiting: int
    free_places: int
    free_cores: int | None
    free_memory_bytes: int | None

    def to_data(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        hosts = [
            {
                "host": host.name,
                "address": host.address,
                "cores": host.cores,
                "memory_bytes": host.memory_bytes,
                "runs": [{"run": run.id, "name": run.name, "status": run.status, "pid": run.pid} for run in host.runs],
            }
            for host in self.hosts
        ]
        return {
            "cluster": self.cluster,
            "hosts": hosts,
            "waiting": self.waiting,
            "free_places": self.free_places,
            "free_cores": self.free_cores,
            "free_memory_bytes": self.free_memory_bytes,
        }


def whereabouts(store: Store) -> Whereabouts:
    """Asks the store, and the cluster where ``BNN_RAY_ADDRESS`` names one.

    Raises:
        ExecutorError: the cluster cannot be used.
        QueueError: a setting cannot be read.
    """
    held = [run for run in store.held() if run.held]
    waiting = store.waiting_runs()
    address = cluster_address()
    if address is None:
        names = sorted({host_name(), *(_host(run) for run in held)})
        hosts = tuple(Host(name, None, None, None, _of(held, name)) for name in names)
        return Whereabouts(None, hosts, waiting, max(0, max_parallel_runs() - len(held)), None, None)

    # here and not above: Ray takes a while to load, and is not there where nobody installed it
    from bnn_designer.runs.ray_executor import RayExecutor, free, nodes

    by = RayExecutor(address)
    there = nodes()
    on_nodes = {node.host for node in there}
    # several nodes of one name are one machine: which of them a process belongs to, the store does not know
    found = [
        Host(node.host, node.address, node.cores, node.memory_bytes, _of(held, node.host) if first else ())
        for first, node in zip(_firsts([node.host for node in there]), there, strict=True)
    ]
    found += [Host(name, None, None, None, _of(held, name)) for name in sorted({_host(run) for run in held} - on_nodes)]
    free_cores, free_memory_bytes = free()
    places = by.limit(len(held)) - len(held)
    return Whereabouts(address, tuple(found), waiting, places, free_cores, free_memory_bytes)


def _host(run: RunRecord) -> str:
    return run.owner.host if run.owner else "unknown"


def _of(runs: list[RunRecord], host: str) -> tuple[RunRecord, ...]:
    return tuple(run for run in runs if _host(run) == host)


def _firsts(names: list[str]) -> list[bool]:
    return [name not in names[:place] for place, name in enumerate(names)]
