"""A sweep held against the store: what is there is taken, what is missing is queued once, and what all of it says."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from bnn_designer.compare.trained import spread
from bnn_designer.design import Design
from bnn_designer.design.edits import UpdateDesign, apply_edit
from bnn_designer.runs.actions import extended
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.runs.sweeps import sweep as stored
from bnn_designer.runs.sweeps import sweeps
from bnn_designer.sweeps import queueing
from bnn_designer.sweeps.definition import Sweep, SweepVariant, axis_of, product_of, seeds_from
from bnn_designer.sweeps.plan import Plan, plan
from bnn_designer.sweeps.queueing import start
from bnn_designer.sweeps.results import results, verdict_text
from bnn_designer.training.failures import WAY_OUT
from bnn_designer.training.recipe import Recipe


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose queue stands still: nothing here trains."""
    monkeypatch.setattr(queueing, "dispatch", lambda store: [])
    monkeypatch.setattr("bnn_designer.runs.actions.dispatch", lambda store: [])
    return Store(home=tmp_path)


@pytest.fixture
def planned(small_design: Design, quick_recipe: Recipe) -> Plan:
    return plan(Sweep(small_design, quick_recipe, product_of([axis_of("shortcuts=none,one")]), seeds_from(0, 2)))


def end(store: Store, run_id: str, status: str, accuracy: float | None = None, failure: str | None = None) -> None:
    values = {"status": status, "best_val_accuracy": accuracy, "failure": failure, "error": "It broke."}
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(values))


def runs_of(store: Store, planned: Plan) -> list[RunRecord]:
    """The runs of the sweep in its order."""
    return [one.run for one in results(planned, store.runs()).members if one.run is not None]


def test_all_runs_are_queued_together_and_once(store: Store, planned: Plan) -> None:
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda _: start(store, planned), range(4)))
    # 2 variants with 2 seeds; whoever was first queued them, the others found them
    assert sorted(len(one.queued) for one in started) == [0, 0, 0, 4]
    assert sorted(one.there for one in started) == [0, 4, 4, 4]
    runs = runs_of(store, planned)
    assert len(store.runs()) == len(runs) == 4
    assert [(run.recipe.seed, "none" in run.name) for run in runs] == [(0, True), (0, False), (1, True), (1, False)]
    (record,) = sweeps(store)
    assert {run.sweep for run in runs} == {record.id} == {one.id for one in started}
    assert Sweep.from_json(stored(store, record.id).definition) == planned.sweep
    assert start(store, planned).text == f"Sweep {record.id}: 0 runs queued, 4 there already."
    with pytest.raises(StoreError, match=r"Sweep 12345678: there is no such sweep"):
        stored(store, "12345678")


def test_runs_that_anybody_made_are_taken_and_deleted_or_longer_ones_are_not(store: Store, planned: Plan) -> None:
    place = planned.places[0]
    mine = store.create_run(apply_edit(place.design, UpdateDesign(changes={"name": "mine"})), place.recipe)
    end(store, mine, "done", 0.5)
    deleted = store.create_run(planned.places[1].design, planned.places[1].recipe)
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == deleted).values(deleted_at=1.0))
    store.create_run(planned.places[2].design, extended(planned.places[2].recipe, 1))
    started = start(store, planned)
    assert (len(started.queued), started.there) == (3, 1)
    assert runs_of(store, planned)[0].id == mine
    assert store.run(mine).sweep is None


