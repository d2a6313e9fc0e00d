from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.blocks import Conv, Head
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.presets import preset
from bnn_designer.design.without import without_batch_norm
from bnn_designer.processes import Owner
from bnn_designer.runs import queue
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.training.events import (
    EpochEnd,
    FirstStep,
    LatentWeights,
    LayerMeasures,
    LayerRun,
    Notice,
    Started,
    StepWindow,
)
from bnn_designer.training.known_recipes import known_recipe
from bnn_designer.training.recipe import Recipe
from tests.training.data.made import write_npz
from tests.ui.conftest import OpenPage, field, texts


def started_run(store: Store, epochs: int = 1, steps: int = 2, seed: int = 0) -> str:
    """A run that this process owns, with one window and one epoch of events."""
    run_id = store.create_run(preset("binarynet"), Recipe(epochs=epochs, seed=seed), owner=Owner.of_process())
    store.add_event(
        run_id,
        Started(
            engine="float",
            engine_reason="No C++ compiler",
            layers=(LayerRun(name="binary_conv_1", engine="float", gradients="multiplied", reason="No C++ compiler"),),
            train_images=100,
            validation_images=50,
            steps_per_epoch=steps,
            epochs=epochs,
        ),
    )
    window = StepWindow(epoch=1, step=steps, steps_per_epoch=steps, loss=2.0, accuracy=0.2, images_per_second=1234.0)
    store.add_event(run_id, FirstStep(epoch=1, step=1, seconds=2.0))
    store.add_event(run_id, window)
    store.add_event(run_id, EpochEnd(epoch=1, loss=2.0, accuracy=0.2, val_loss=2.1, val_accuracy=0.25, seconds=1.0))
    return run_id


def test_without_a_draft_one_is_chosen(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("train")
    assert "No run selected" in texts(app)
    field(app.selectbox, "train.design").set_value("preset:bi-real-cifar").run()
    assert not app.exception
    assert drafts.get(app.query_params["draft"]).design == preset("bi-real-cifar")
    assert field(app.selectbox, "train.design").value == app.query_params["draft"]


def test_without_data_it_says_what_to_do_and_does_not_start(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page("train", draft=draft.id)
    assert "BNN_DATA_DIR" in texts(app)
    assert app.button(key="start").disabled
    app.checkbox(key="download.cifar10").check().run()
    assert not app.button(key="start").disabled


def test_data_that_is_damaged_is_named(
    open_page: OpenPage, drafts: Drafts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    (folder / "data_batch_1.bin").write_bytes(b"short")
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path))
    app = open_page("train", draft=drafts.create(preset("binarynet")).id)
    assert any("5 bytes" in error.value for error in app.error)
    assert app.button(key="start").disabled


@pytest.mark.parametrize(
    ("design", "reason"),
    [
        (Design(blocks=(Conv(filters=4),)), "does not end in a head"),
        (Design(input_shape=(28, 28, 1), blocks=(Conv(filters=4), Head())), "needs a vector"),
        (preset("binarynet").model_copy(update={"input_shape": (64, 64, 3)}), "CIFAR-10 images are"),
        (preset("bi-real-cifar").model_copy(update={"classes": 7}), "7 classes"),
    ],
)
def test_a_design_that_cannot_be_trained_says_why(
    open_page: OpenPage, drafts: Drafts, design: Design, reason: str
) -> None:
    app = open_page("train", draft=drafts.create(design).id)
    assert any(reason in error.value.replace("\\", "") for error in app.error)
    assert app.button(key="start").disabled


def test_the_data_set_is_chosen_and_a_design_made_to_fit_it(
    open_page: OpenPage, drafts: Drafts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_npz(tmp_path / "data" / "leaves.npz", shape=(32, 32, 1))
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "data"))
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page("train", draft=draft.id)
    data = field(app.selectbox, "recipe.data")
    assert data.options == ["CIFAR-10", "MNIST", "Fashion-MNIST", f"leaves.npz · {tmp_path / 'data'}"]
    data.set_value(str(own)).run()
    assert not app.exception
    stored = drafts.get(draft.id).recipe_json
    assert stored is not None
    assert Recipe.from_json(stored).data == str(own)
    assert "leaves is in" in texts(app)
    assert any("leaves images are 32 x 32 x 1" in error.value.replace("\\", "") for error in app.error)
    assert app.button(key="start").disabled
    assert app.button(key="fit").label == "Set it to 32 x 32 x 1, 3 classes"
    app.button(key="fit").click().run()
    assert not app.exception
    assert not app.error
    changed = drafts.get(draft.id).design
    assert (changed.input_shape, changed.classes) == ((32, 32, 1), 3)
    assert not app.button(key="start").disabled


def test_a_published_set_that_is_not_there_can_be_downloaded(open_page: OpenPage, drafts: Drafts) -> None:
    design = apply_edit(preset("bi-real-cifar"), UpdateDesign(changes={"input_shape": (28, 28, 1)}))
    draft = drafts.create(design)
    drafts.set_recipe(draft.id, Recipe(data="mnist").to_json())
    app = open_page("train", draft=draft.id)
    assert "that holds `mnist`" in texts(app)
    assert app.button(key="start").disabled
    assert app.checkbox(key="download.mnist").label == "Download MNIST (12 MB) when the run starts"
    app.checkbox(key="download.mnist").check().run()
    assert not app.button(key="start").disabled


