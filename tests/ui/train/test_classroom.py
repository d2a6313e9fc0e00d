"""The Train page where many share a server: names, limits, the others' runs; and how long a run will take."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.executor import LocalExecutor
from bnn_designer.runs.store import Store
from bnn_designer.training.events import FirstStep, Started, StepWindow
from bnn_designer.training.recipe import Recipe
from tests.training.data.made import write_npz
from tests.ui.conftest import OpenPage, field, texts


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A short run on images of one's own, that a worker is never started for."""
    images = write_npz(tmp_path / "data" / "leaves.npz", shape=(32, 32, 3))
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BNN_THREADS", "2")
    monkeypatch.setattr(LocalExecutor, "start", lambda *of: True)
    return Recipe(data=str(images), epochs=4, subset=100, validation_subset=20, engine="float", batch_size=10)


@pytest.fixture
def design(small_design: Design) -> Design:
    return small_design.model_copy(update={"classes": 3})


@pytest.fixture
def draft_id(drafts: Drafts, design: Design, recipe: Recipe) -> str:
    draft = drafts.create(design)
    drafts.set_recipe(draft.id, recipe.to_json())
    return draft.id


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def button_keys(app: AppTest) -> set[str | None]:
    return {button.key for button in app.button}


def trained(store: Store, design: Design, recipe: Recipe, images_per_second: float = 50.0) -> str:
    """A run that has done all steps of its first epoch and was ended."""
    run_id = store.create_run(design, recipe, owner=Owner.of_process())
    steps = 100 // recipe.batch_size
    started = Started(
        engine="float",
        engine_reason=None,
        train_images=100,
        validation_images=20,
        steps_per_epoch=steps,
        epochs=recipe.epochs,
        threads=2,
    )
    window = StepWindow(
        epoch=1, step=steps, steps_per_epoch=steps, loss=1, accuracy=0.5, images_per_second=images_per_second
    )
    for event in (started, FirstStep(epoch=1, step=1, seconds=0.1), window):
        store.add_event(run_id, event)
    store.finish(run_id, "cancelled")
    return run_id


# ---- names and limits


def test_a_name_is_asked_once_and_the_run_is_its(open_page: OpenPage, store: Store, draft_id: str) -> None:
    app = open_page("train", draft=draft_id)
    assert "This server allows" not in said(app)
    name = field(app.text_input, "train.person")
    assert (name.value, name.placeholder) == ("", "optional")
    name.set_value("  Ada   Lovelace ").run()
    assert not app.exception
    app.switch_page("pages/runs.py").run()
    app.switch_page("pages/train.py").run()
    assert field(app.text_input, "train.person").value == "Ada Lovelace"
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = store.runs()
    assert run.person == "Ada Lovelace"


def test_a_name_that_cannot_be_printed_is_refused(open_page: OpenPage, draft_id: str) -> None:
    app = open_page("train", draft=draft_id)
    field(app.text_input, "train.person").set_value("a\u202eb").run()
    assert "all of which can be printed" in said(app)
    assert field(app.text_input, "train.person").value == ""


