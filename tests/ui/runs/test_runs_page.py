from __future__ import annotations

from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe
from tests.ui.conftest import OpenPage, field, texts
from tests.ui.train.test_train_page import started_run


def test_without_runs_it_leads_to_training(open_page: OpenPage) -> None:
    assert "No runs yet" in texts(open_page("runs"))


def test_ticked_runs_are_compared_and_stay_ticked_after_a_reload(open_page: OpenPage, store: Store) -> None:
    first, second = started_run(store, epochs=1), started_run(store, epochs=5)
    store.finish(first, "done")
    app = open_page("runs")
    assert "Validation accuracy" not in texts(app)
    field(app.checkbox, f"compare_{first}").check().run()
    field(app.checkbox, f"compare_{second}").check().run()
    assert not app.exception
    assert "What differs" in texts(app)
    table = app.dataframe[0].value
    assert list(table.index) == ["status", "epochs"]
    assert list(table.loc["epochs"]) == ["5", "1"]
    app = open_page("runs", compare=app.query_params["compare"])
    assert field(app.checkbox, f"compare_{first}").value
    field(app.checkbox, f"compare_{first}").uncheck().run()
    assert app.query_params["compare"] == second


def test_a_run_that_never_started_has_no_figures(open_page: OpenPage, store: Store) -> None:
    running = started_run(store)
    waiting = store.create_run(preset("binarynet"), Recipe(epochs=2))
    app = open_page("runs", compare=waiting)
    assert "No finished epoch yet" in texts(app)
    assert store.run(waiting).status == "queued"
    assert app.button(key=f"delete_{running}").disabled


def test_a_run_is_deleted(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    store.finish(run_id, "done")
    app = open_page("runs", run=run_id, compare=run_id)
    app.button(key=f"delete_{run_id}").click().run()
    assert not app.exception
    assert store.runs() == []
    assert "run" not in app.query_params
    assert "is deleted" in texts(app)


def test_a_run_that_has_ended_is_extended_from_its_menu_and_paused(open_page: OpenPage, store: Store) -> None:
    started_run(store)  # has the one place
    run_id = started_run(store, epochs=2)
    store.finish(run_id, "interrupted", "Its process is gone.")
    app = open_page("runs")
    assert "interrupted" in texts(app)
    assert f"resume_{run_id}" in {button.key for button in app.button}
    app.button(key=f"extend_{run_id}").click().run()
    assert not app.exception
    assert (store.run(run_id).status, store.run(run_id).recipe.epochs) == ("queued", 2 + 10)
    app.button(key=f"pause_{run_id}").click().run()
    assert store.run(run_id).status == "paused"


def test_the_design_of_a_run_becomes_a_draft(open_page: OpenPage, store: Store, drafts: Drafts) -> None:
    run_id = started_run(store)
    app = open_page("runs")
    app.button(key=f"draft_{run_id}").click().run()
    assert drafts.get(app.query_params["draft"]).design == preset("binarynet")


def test_a_hundred_runs_are_listed_in_part(open_page: OpenPage, store: Store) -> None:
    for _ in range(30):
        run_id = started_run(store)
        store.finish(run_id, "done")
    app = open_page("runs")
    assert len(app.checkbox) == 25
    app.toggle(key="all_runs").set_value(True).run()
    assert len(app.checkbox) == 30
