"""A design's full-precision twin as the teacher: queued first, waited for, found, failed, and where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from bnn_designer.design import Design
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.runs import awaiting, queue
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe
from tests.ui.conftest import OpenPage, field, texts

RECIPE = Recipe(epochs=1, subset=100, validation_subset=100, engine="float", optimizer="adam_bop", first_stage_epochs=0)


@pytest.fixture(autouse=True)
def nothing_trains(monkeypatch: pytest.MonkeyPatch, store: Store, synthetic_data: Path) -> None:
    """The queue stands still; there are images."""
    monkeypatch.setattr(queue, "tend", lambda store, executor: [])
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))


@pytest.fixture
def draft(drafts: Drafts, small_design: Design) -> str:
    draft_id = drafts.create(small_design).id
    drafts.set_recipe(draft_id, RECIPE.to_json())
    return draft_id


def set_status(store: Store, run_id: str, status: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(status=status, best_val_accuracy=0.5))


def test_one_press_queues_the_twin_and_the_design_that_waits_for_it(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    app = open_page("train", draft=draft)
    assert field(app.selectbox, "train.teacher").value == "recipe"
    field(app.selectbox, "train.teacher").set_value("twin").run()
    assert app.query_params["teacher"] == "twin"
    assert "Two runs are queued" in texts(app)
    app.button(key="start").click().run()
    assert not app.exception
    own, twin = sorted(store.runs(), key=lambda run: run.waits_for is None)
    assert twin.design == full_precision_twin(small_design)
    assert twin.recipe == RECIPE.as_teachers()
    assert (own.design, own.recipe) == (small_design, RECIPE.changed(teacher=twin.id))
    # the page shows the design's own run, and what it waits for
    assert (own.waits_for, app.query_params["run"]) == (twin.id, own.id)
    assert f"at position 2 of 2. It waits for run {twin.id}" in texts(app)
    app.button(key=f"open_{twin.id}").click().run()
    assert app.query_params["run"] == twin.id
    app = open_page("train", draft=draft, run=own.id, teacher="twin")
    assert "The design's own run waits until it is done" in texts(app)
    # a second press takes the twin that is there
    app.button(key="start").click().run()
    assert [run.waits_for for run in store.runs() if run.id != twin.id] == [twin.id] * 2
    set_status(store, twin.id, "done")
    app = open_page("train", draft=draft, teacher="twin")
    assert "50.0 % at best" in texts(app)
    app.button(key="start").click().run()
    assert sum(run.waits_for is None for run in store.runs()) == 2


def test_both_runs_come_in_within_the_limits_or_none_does(
    open_page: OpenPage, store: Store, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_MAX_QUEUED_RUNS", "1")
    assert not open_page("train", draft=draft).button(key="start").disabled
    app = open_page("train", draft=draft, teacher="twin")
    assert app.button(key="start").disabled
    assert "would let in 1 of these 2 runs" in app.warning[0].value
    monkeypatch.setenv("BNN_MAX_QUEUED_RUNS", "2")
    app = open_page("train", draft=draft, teacher="twin")
    monkeypatch.setenv("BNN_MAX_QUEUED_RUNS", "1")  # as if somebody else had taken the place
    app.button(key="start").click().run()
    assert store.runs() == []


def test_a_run_whose_twin_failed_says_so_and_goes_on_with_it_or_without_it(
    open_page: OpenPage, store: Store, draft: str
) -> None:
    app = open_page("train", draft=draft, teacher="twin")
    app.button(key="start").click().run()
    own = app.query_params["run"]
    twin = str(store.run(own).waits_for)
    set_status(store, twin, "cancelled")
    awaiting.settle(store.engine)
    app = open_page("train", draft=draft, run=own)
    assert f"Run {twin}, which it was to learn from, was cancelled" in app.error[0].value
    assert "not recorded" not in texts(app)  # nothing of it was started
    assert not app.button(key=f"open_{twin}").disabled
    app.button(key=f"retry_its_teacher_{own}").click().run()
    assert not app.exception
    assert [store.run(run_id).status for run_id in (twin, own)] == ["queued", "queued"]
    set_status(store, twin, "failed")
    awaiting.settle(store.engine)
    app = open_page("train", draft=draft, run=own)
    app.button(key=f"train_without_it_{own}").click().run()
    assert (store.run(own).status, store.run(own).recipe.teacher) == ("queued", None)


def test_a_twin_that_was_trained_before_is_taken_and_another_recipe_wants_its_own(
    open_page: OpenPage, store: Store, drafts: Drafts, draft: str, small_design: Design
) -> None:
    twin = store.create_run(full_precision_twin(small_design), RECIPE.as_teachers())
    set_status(store, twin, "done")
    app = open_page("train", draft=draft, teacher="twin")
    assert f"The twin is run {twin}" in [link.label for link in app.get("page_link")]
    drafts.set_recipe(draft, RECIPE.changed(epochs=2).to_json())
    assert "Two runs are queued" in texts(open_page("train", draft=draft, teacher="twin"))


@pytest.mark.parametrize("status", ["failed", "cancelled", "paused"])
def test_a_twin_that_stopped_is_said_and_nothing_is_queued(
    open_page: OpenPage, store: Store, draft: str, small_design: Design, status: str
) -> None:
    set_status(store, store.create_run(full_precision_twin(small_design), RECIPE.as_teachers()), status)
    app = open_page("train", draft=draft, teacher="twin")
    assert app.button(key="start").disabled
    assert "It has stopped" in app.warning[0].value


def test_a_press_that_comes_after_another_tab_s_takes_the_twin_that_is_there(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    app = open_page("train", draft=draft, teacher="twin")
    twin = store.create_run(full_precision_twin(small_design), RECIPE.as_teachers())
    app.button(key="start").click().run()
    assert not app.exception
    assert sorted(run.waits_for or "" for run in store.runs()) == ["", twin]
    # it stopped since the page was drawn: the press says so, and queues nothing
    app = open_page("train", draft=draft, teacher="twin")
    set_status(store, twin, "failed")
    app.button(key="start").click().run()
    assert "is failed. Resume it or try it again first" in app.error[0].value.replace("\\", "")
    assert len(store.runs()) == 2


def test_a_design_in_full_precision_has_no_twin(open_page: OpenPage, drafts: Drafts, small_design: Design) -> None:
    app = open_page("train", draft=drafts.create(full_precision_twin(small_design)).id, teacher="twin")
    assert app.button(key="start").disabled
    assert "in full precision already" in app.error[0].value
