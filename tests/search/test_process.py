"""A search in a process of its own: started, seen at work, kept from a second one, stopped, gone on with."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.processes import Owner
from bnn_designer.runs.limits import LimitReached
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import sweeps
from bnn_designer.search import process, worker
from bnn_designer.search.definition import Limit, Search, SearchError
from bnn_designer.search.loop import Amount
from bnn_designer.training.recipe import Recipe
from tests.runs.processes import end_all, wait_until

RECIPE = Recipe(epochs=1, subset=100, validation_subset=100, engine="float")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store of the process, too. The one place of its queue is taken by this process, so that nothing trains."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path))
    monkeypatch.setenv("BNN_MAX_PARALLEL_RUNS", "1")
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    store = Store()
    yield store
    end_all(store)
    store.close()


@pytest.fixture
def search(small_design: Design) -> Search:
    return Search(small_design, RECIPE, (Limit("arena_bytes", 100_000),), ("width",))


def ended(store: Store, key: str) -> process.Work:
    wait_until(lambda: process.read(store, key).ended is not None, "the search ends")  # type: ignore[union-attr]
    work = process.read(store, key)
    assert work is not None
    return work


def test_it_works_is_the_only_one_stops_and_goes_on(store: Store, search: Search) -> None:
    store.create_run(search.design, RECIPE.changed(seed=9), owner=Owner.of_process())
    key = process.launch(store, search, Amount(None, 1.0), "Ada")

    def said() -> str:
        work = process.read(store, key)
        return work.said if work is not None else ""

    wait_until(lambda: "queued" in said(), "its first run is queued")
    (run,) = [run for run in store.runs() if run.sweep == key]
    assert (run.person, said()) == ("Ada", f"run {run.id}: queued")
    with pytest.raises(SearchError, match="another process is at work on it"):
        process.launch(store, search, Amount(1, None))
    assert process.stop(store, key)
    work = ended(store, key)
    assert (work.ended, work.failed, store.run(run.id).status) == (worker.STOPPED, False, "paused")
    assert not process.stop(store, key)
    wait_until(lambda: is_free(store, key), "the lock is free")
    assert process.launch(store, search, Amount(None, 1.0)) == key
    wait_until(lambda: "queued" in said(), "it goes on")
    now = process.read(store, key)
    assert now is not None
    assert now.pid is not None
    # a killed one is seen by whoever looks
    os.kill(now.pid, signal.SIGKILL)
    work = ended(store, key)
    assert (work.failed, "killed" in str(work.ended)) == (True, True)


def is_free(store: Store, key: str) -> bool:
    try:
        with process.held(store, key):
            return True
    except SearchError:
        return False


def test_what_cannot_begin_stores_nothing(store: Store, search: Search) -> None:
    flat = Design(name="flat", blocks=(Conv(filters=8), BinaryConv(filters=8, strides=(2, 2)), GlobalPool(), Head()))
    with pytest.raises(SearchError, match="flat: it has no depth to vary"):
        process.launch(store, Search(flat, RECIPE, search.limits, ("depth",)), Amount(1, None))
    assert process.read(store, "0123abcd") is None
    assert not (store.home / "searches").exists()


def test_what_is_varied_is_part_of_a_search_and_all_of_it_is_the_search_of_before(small_design: Design) -> None:
    limits = (Limit("arena_bytes", 100_000),)
    whole, some = Search(small_design, RECIPE, limits), Search(small_design, RECIPE, limits, ("shortcuts", "width"))
    assert "varied" not in whole.to_json()
    assert {degree.kind for degree in some.space.degrees} == {"shortcuts", "width"}
    assert {degree.kind for degree in whole.space.degrees} > {"shortcuts", "width"}
    again = Search.from_json(some.to_json())
    assert set(again.varied) == {"shortcuts", "width"}
    assert again.to_json() == Search(small_design, RECIPE, limits, ("width", "shortcuts")).to_json()
    with pytest.raises(SearchError, match="nothing is varied"):
        Search(small_design, RECIPE, limits, ())


def test_a_server_has_so_many_at_work_whosever(store: Store, search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_MAX_SEARCHES", "1")
    mine, now = asdict(Owner.of_process()), 1_764_000_000.0
    process.write(store, "11111111", process.Work(**mine, started_at=now, ended="Its time is up."))
    process.write(store, "22222222", process.Work(**mine, started_at=now))
    for one in (store, store.for_account("a" * 32)):
        with pytest.raises(LimitReached, match="at most 1 search at work at once, and 1 is"):
            process.launch(one, search, Amount(1, None))
    assert sweeps(store) == []
    process.write(store, "22222222", process.Work(**mine, started_at=now, ended="It was stopped."))
    process._admit(store, "33333333")
