"""Whose turn it is: as a pure function, and out of both databases by several who ask at once."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, update

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.fair import Waiting, next_run, read_heads
from bnn_designer.runs.people import NameOfPersonError, person_of, same_person
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe


@pytest.mark.parametrize(
    ("held", "served_at", "expected"),
    [
        ({}, {}, "ada 1"),  # queued first
        ({"ada": 1}, {}, "ben 1"),  # Ada has one
        ({"ada": 1, "ben": 2}, {}, "ada 1"),
        ({"ada": 1, "ben": 1}, {}, "ada 1"),
        ({}, {"ada": 3.5}, "ben 1"),  # served since Ben queued, at 3
        ({}, {"ada": 2.5}, "ada 1"),  # before that: Ada has waited longer
        ({}, {"ada": 3.5, "ben": 4.5}, "ada 1"),  # both were: Ada's time is longer ago
        ({}, {"ben": 0.5}, "ada 1"),  # before anybody queued: no matter
    ],
)
def test_turns(held: Mapping[str, int], served_at: Mapping[str, float], expected: str) -> None:
    waiting = [Waiting("ada 2", "ada", 2.0), Waiting("ben 1", "ben", 3.0), Waiting("ada 1", "ada", 1.0)]
    chosen = next_run(waiting, held, served_at)
    assert chosen is not None
    assert chosen.run_id == expected


def test_nobody_waits() -> None:
    assert next_run([], {"ada": 1}, {"ada": 1.0}) is None


class _Start(NamedTuple):
    run: Waiting
    at: float
    since: float
    held: dict[str, int]
    waiting: list[Waiting]


def _simulated(jobs: list[tuple[int, int, int]], places: int) -> list[_Start]:
    """The starts of runs on so many places, each run of a person, queued at a second, for some seconds."""
    runs = [Waiting(f"{number:02}", f"person {person}", float(at)) for number, (person, at, _) in enumerate(jobs)]
    length_s = {run.run_id: job[2] for run, job in zip(runs, jobs, strict=True)}
    held: list[tuple[float, Waiting]] = []
    waiting: list[Waiting] = []
    served_at: dict[str, float] = {}
    starts: list[_Start] = []
    now = 0.0
    while len(starts) < len(runs):
        for end in [one for one in held if one[0] == now]:
            held.remove(end)
            served_at[end[1].person] = now
        waiting += [run for run in runs if run.queued_at == now]
        while waiting and len(held) < places:
            counts = Counter(run.person for _, run in held)
            chosen = next_run(waiting, counts, served_at)
            assert chosen is not None
            since = max(chosen.queued_at, served_at.get(chosen.person, 0.0))
            starts.append(_Start(chosen, now, since, dict(counts), list(waiting)))
            waiting.remove(chosen)
            held.append((now + length_s[chosen.run_id], chosen))
        now += 1
    return starts


JOBS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 9)), max_size=20)


@given(JOBS, st.integers(1, 3))
def test_laws_of_every_start(jobs: list[tuple[int, int, int]], places: int) -> None:
    starts = _simulated(jobs, places)
    assert len(starts) == len(jobs)
    for start in starts:
        # nobody who waits has fewer runs
        assert start.held.get(start.run.person, 0) == min(start.held.get(run.person, 0) for run in start.waiting)
        # within a person in the order of the queue
        theirs = [run.queued_at for run in start.waiting if run.person == start.run.person]
        assert start.run.queued_at == min(theirs)


@given(JOBS)
def test_nobody_is_passed_twice_while_they_wait(jobs: list[tuple[int, int, int]]) -> None:
    """So nobody starves: with n people, one who waits is served after n - 1 starts at most."""
    starts = _simulated(jobs, 1)
    for number, start in enumerate(starts):
        passed = Counter(one.run.person for one in starts[:number] if one.at > start.since)
        assert max(passed.values(), default=0) <= 1


@given(st.integers(1, 20), st.integers(0, 30), st.integers(1, 9))
def test_twenty_runs_of_one_keep_nobody_elses_first_run_waiting(count: int, at: int, length: int) -> None:
    starts = _simulated([*[(0, 0, length)] * count, (1, at, 1)], 1)
    (first,) = (start for start in starts if start.run.person == "person 1")
    # it waits for the run that is held then, and for no other
    assert first.at <= (at // length + 1) * length


# ---- in the database


def _claimed(store: Store, limit: int) -> str:
    claim = store.claim_next(limit)
    assert claim is not None
    return claim[0]


def test_a_second_person_comes_next(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    ada = [store.create_run(small_design, quick_recipe, person="Ada") for _ in range(3)]
    assert _claimed(store, 1) == ada[0]
    # the same person in another spelling, whose run is not taken for a second person's
    shouted = store.create_run(small_design, quick_recipe, person=" ADA ")
    ben, nobody = (store.create_run(small_design, quick_recipe, person=person) for person in ("Ben", None))
    assert store.run(shouted).person == "ADA"
    order = []
    for last in (ada[0], ben, nobody, ada[1], ada[2]):
        store.finish(last, "done")
        order.append(_claimed(store, 1))
    assert order == [ben, nobody, ada[1], ada[2], shouted]


def test_who_has_the_fewest_comes_first_a_terminals_runs_included(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    store.create_run(small_design, quick_recipe, person="Ada", owner=Owner.of_process())
    ada = store.create_run(small_design, quick_recipe, person="Ada")
    ben = store.create_run(small_design, quick_recipe, person="Ben")
    assert [_claimed(store, 9), _claimed(store, 9)] == [ben, ada]


def test_a_run_that_is_cancelled_while_it_waits_was_no_turn(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    ada = store.create_run(small_design, quick_recipe, person="Ada")
    store.create_run(small_design, quick_recipe, person="Ben")
    store.request_cancel(store.create_run(small_design, quick_recipe, person="Ada"))
    assert _claimed(store, 1) == ada


def test_of_many_who_ask_at_once_each_gets_another_run_and_people_are_even(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    for person, count in (("Ada", 6), ("Ben", 2), (None, 1)):
        for _ in range(count):
            store.create_run(small_design, quick_recipe, person=person)
    barrier = threading.Barrier(8)

    def claim(_: int) -> tuple[str, str] | None:
        with store.engine.connect():  # opening one takes longer than what follows
            barrier.wait()
        return store.claim_next(limit=5)

    with ThreadPoolExecutor(8) as pool:
        taken = [claimed[0] for claimed in pool.map(claim, range(8)) if claimed]
    assert len(taken) == len(set(taken)) == 5
    assert Counter(store.run(run_id).person for run_id in taken) == {"Ada": 2, "Ben": 2, None: 1}


def test_of_those_queued_at_once_the_first_by_id_is_next_and_one_of_an_older_program_by_when_it_was_made(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    ada = sorted(store.create_run(small_design, quick_recipe, person="Ada") for _ in range(3))
    nobody = store.create_run(small_design, quick_recipe)
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).values(queued_at=5.0))
        connection.execute(update(RUNS).where(RUNS.c.id == nobody).values(queued_at=None, created_at=6.0))
    with store.engine.connect() as connection:
        queue = read_heads(connection)
    assert queue.next_run() == Waiting(ada[0], "ada", 5.0)
    assert Waiting(nobody, same_person(None), 6.0) in queue.waiting
    assert [_claimed(store, 9) for _ in range(4)] == [ada[0], nobody, ada[1], ada[2]]


def test_the_choice_reads_the_index_alone(tmp_path: Path, small_design: Design, quick_recipe: Recipe) -> None:
    """Of 10,000 runs that wait, the rows with their designs are 30 MB; what the choice needs of them is 1 MB."""
    store = Store(home=tmp_path)
    for person in ("Ada", "Ben"):
        store.create_run(small_design, quick_recipe, person=person)
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *of: asked.append((of[2], of[3])))
    with store.engine.connect() as connection:
        read_heads(connection)
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all() for text, values in asked[:]]
    looks = [step.detail for plan in plans for step in plan if re.match(r"(SEARCH|SCAN) run\b", step.detail)]
    assert len(looks) == 4  # the heads and who they are of, who has how many, and when each was served
    assert all("USING COVERING INDEX run_in_line" in look for look in looks), looks
    store.close()


# ---- names


def test_names() -> None:
    assert person_of("  Ada \t Lovelace ") == "Ada Lovelace"
    assert (person_of(""), person_of("  "), person_of(None)) == (None,) * 3
    assert same_person("ADA") == same_person("ada") != same_person(None)
    for text in ("x" * 61, "a\x00b", "a\u202eb"):
        with pytest.raises(NameOfPersonError, match="at most 60 characters"):
            person_of(text)
