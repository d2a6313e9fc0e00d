from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from bnn_designer.design.presets import preset
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.deleting import delete_run
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.labels import set_labels
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe
from tests.ui.conftest import OpenPage, field, texts
from tests.ui.train.test_train_page import started_run


def test_without_runs_it_leads_to_training(open_page: OpenPage) -> None:
    assert "No runs yet" in texts(open_page("runs"))


def test_ticked_runs_are_compared_and_stay_ticked_after_a_reload(open_page: OpenPage, store: Store) -> None:
    first, second = started_run(store, epochs=1), started_run(store, epochs=5)
    store.finish(first, "done")
    app = open_page("runs")
    assert "Best and last" not in texts(app)
    field(app.checkbox, f"compare_{first}").check().run()
    field(app.checkbox, f"compare_{second}").check().run()
    assert not app.exception
    assert "What differs" in texts(app)
    best, differing = (table.value for table in app.dataframe)
    assert list(best[("Validation accuracy (%)", "best")]) == [25.0, 25.0]
    assert list(differing.loc["epochs"]) == ["5", "1"]
    assert "Alike in all: design **binarynet**" in texts(app)
    field(app.selectbox, "overlay_measure").set_value("val_loss").run()
    assert list(app.dataframe[0].value[("Validation loss", "best")]) == [2.1, 2.1]
    chosen = {name: app.query_params[name] for name in ("compare", "measure")}
    app = open_page("runs", **{name: str(value) for name, value in chosen.items()})
    assert field(app.checkbox, f"compare_{first}").value
    assert field(app.selectbox, "overlay_measure").value == "val_loss"
    field(app.checkbox, f"compare_{first}").uncheck().run()
    assert app.query_params["compare"] == second
    assert "machine **not recorded**" in texts(app).replace("\\", "")


def test_curves_are_drawn_again_while_a_run_trains_and_the_list_hears_of_its_end(
    open_page: OpenPage, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = started_run(store, epochs=2)
    second = EpochEnd(epoch=2, loss=1.0, accuracy=0.5, val_loss=1.0, val_accuracy=0.75, seconds=1.0)
    happens: list[Callable[[], object]] = []
    often: list[float | None] = []

    def fragment(draw: Callable[..., None], run_every: float | None) -> Callable[..., None]:
        """As Streamlit's, but what happens meanwhile happens between the page's look at the runs and the drawing."""
        often.append(run_every)

        def drawn(*arguments: object) -> None:
            if happens:
                happens.pop()()
            draw(*arguments)

        return drawn

    monkeypatch.setattr("bnn_designer.ui.runs.overlay_view.st.fragment", fragment)
    app = open_page("runs", compare=run_id)
    assert often[-1] is not None
    happens.append(lambda: store.add_event(run_id, second))
    app.run()
    assert list(app.dataframe[0].value[("Validation accuracy (%)", "best")]) == [75.0]
    happens.append(lambda: store.finish(run_id, "done"))
    app.run()
    assert often[-1] is None  # the whole page was drawn anew, and nothing trains any more
    assert list(app.dataframe[0].value[("", "Status")]) == ["done"]
    happens.append(lambda: delete_run(store, run_id))
    app.run()
    assert not app.exception


def test_runs_are_found_and_a_filter_without_a_match_says_so(open_page: OpenPage, store: Store) -> None:
    first, second = started_run(store), started_run(store)
    store.finish(first, "done")
    set_labels(store, second, ["wide"], "the one of Friday")
    app = open_page("runs")
    field(app.text_input, "runs_words").set_value("friday").run()
    assert [box.key.split("#")[0] for box in app.checkbox] == [f"compare_{second}"]
    field(app.multiselect, "runs_status").set_value(["done"]).run()
    assert not app.exception
    assert "No run matches the filter" in texts(app)
    app = open_page("runs", q="friday", status="done")
    assert "0 of 2 runs" in texts(app)
    app.button(key="clear_filter").click().run()
    assert len(app.checkbox) == 2
    assert "q" not in app.query_params


def test_tags_and_a_note_are_written_below_the_row(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    app = open_page("runs")
    app.button(key=f"labels_{run_id}").click().run()
    app.text_area(key=f"note_{run_id}").set_value("why it was made").run()
    app.button(key="save_labels").click().run()
    assert not app.exception
    assert store.run(run_id).note == "why it was made"
    assert not app.text_area


def test_the_mean_over_seeds_is_drawn_and_says_how_many(open_page: OpenPage, store: Store) -> None:
    runs = [started_run(store, seed=seed) for seed in (0, 1, 2)]
    for run_id in runs[:2]:
        store.finish(run_id, "done")
    app = open_page("runs", compare=",".join(runs), by="seeds")
    said = texts(app).replace("\\", "")
    assert "mean of 2 seeds (0, 1); not counted: 1 run not done." in said
    assert "The band reaches from the least to the most" in said
    assert list(app.dataframe[0].value[("", "Seeds")]) == [2]


def test_a_run_whose_design_cannot_be_read_is_listed_and_compared(open_page: OpenPage, store: Store) -> None:
    first, second = started_run(store), started_run(store)
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == second).values(design="{", recipe="{"))
    app = open_page("runs", compare=f"{first},{second}")
    differing = app.dataframe[1].value
    assert "unreadable design" in set(differing.loc["network"])
    assert set(differing.loc["recipe"]) == {"unreadable recipe", "—"}
    app = open_page("runs", compare=f"{first},{second}", by="seeds")
    assert not app.error
    assert "In no mean, as design or recipe cannot be read" in texts(app)


def test_a_run_that_never_started_has_no_figures(open_page: OpenPage, store: Store) -> None:
    running = started_run(store)
    waiting = store.create_run(preset("binarynet"), Recipe(epochs=2))
    app = open_page("runs", compare=waiting)
    assert "No finished epoch yet" in texts(app)
    assert store.run(waiting).status == "queued"
    assert app.button(key=f"delete_{running}").disabled


def test_a_run_is_deleted_and_that_is_undone(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    store.finish(run_id, "done")
    before = store.run(run_id)
    app = open_page("runs", run=run_id, compare=run_id)
    app.button(key=f"delete_{run_id}").click().run()
    assert not app.exception
    assert store.runs() == []
    assert "run" not in app.query_params
    assert "is deleted" in texts(app)
    app.button(key="undo").click().run()
    assert store.runs() == [before]
    assert "is deleted" not in texts(app)


def test_deleted_runs_are_removed_for_good(open_page: OpenPage, store: Store) -> None:
    kept, gone = started_run(store), started_run(store)
    store.finish(gone, "done")
    delete_run(store, gone)
    app = open_page("runs", compare=f"{gone},ffffffff")
    assert "was deleted" in texts(app)
    assert "there is no such run" in texts(app)
    app.button(key="remove_deleted").click().run()
    assert not app.exception
    assert "1 deleted run removed for good" in texts(app)
    assert (store.runs(deleted=True), [run.id for run in store.runs()]) == ([], [kept])
    app.button(key="leave_out").click().run()
    assert "compare" not in app.query_params


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
    app.button(key="older").click().run()
    assert (len(app.checkbox), app.query_params["page"]) == (5, "2")
    app.button(key="newer").click().run()
    assert len(app.checkbox) == 25