def test_where_runs_are_limited_by_person_a_name_is_needed(
    open_page: OpenPage, store: Store, draft_id: str, design: Design, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_MAX_RUNS_PER_PERSON", "1")
    app = open_page("train", draft=draft_id)
    assert "This server allows: 1 run a person." in said(app)
    assert "this run is nobody's. Give a name" in said(app)
    assert field(app.text_input, "train.person").placeholder == "needed on this server"
    assert app.button(key="start").disabled
    assert app.button(key="measure_time").disabled
    field(app.text_input, "train.person").set_value("Ada").run()
    assert "1 run a person (you have 0)" in said(app)
    assert not app.button(key="start").disabled
    app.button(key="start").click().run()
    # the limit is reached, and that is said before the next press
    assert "1 run a person (you have 1)" in said(app)
    assert "and Ada has 1. Wait until one has ended, or cancel one." in said(app)
    assert app.button(key="start").disabled


def test_what_else_the_server_allows(
    open_page: OpenPage, store: Store, draft_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_MAX_EPOCHS", "3")
    monkeypatch.setenv("BNN_MAX_QUEUED_RUNS", "2")
    app = open_page("train", draft=draft_id)
    assert "This server allows: at most 3 epochs a run; 2 runs in the queue (0 now)." in said(app)
    assert "this one has 4 (set by BNN_MAX_EPOCHS where the server was started). Lower its epochs to 3" in said(app)
    assert app.button(key="start").disabled
    field(app.number_input, "recipe.epochs").set_value(3).run()
    assert not app.button(key="start").disabled


def test_a_limit_that_cannot_be_read_is_said_and_the_page_stays(
    open_page: OpenPage, draft_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_MAX_EPOCHS", "many")
    app = open_page("train", draft=draft_id)
    assert "BNN_MAX_EPOCHS: 'many' is not a whole number" in said(app)
    assert app.button(key="start").disabled
    assert field(app.number_input, "recipe.epochs").value == 4


# ---- how long it will take


def test_what_runs_of_the_network_took_is_told(
    open_page: OpenPage, store: Store, draft_id: str, design: Design, recipe: Recipe
) -> None:
    trained(store, design, recipe)
    app = open_page("train", draft=draft_id)
    # 4 epochs of 100 images at 50 a second
    assert "training steps 0:08" in said(app)
    assert "As measured here in 1 run of this network." in said(app)
    assert "measure_time" not in button_keys(app)


def test_where_nothing_was_measured_a_short_run_tells(
    open_page: OpenPage, store: Store, draft_id: str, design: Design, recipe: Recipe
) -> None:
    app = open_page("train", draft=draft_id)
    # how many images the set has nobody has read yet; all of them is less than the subset
    assert "How long it will take is not known." in said(app)
    field(app.text_input, "train.person").set_value("Ada").run()
    app.button(key="measure_time").click().run()
    assert not app.exception
    (run,) = store.runs()
    assert (run.person, run.name, run.recipe.epochs) == ("Ada", "small (to measure the time)", 1)
    assert app.query_params["run"] == run.id
    assert f"It is being measured by run {run.id}" in said(app)
    assert "measure_time" not in button_keys(app)


def test_of_other_networks_it_is_roughly_known_and_can_be_measured(
    open_page: OpenPage, store: Store, draft_id: str, design: Design, recipe: Recipe
) -> None:
    trained(store, design.model_copy(update={"blocks": (*design.blocks[:1], *design.blocks[2:])}), recipe)
    app = open_page("train", draft=draft_id)
    assert "This network was not trained here in this manner yet; from 1 run of 1 other network" in said(app)
    assert not app.button(key="measure_time").disabled


# ---- others


def test_the_others_runs_are_a_press_away(
    open_page: OpenPage, store: Store, draft_id: str, design: Design, recipe: Recipe
) -> None:
    assert "Other runs now" not in said(open_page("train", draft=draft_id))
    held = store.create_run(design, recipe, owner=Owner.of_process(), person="Ben *")
    people = ("Ada", "Cy", "Di", "Ed", "Fay", "Gil")
    ada, *rest = [store.create_run(design, recipe, person=person) for person in people]
    app = open_page("train", draft=draft_id, run=ada)
    assert "Other runs now" in said(app)
    labels = {button.key: button.label.replace("\\", "") for button in app.button}
    assert labels[f"other_{held}"] == "small :gray[Ben *, preparing]"
    assert labels[f"other_{rest[0]}"] == "small :gray[Cy, at position 2]"
    # Ben's and four that wait; hers is shown already
    assert {key for key in labels if key and key.startswith("other_")} == {f"other_{one}" for one in (held, *rest[:4])}
    assert [link.proto.label for link in app.get("page_link") if "more" in link.proto.label] == ["and 1 more"]
    app.button(key=f"other_{held}").click().run()
    assert not app.exception
    assert app.query_params["run"] == held
    assert f"run {held}" in said(app)
    assert f"other_{ada}" in button_keys(app)
