"""How much the store takes: statements a second of workers and dispatchers, and how long a look at many runs takes.

Threads of this process stand for the workers. Each has a connection of its own, and all of them share one interpreter,
so that the figures are what the store takes at least.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert

from bnn_designer.bench.request import BenchError
from bnn_designer.bench.scaling import DESIGN, RECIPE
from bnn_designer.processes import Owner
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.store import Store
from bnn_designer.training.events import StepWindow

THREADS = 4
# Whose runs wait, in turns: a class.
PEOPLE = 20
WINDOW = StepWindow(epoch=1, step=10, steps_per_epoch=60, loss=2.3, accuracy=0.1, images_per_second=1000.0)
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Rates:
    """What one store took.

    Attributes:
        database: sqlite or postgresql.
        runs: rows of the table ``run``.
        held: of these, runs that a process of another machine has.
        heartbeats_per_s: signs of life, each a transaction that is on disk when it returns.
        events_per_s: the same, of windows of ten steps.
        claims_per_s: runs out of the queue, one dispatcher.
        held_s: one look of a supervisor at all held runs.
        runs_s: one list of all runs, as the page of runs reads it.
    """

    database: str
    runs: int
    held: int
    heartbeats_per_s: float
    events_per_s: float
    claims_per_s: float
    held_s: float
    runs_s: float

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


def measure(store: Store, *, runs: int, held: int, seconds: float) -> Rates:
    """Fills an empty store and measures; the rows stay.

    Args:
        store: without runs.
        runs: how many rows it gets.
        held: how many of them are claimed then.
        seconds: for each rate.

    Raises:
        BenchError: there are runs in the store, or fewer are wanted than are to be held.
    """
    if store.has_work() or store.runs():
        raise BenchError(f"There are runs in {store.engine.url!r}: name an empty database.")
    if not 0 < held <= runs:
        raise BenchError(f"{held} runs cannot be held of {runs}: give a number from 1 to {runs}.")
    fill(store, runs)
    elsewhere = Owner("another machine", 1, 0.0, None)
    leases: list[tuple[str, str]] = []
    began = time.perf_counter()
    while len(leases) < held and (claim := store.claim_next(held)) is not None:
        leases.append(claim)
    claims_per_s = len(leases) / (time.perf_counter() - began)
    for run_id, lease in leases:
        store.attach(run_id, elsewhere, lease)
    return Rates(
        database=store.engine.dialect.name,
        runs=runs,
        held=len(leases),
        heartbeats_per_s=rate(lambda run_id, lease: store.heartbeat(run_id, lease), leases, seconds),
        events_per_s=rate(lambda run_id, lease: store.add_event(run_id, WINDOW, lease=lease), leases, seconds),
        claims_per_s=claims_per_s,
        held_s=_timed(store.held),
        runs_s=_timed(store.runs),
    )


def fill(store: Store, runs: int) -> None:
    """Queues so many runs of :data:`PEOPLE`, a thousand in a transaction."""
    design, recipe, now = DESIGN.to_json(), RECIPE.to_json(), time.time()
    rows = (
        {"id": f"{number:08x}", "name": DESIGN.name, "status": "queued", "design": design, "recipe": recipe}
        | {"created_at": now, "queued_at": now + number / 1e6, "person": f"person {number % PEOPLE}"}
        for number in range(runs)
    )
    while chunk := list(itertools.islice(rows, ROWS_AT_ONCE)):
        with store.engine.begin() as connection:
            connection.execute(insert(RUNS), chunk)


def rate(call: Callable[[str, str], object], leases: list[tuple[str, str]], seconds: float) -> float:
    """Calls a second, of several threads that each have their share of the runs."""
    deadline = time.perf_counter() + seconds

    def work(share: list[tuple[str, str]]) -> int:
        done = 0
        for run_id, lease in itertools.cycle(share):
            if time.perf_counter() > deadline:
                break
            call(run_id, lease)
            done += 1
        return done

    shares = [share for share in (leases[place::THREADS] for place in range(THREADS)) if share]
    began = time.perf_counter()
    with ThreadPoolExecutor(len(shares)) as pool:
        total = sum(pool.map(work, shares))
    return total / (time.perf_counter() - began)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
