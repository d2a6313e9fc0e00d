"""The trained what-if on the Compare page: nothing ticked, ready, refused, training, done, failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.measuring.pace import Estimate
from bnn_designer.measuring.training_time import NoEstimate, training_time
from bnn_designer.runs import limits, queue
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import sweeps
from bnn_designer.sweeps.plan import plan
from bnn_designer.sweeps.queueing import start
from bnn_designer.sweeps.what_if import sweep_of_variants
from bnn_designer.training import memory
from bnn_designer.training.known_recipes import known_recipe
from bnn_designer.training.memory import needed_bytes
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.compare.sweep_time import time_text_of
from bnn_designer.units import duration_text
from tests.ui.compare.test_compare_page import table
from tests.ui.conftest import OpenPage, field, texts
from tests.ui.train.test_classroom import trained

RECIPE = Recipe(epochs=1, subset=100, validation_subset=100, engine="float", seed=5)


@pytest.fixture(autouse=True)
def nothing_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue stands still."""
    monkeypatch.setattr(queue, "tend", lambda store, executor: [])


@pytest.fixture
def images(store: Store, synthetic_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up images where CIFAR-10 is looked for."""
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))


@pytest.fixture
def draft(drafts: Drafts, small_design: Design) -> str:
    """A small design with a recipe of its own."""
    draft_id = drafts.create(small_design).id
    drafts.set_recipe(draft_id, RECIPE.to_json())
    return draft_id


def begun(store: Store, design: Design, seeds: int = 2) -> str:
    """The id of a sweep of the design and two variants, all runs waiting."""
    found = sweep_of_variants(design, ("shortcuts-none", "all-float"), RECIPE, seeds)
    return start(store, plan(found)).id


def in_order(store: Store) -> list[RunRecord]:
    """The runs as they were queued: all variants with the first seed first."""
    return store.runs()[::-1]


def set_run(store: Store, run: RunRecord, **values: Any) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(values))


def ended(store: Store, accuracies: dict[str, tuple[float, ...]]) -> None:
    """Ends all runs, those of each design with these accuracies by seed."""
    for name, values in accuracies.items():
        own = sorted((run for run in store.runs() if run.name == name), key=lambda run: run.recipe.seed)
        for run, value in zip(own, values, strict=True):
            set_run(store, run, status="done", best_val_accuracy=value)


def said(app: AppTest) -> str:
    """What the page says, as a browser shows it."""
    return texts(app).replace("\\", "")


def rows(app: AppTest) -> dict[str, list[str]]:
    return {row["title"]: [cell["text"] for cell in row["cells"]] for row in table(app, "sweep_table")["rows"]}


def buttons(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


@pytest.mark.usefixtures("images")
def test_nothing_ticked_offers_nothing_to_train(open_page: OpenPage, draft: str) -> None:
    app = open_page("compare", draft=draft)
    assert "sweep_start" not in buttons(app)
    assert "or to train them" in said(app)


@pytest.mark.usefixtures("images")
def test_what_it_takes_is_said_and_a_press_queues_it(open_page: OpenPage, store: Store, draft: str) -> None:
    app = open_page("compare", draft=draft, variants="shortcuts-none,all-float")
    # the design as it is and two variants, three seeds as by default
    assert 3 * 3 == 9
    assert "9 runs: 3 variants, 3 seeds each. 9 would be queued." in said(app)
    field(app.number_input, "sweep_seeds").set_value(2).run()
    assert "6 runs: 3 variants, 2 seeds each. 6 would be queued." in said(app)
    assert store.runs() == []
    app.button(key="sweep_start").click().run()
    assert not app.exception
    assert len(store.runs()) == 6
    assert {run.recipe.seed for run in store.runs()} == {5, 6}
    (record,) = sweeps(store, "sweep")
    assert app.query_params["trained"] == record.id
    assert {run.sweep for run in store.runs()} == {record.id}
    assert "6 runs queued" in app.success[0].value
    # pressing again finds them
    app.button(key="sweep_start").click().run()
    assert len(store.runs()) == 6


@pytest.mark.usefixtures("images")
def test_how_long_the_missing_runs_take_is_said_as_far_as_it_is_known(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    address = {"draft": draft, "variants": "shortcuts-none", "sweep_seeds": "2"}
    assert "How long that takes is not known. Nothing was trained in this manner" in said(
        open_page("compare", **address)
    )
    # the design as it is with the first seed: 100 images at 50 a second, and a validation
    set_run(store, store.run(trained(store, small_design, RECIPE)), status="done")
    app = open_page("compare", **address)
    # one run is there; the other seed of it, and two of the variant, are not
    assert "1 done already, 3 would be queued" in said(app)
    one = training_time(store, small_design, RECIPE)
    other = training_time(store, changed_design(store, small_design), RECIPE)
    assert isinstance(one, Estimate)
    assert isinstance(other, Estimate)
    total = duration_text(one.total_s + 2 * other.total_s)
    assert f"3 new runs would take about {total}, one after another, 2 of them told from other networks." in said(app)


def changed_design(store: Store, design: Design) -> Design:
    """The variant without shortcuts."""
    found = plan(sweep_of_variants(design, ("shortcuts-none",), RECIPE, 1)).variants[1].design
    assert found is not None
    return found


def test_the_sum_of_times_says_what_is_not_known() -> None:
    ten = Estimate("same", 1, 1, 0.1, 0.05, 0.2, None, 10.0, 0.0, 0.0)  # within half and twice of it
    none = NoEstimate("Nobody knows.")
    assert time_text_of([]) == ""
    assert time_text_of([ten, ten]) == "2 new runs would take about 0:20 (0:10 to 0:40), one after another."
    like = replace(ten, basis="like")
    assert time_text_of([ten, like]).endswith("one after another, 1 of them told from other networks.")
    assert time_text_of([like]) == (
        "1 new run would take about 0:10 (0:05 to 0:20), one after another, told from other networks."
    )
    assert time_text_of([none]) == (
        "How long that takes is not known. Nobody knows. A short run on the Train page tells."
    )
    assert time_text_of([ten, none, none]) == (
        "1 new run would take about 0:10 (0:05 to 0:20), one after another. How long the other 2 take is not known. "
        "Nobody knows."
    )


@pytest.mark.usefixtures("images")
def test_a_recipe_by_name_keeps_the_draft_s_data_seed_and_engine(open_page: OpenPage, store: Store, draft: str) -> None:
    app = open_page("compare", draft=draft, variants="shortcuts-none", sweep_seeds="1", sweep_recipe="quick-trial")
    assert "3 epochs of 10,000 images" in said(app)
    app.button(key="sweep_start").click().run()
    assert {run.recipe for run in store.runs()} == {known_recipe("quick-trial").recipe(RECIPE)}
    assert {run.recipe.seed for run in store.runs()} == {5}


@pytest.mark.usefixtures("images")
def test_the_memory_of_the_teacher_counts_too(
    open_page: OpenPage,
    store: Store,
    drafts: Drafts,
    draft: str,
    small_design: Design,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teacher = store.create_run(preset("binarynet"), RECIPE)  # 14 M weights, 53 MiB, beside a few hundred
    taught = RECIPE.changed(teacher=teacher)
    free_bytes = needed_bytes(full_precision_twin(small_design), RECIPE) + 2**20
    assert needed_bytes(small_design, taught, teacher=preset("binarynet")) > free_bytes
    monkeypatch.setattr(memory, "available_bytes", lambda: free_bytes)
    assert not open_page("compare", draft=draft, variants="all-float").button(key="sweep_start").disabled
    drafts.set_recipe(draft, taught.to_json())
    app = open_page("compare", draft=draft, variants="all-float")
    assert app.button(key="sweep_start").disabled
    assert "are free" in app.error[0].value


def test_without_images_it_says_where_to_get_them(open_page: OpenPage, draft: str) -> None:
    app = open_page("compare", draft=draft, variants="shortcuts-none")
    assert app.button(key="sweep_start").disabled
    assert "BNN_DATA_DIR" in said(app)
    assert "Open the Train page" in [one.proto.label for one in app.get("page_link")]


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (limits.QUEUED_VARIABLE, "5", "let in 5 of these 6 runs, so that none is queued"),
        (limits.EPOCHS_VARIABLE, "2", "at most 2 epochs"),
        (limits.PERSON_VARIABLE, "9", "Give a name"),
    ],
)
def test_a_refusal_is_a_sentence_and_nothing_is_queued(
    open_page: OpenPage,
    store: Store,
    draft: str,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    sentence: str,
) -> None:
    recipe = "quick-trial" if variable == limits.EPOCHS_VARIABLE else "draft"
    address = {"draft": draft, "variants": "shortcuts-none,all-float", "sweep_seeds": "2", "sweep_recipe": recipe}
    monkeypatch.setenv(variable, value)
    app = open_page("compare", **address)
    assert sentence in said(app)
    assert app.button(key="sweep_start").disabled
    assert "This server" in said(app)
    # the limit came after the page was drawn
    monkeypatch.delenv(variable)
    app = open_page("compare", **address)
    monkeypatch.setenv(variable, value)
    app.button(key="sweep_start").click().run()
    assert not app.exception
    assert store.runs() == []
    assert sweeps(store, "sweep") == []
    assert "trained" not in app.query_params


@pytest.mark.usefixtures("images")
def test_with_a_name_a_person_s_runs_come_in(
    open_page: OpenPage, store: Store, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.PERSON_VARIABLE, "2")
    app = open_page("compare", draft=draft, variants="shortcuts-none", sweep_seeds="1")
    next(field for field in app.text_input if field.label == "Your name").set_value("Ada").run()
    app.button(key="sweep_start").click().run()
    assert {run.person for run in store.runs()} == {"Ada"}
    app.number_input[0].set_value(2).run()
    assert "Ada has 2" in app.error[0].value


def test_while_it_trains_each_run_and_its_way_out_are_there(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    key = begun(store, small_design, seeds=1)
    first, second, third = in_order(store)
    set_run(store, first, status="done", best_val_accuracy=0.5)
    set_run(store, second, status="failed", failure="diverged", error="Epoch 1: the loss became nan.")
    app = open_page("compare", draft=draft, trained=key)
    assert "1 of 3 runs done, 1 waiting, 1 failed" in [one.proto.text for one in app.get("progress")]
    assert "the loss became nan" in said(app)
    assert f"retry_{second.id}" in buttons(app)
    assert rows(app)["As it is"][:3] == ["1 of 1", "50.0 % (n = 1)", ""]
    assert rows(app)["Shortcuts: none"][1] == "not yet"
    app.button(key="sweep_cancel").click().run()
    assert store.run(third.id).status == "cancelled"
    assert store.run(first.id).status == "done"
    # over, and not complete: it can go on; what failed is left alone
    app.button(key="sweep_go_on").click().run()
    assert store.run(third.id).status == "queued"
    assert store.run(second.id).status == "failed"


def test_a_run_that_others_have_queued_is_taken_and_not_cancelled(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    theirs = store.create_run(small_design, RECIPE)
    key = begun(store, small_design, seeds=1)
    assert len(store.runs()) == 3
    app = open_page("compare", draft=draft, trained=key)
    app.button(key="sweep_cancel").click().run()
    assert sorted(run.status for run in store.runs()) == ["cancelled", "cancelled", "queued"]
    assert store.run(theirs).status == "queued"
    assert app.button(key="sweep_cancel").disabled


def test_an_open_sweep_outlives_a_draft_that_is_unfinished(
    open_page: OpenPage, store: Store, drafts: Drafts, draft: str, small_design: Design
) -> None:
    key = begun(store, small_design, seeds=1)
    drafts.change(draft, lambda design: design.model_copy(update={"blocks": design.blocks[:1]}))
    app = open_page("compare", draft=draft, trained=key)
    assert "Not computable" in app.error[0].value
    assert "As it is" in rows(app)


def test_when_all_is_done_the_table_says_which_differ(
    open_page: OpenPage, store: Store, draft: str, small_design: Design
) -> None:
    key = begun(store, small_design)
    names = list(dict.fromkeys(run.name for run in in_order(store)))
    ended(store, dict(zip(names, ((0.50, 0.51), (0.80, 0.81), (0.50, 0.52)), strict=True)))
    app = open_page("compare", draft=draft, trained=key)
    found = rows(app)
    assert list(found) == ["As it is", "Shortcuts: none", "Whole network: full precision"]
    # sample deviations of two values: half their distance times the root of two
    assert found["As it is"][1] == "50.5 % ± 0.7 (n = 2)"
    assert found["Shortcuts: none"][1:4:2] == ["80.5 % ± 0.7 (n = 2)", "better by more than noise"]
    assert found["Shortcuts: none"][2].startswith("+30.0 ± ")
    assert found["Whole network: full precision"][3] == "no more than noise"
    assert all(cell for cell in found["Shortcuts: none"][4:])
    assert not {"sweep_cancel", "sweep_go_on"} & buttons(app)
    assert not app.get("progress")
    links = [one.proto for one in app.get("page_link") if one.proto.label == "Overlay their curves"]
    assert all(run.id in links[0].query_string for run in store.runs())


def test_one_seed_cannot_tell_and_says_so(open_page: OpenPage, store: Store, draft: str, small_design: Design) -> None:
    key = begun(store, small_design, seeds=1)
    for run in store.runs():
        set_run(store, run, status="done", best_val_accuracy=0.5)
    app = open_page("compare", draft=draft, trained=key)
    assert rows(app)["Shortcuts: none"][3] == "cannot be told"
    assert "train more seeds" in said(app)


def test_sweeps_of_a_design_are_listed_and_opened(
    open_page: OpenPage, store: Store, drafts: Drafts, draft: str, small_design: Design
) -> None:
    key = begun(store, small_design, seeds=1)
    set_run(store, in_order(store)[0], status="done", best_val_accuracy=0.5)
    app = open_page("compare", draft=draft)
    assert "1 of 3 runs done" in said(app)
    app.button(key=f"sweep_open_{key}").click().run()
    assert app.query_params["trained"] == key
    assert "As it is" in rows(app)
    app.button(key="sweep_close").click().run()
    assert "trained" not in app.query_params
    drafts.change(draft, lambda design: design.model_copy(update={"classes": 7}))
    assert "the design was another one then" in said(open_page("compare", draft=draft))


@pytest.mark.parametrize("key", ["12345678", "<b>"])
def test_a_sweep_that_is_not_there_is_said(open_page: OpenPage, draft: str, key: str) -> None:
    app = open_page("compare", draft=draft, trained=key)
    assert "there is no such sweep" in app.warning[0].value
    app.button(key="sweep_close").click().run()
    assert not app.warning


def test_a_sweep_is_shown_without_its_draft(open_page: OpenPage, store: Store, small_design: Design) -> None:
    app = open_page("compare", trained=begun(store, small_design, seeds=1))
    assert "As it is" in rows(app)
