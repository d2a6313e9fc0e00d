"""A design's full-precision twin as the teacher: trained first, waited for, found, failed, and where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from bnn_designer.design import Design
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.runs import queue
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


def test_the_twin_is_trained_first_and_the_design_learns_from_it(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    app = open_page("train", draft=draft)
    assert field(app.selectbox, "train.teacher").value == "recipe"
    assert app.button(key="start").label == "Start training"
    field(app.selectbox, "train.teacher").set_value("twin").run()
    assert app.query_params["teacher"] == "twin"
    assert app.button(key="start").label == "Train its twin first"
    assert "Two runs, one after the other" in texts(app)
    app.button(key="start").click().run()
    assert not app.exception
    (twin,) = store.runs()
    assert twin.design == full_precision_twin(small_design)
    assert twin.recipe == RECIPE.as_teachers()
    assert app.query_params["run"] == twin.id
    # it waits: a second press, or another tab, queues nothing
    assert app.button(key="start").disabled
    assert "Once it is done" in texts(app)
    set_status(store, twin.id, "done")
    app = open_page("train", draft=draft, teacher="twin")
    assert "50.0 % at best" in texts(app)
    app.button(key="start").click().run()
    own = next(run for run in store.runs() if run.id != twin.id)
    assert own.design == small_design
    assert own.recipe == RECIPE.changed(teacher=twin.id)


def test_a_twin_that_was_trained_before_is_taken_and_another_recipe_wants_its_own(
    open_page: OpenPage, store: Store, drafts: Drafts, draft: str, small_design: Design
) -> None:
    twin = store.create_run(full_precision_twin(small_design), RECIPE.as_teachers())
    set_status(store, twin, "done")
    assert open_page("train", draft=draft, teacher="twin").button(key="start").label == "Start training"
    drafts.set_recipe(draft, RECIPE.changed(epochs=2).to_json())
    assert open_page("train", draft=draft, teacher="twin").button(key="start").label == "Train its twin first"


@pytest.mark.parametrize("status", ["failed", "cancelled", "paused"])
def test_a_twin_that_stopped_is_said_and_nothing_is_queued(
    open_page: OpenPage, store: Store, draft: str, small_design: Design, status: str
) -> None:
    set_status(store, store.create_run(full_precision_twin(small_design), RECIPE.as_teachers()), status)
    app = open_page("train", draft=draft, teacher="twin")
    assert app.button(key="start").disabled
    assert "It has stopped" in app.warning[0].value


def test_a_press_that_comes_after_another_tab_s_queues_nothing(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    app = open_page("train", draft=draft, teacher="twin")
    store.create_run(full_precision_twin(small_design), RECIPE.as_teachers())
    app.button(key="start").click().run()
    assert not app.exception
    assert len(store.runs()) == 1


def test_a_design_in_full_precision_has_no_twin(open_page: OpenPage, drafts: Drafts, small_design: Design) -> None:
    app = open_page("train", draft=drafts.create(full_precision_twin(small_design)).id, teacher="twin")
    assert app.button(key="start").disabled
    assert "in full precision already" in app.error[0].value