def test_a_set_of_ones_own_that_is_gone_is_said(open_page: OpenPage, drafts: Drafts, tmp_path: Path) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    drafts.set_recipe(draft.id, Recipe(data=str(tmp_path / "gone")).to_json())
    app = open_page("train", draft=draft.id)
    assert any("there is no such file or folder" in error.value for error in app.error)
    assert app.button(key="start").disabled


def test_the_recipe_is_kept_with_the_draft(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page("train", draft=draft.id)
    field(app.number_input, "recipe.epochs").set_value(3).run()
    field(app.number_input, "recipe.subset").set_value(200).run()
    field(app.selectbox, "recipe.engine").set_value(2).run()
    field(app.selectbox, "recipe.gradients").set_value(2).run()
    assert not app.exception
    app = open_page("train", draft=draft.id)
    assert (field(app.number_input, "recipe.epochs").value, field(app.number_input, "recipe.subset").value) == (3, 200)
    stored = drafts.get(draft.id).recipe_json
    assert stored is not None
    assert Recipe.from_json(stored) == Recipe(epochs=3, subset=200, engine="float", gradients="int16")


def test_a_recipe_is_chosen_by_name(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page("train", draft=draft.id)

    def choose(title: str) -> None:
        options = field(app.selectbox, "train.recipe").options
        field(app.selectbox, "train.recipe").set_value(options.index(title)).run()
        assert not app.exception

    def chosen() -> str:
        box = field(app.selectbox, "train.recipe")
        return str(box.options[box.value])

    assert chosen() == "10 epochs of all images"
    field(app.number_input, "recipe.seed").set_value(5).run()
    assert chosen() == "10 epochs of all images"
    choose("Bop as in its paper, 500 epochs")
    assert "1906.02107" in texts(app).replace("\\", "")
    assert "Nothing was measured with it here" in texts(app).replace("\\", "")
    stored = drafts.get(draft.id).recipe_json
    assert stored is not None
    assert Recipe.from_json(stored) == known_recipe("bop-paper").recipe(Recipe(seed=5))
    field(app.number_input, "recipe.epochs").set_value(400).run()
    assert chosen() == "values of your own"


def test_a_recipe_that_leaves_something_out_trains_a_changed_design(
    open_page: OpenPage, drafts: Drafts, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "dispatch", lambda store: [])
    draft = drafts.create(preset("binarynet"))
    app = open_page("train", draft=draft.id)
    options = field(app.selectbox, "train.recipe").options
    field(app.selectbox, "train.recipe").set_value(options.index("No batch norm · to see what goes wrong")).run()
    assert "binarynet (no batch norm)" in texts(app).replace("\\", "")
    app.checkbox(key="download.cifar10").check().run()
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = store.runs()
    assert run.design == without_batch_norm(preset("binarynet"))
    assert run.recipe == known_recipe("no-batch-norm").recipe(Recipe())
    assert drafts.get(draft.id).design == preset("binarynet")


def test_milestones_are_numbers_in_one_line(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page("train", draft=draft.id)
    field(app.text_input, "recipe.milestones").set_value("0.2, 0.4,0.6").run()
    assert field(app.text_input, "recipe.milestones").value == "0.2, 0.4, 0.6"
    field(app.text_input, "recipe.milestones").set_value("0.4, 0.2").run()
    assert any("each larger than the one before" in error.value for error in app.error)
    field(app.text_input, "recipe.milestones").set_value("half").run()
    assert any("valid number" in error.value for error in app.error)
    stored = drafts.get(draft.id).recipe_json
    assert stored is not None
    assert Recipe.from_json(stored).milestones == (0.2, 0.4, 0.6)


def test_a_wrong_recipe_value_is_refused(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page("train", draft=draft.id)
    field(app.number_input, "recipe.learning_rate").set_value(0.0).run()
    assert not app.exception
    assert any("learning_rate" in error.value.replace("\\", "") for error in app.error)
    assert field(app.number_input, "recipe.learning_rate").value == Recipe().learning_rate


def test_a_recipe_that_cannot_be_read_gives_the_default_one(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    drafts.set_recipe(draft.id, '{"epoch": 3}')
    app = open_page("train", draft=draft.id)
    assert field(app.number_input, "recipe.epochs").value == Recipe().epochs


def test_a_running_run_is_shown_with_its_progress(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store, epochs=4)
    app = open_page("train", run=run_id)
    text = texts(app)
    # what the result is of, as the Runs page says it
    said = text.replace("\\", "")
    assert "engine **float (No C++ compiler)** · gradients **float** · seed **0** · machine " in said
    assert " · date **20" in said
    assert [expander.label for expander in app.expander] == ["What the layers run on: float in 1"]
    (layers,) = app.expander[0].dataframe
    assert layers.value.values.tolist() == [["binary_conv_1", "float", "multiplied in float", "No C++ compiler"]]
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Best validation"] == "25.0 %"
    assert values["Epochs done"] == "1 of 4"
    assert values["Images per second"] == "1,234"
    app.button(key=f"cancel_{run_id}").click().run()
    assert store.run(run_id).cancel_requested
    assert "cancelling" in texts(app)
    assert app.button(key=f"cancel_{run_id}").disabled


def test_what_was_measured_is_folded_below_the_curves(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store, epochs=2)
    assert "Measured by layer" not in " ".join(expander.label for expander in open_page("train", run=run_id).expander)
    layer = LayerMeasures(name="binary_conv_1", flip_ratio=0.125, positive_share=0.5)
    end = EpochEnd(epoch=2, loss=2, accuracy=0.2, val_loss=2, val_accuracy=0.2, seconds=9, layers=(layer,), steps_s=7)
    store.add_event(run_id, end)
    store.add_event(
        run_id,
        LatentWeights(
            val_loss=2,
            val_accuracy=0.2,
            latent_val_loss=3,
            latent_val_accuracy=0.15,
            own_norms_val_loss=2.5,
            own_norms_val_accuracy=0.175,
        ),
    )
    app = open_page("train", run=run_id)
    assert not app.exception
    (folded,) = (expander for expander in app.expander if expander.label == "Measured by layer, after epoch 2")
    assert folded.dataframe[0].value.values.tolist() == [["binary_conv_1", "12.5 %", "—", "50.0 %"]]
    assert "steps 0:07, validation —" in " ".join(caption.value for caption in folded.caption)
    assert "**17.5 %** with batch norms of their own, 15.0 % with those of the binary weights" in texts(app)


def test_a_queued_run_says_its_place(open_page: OpenPage, store: Store) -> None:
    started_run(store)
    first = store.create_run(preset("binarynet"), Recipe())
    second = store.create_run(preset("binarynet"), Recipe())
    text = texts(open_page("train", run=second))
    assert "at position 2" in text
    # what nobody can know yet is left out
    assert "What it is of: data **CIFAR\\-10** · seed **0**\n" in f"{text}\n"
    app = open_page("train", run=first)
    assert "at position 1" in texts(app)
    app.button(key=f"cancel_{first}").click().run()
    assert store.run(first).status == "cancelled"
    assert "no curve" in texts(app)


def test_what_the_worker_is_busy_with_is_shown(open_page: OpenPage, store: Store) -> None:
    run_id = store.create_run(preset("binarynet"), Recipe(), owner=Owner.of_process())
    store.add_event(run_id, Notice(text="Downloading CIFAR-10: 10 % of 170 MB."))
    app = open_page("train", run=run_id)
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric}["Images per second"] == "—"


def test_a_failed_run_says_why_and_shows_its_log(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    store.log_path(run_id).parent.mkdir(parents=True)
    store.log_path(run_id).write_text("line of the log\n")
    store.finish(run_id, "failed", "The loss is not a number. Lower the learning rate.", failure="diverged")
    app = open_page("train", run=run_id)
    # it would diverge again: the way out is said, and neither resuming nor extending is offered
    assert "start a new run with a lower learning rate" in texts(app)
    assert {f"resume_{run_id}", f"extend_{run_id}"}.isdisjoint(button.key for button in app.button)
    assert any("not a number" in error.value.replace("\\", "") for error in app.error)
    assert app.code[0].value == "line of the log"


def test_a_failed_run_without_a_log_says_so(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    store.finish(run_id, "failed", None)
    assert "left no log" in texts(open_page("train", run=run_id))


def test_an_unknown_run_is_said(open_page: OpenPage) -> None:
    app = open_page("train", run="nowhere")
    assert "there is no such run" in app.warning[0].value
    assert "run" not in app.query_params


def test_a_run_that_prepares_says_so(open_page: OpenPage, store: Store) -> None:
    run_id = store.create_run(preset("binarynet"), Recipe(), owner=Owner.of_process())
    app = open_page("train", run=run_id)
    assert "preparing" in texts(app)
    assert {f"pause_{run_id}", f"cancel_{run_id}"} <= {button.key for button in app.button}


def test_a_run_whose_process_is_gone_can_be_resumed_and_extended(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store, epochs=4)
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).values(boot_id="another start of the machine"))
    # another run has this machine, so that the resumed one waits
    started_run(store)
    app = open_page("train", run=run_id)
    assert "interrupted" in texts(app)
    assert "The machine was started anew" in texts(app).replace("\\", "")
    assert {button.key for button in app.button} >= {f"resume_{run_id}", f"retry_{run_id}", f"extend_{run_id}"}
    assert "goes on at" in texts(app).replace("\\", "")
    app.button(key=f"resume_{run_id}").click().run()
    assert not app.exception
    assert store.run(run_id).status == "queued"
    assert f"pause_{run_id}" in {button.key for button in app.button}
    app.button(key=f"pause_{run_id}").click().run()
    assert store.run(run_id).status == "paused"
    assert "Resume goes on from its last state" in texts(app).replace("\\", "")
    app.button(key=f"extend_{run_id}").click().run()
    run = store.run(run_id)
    assert (run.status, run.recipe.epochs) == ("queued", 14)