def test_what_was_stopped_is_resumed_and_what_failed_is_named(store: Store, planned: Plan) -> None:
    start(store, planned)
    paused, cancelled, failed, waiting = (run.id for run in runs_of(store, planned))
    end(store, paused, "paused")
    end(store, cancelled, "cancelled")
    end(store, failed, "failed", failure="disk_full")
    found = results(planned, store.runs())
    assert found.counts == {"stopped": 2, "failed": 1, "waiting": 1}
    (problem,) = found.problems()
    assert problem.startswith(f"Run {failed} of ")
    assert "failed: It broke. Free some space, then resume" in problem
    assert problem.endswith(f"(bnn-designer runs resume {failed}, or retry.)")
    again = start(store, planned)
    assert (again.queued, set(again.resumed), again.failed, again.there) == ((), {paused, cancelled}, (failed,), 1)
    assert {store.run(one).status for one in (paused, cancelled, waiting)} == {"queued"}
    assert store.run(failed).status == "failed"


def test_nobody_is_told_to_resume_what_diverged(store: Store, planned: Plan) -> None:
    start(store, planned)
    end(store, runs_of(store, planned)[0].id, "failed", failure="diverged")
    (problem,) = results(planned, store.runs()).problems()
    assert WAY_OUT["diverged"] in problem
    assert "runs resume" not in problem


def test_mean_spread_and_verdict(store: Store, planned: Plan) -> None:
    start(store, planned)
    for run, accuracy in zip(runs_of(store, planned), (0.50, 0.80, 0.51, 0.81), strict=True):
        end(store, run.id, "done", accuracy)
    found = results(planned, store.runs())
    assert found.is_over
    assert found.is_complete
    none, one = found.variants
    assert none.accuracy == spread([0.50, 0.51])
    assert none.accuracy_text == "50.5 % ± 0.7 (n = 2)"
    assert (none.comparison, found.first) == (None, none.planned)
    # 30 points apart; deviations of 0.7 points, two runs each: t(2) = 4.30 times 0.7 = 3.0 points
    assert verdict_text(one, planned) == "better by more than noise (+30.0 ± 3.0 points)"
    data = json.loads(json.dumps(found.to_data()))
    assert data["complete"]
    assert data["variants"][1]["accuracy"]["mean"] == pytest.approx(0.805)
    assert data["variants"][1]["comparison"]["verdict"] == "better"
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["best_val_accuracy"] for row in rows] == ["0.5", "0.8", "0.51", "0.81"]
    assert int(rows[0]["macs"]) > 0


def test_one_seed_cannot_tell_and_a_variant_that_is_another_has_its_runs(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    variants = product_of([axis_of("shortcuts=as-is,one,none")])
    planned = plan(Sweep(small_design, quick_recipe, variants, (0,)))
    # the small design has a shortcut around its one convolution already
    assert [one.same_as for one in planned.variants] == [None, 0, None]
    assert len(planned.places) == 2
    start(store, planned)
    for run in runs_of(store, planned):
        end(store, run.id, "done", 0.5)
    found = results(planned, store.runs())
    assert verdict_text(found.variants[1], planned) == "the same network as shortcuts=as-is"
    assert found.variants[1].accuracy == found.variants[0].accuracy
    assert verdict_text(found.variants[2], planned) == "one run of it cannot tell: train more seeds"


def test_a_variant_that_cannot_be_made_is_left_out_with_its_reason(small_design: Design, quick_recipe: Recipe) -> None:
    planned = plan(Sweep(small_design, quick_recipe, product_of([axis_of("pool=before,as-is")]), (0, 1)))
    assert [one.variant.title for one in planned.left_out] == ["pool=before"]
    assert len(planned.places) == 2
    found = results(planned, [])
    assert found.problems()[0].startswith("pool=before: left out. small, pool=before: it does not apply")
    assert found.first.variant.title == "pool=as-is"
    with pytest.raises(Exception, match="does not apply"):
        plan(Sweep(small_design, quick_recipe, product_of([axis_of("pool=before,after")]), (0,)))


def test_an_empty_choice_is_the_design_as_it_is(small_design: Design, quick_recipe: Recipe) -> None:
    planned = plan(Sweep(small_design, quick_recipe, (SweepVariant(),), (0,)))
    assert planned.variants[0].design == small_design
    assert planned.variants[0].variant.title == "as it is"
