"""``bnn-designer runs``: what can be done with runs, in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs.execute import run_in_foreground
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd, Event
from bnn_designer.training.recipe import Recipe
from tests.runs.processes import end_all


@pytest.fixture
def store(tmp_path: Path, synthetic_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that the commands under test use."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    store = Store()
    yield store
    end_all(store)
    store.close()


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["runs", *arguments])


def test_a_stored_accuracy_is_computed_again_to_the_last_digit(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run = run_in_foreground(store, small_design, quick_recipe)
    verified = call("verify", run.id)
    assert verified.exit_code == 0, verified.output
    assert verified.output.count("computed again: the same") == 2
    found = json.loads(call("verify", run.id, "--json").output)
    assert [(check["model"], check["holds"]) for check in found] == [("last", True), ("best", True)]
    assert max(check["stored"]["accuracy"] for check in found) == run.best_val_accuracy

    # the models of another seed are not what was stored
    other = run_in_foreground(store, small_design, quick_recipe.model_copy(update={"seed": 9}))
    store.checkpoint_path(run.id).write_bytes(store.checkpoint_path(other.id).read_bytes())
    verified = call("verify", run.id)
    assert verified.exit_code == 1
    assert "last model, epoch 2: stored loss" in verified.output
    assert "ANOTHER" in verified.output

    store.checkpoint_path(run.id).write_bytes(b"no model")
    verified = call("verify", run.id)
    assert verified.exit_code == 2
    assert "model.keras: the model cannot be read" in verified.output


def test_a_waiting_run_is_paused_extended_cloned_and_deleted(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    store.create_run(small_design, quick_recipe, owner=Owner.of_process())  # has the one place
    run_id = store.create_run(small_design, quick_recipe)
    assert f"run {run_id}: paused" in call("pause", run_id).output
    assert f"run {run_id}: queued" in call("resume", run_id).output
    assert "Wait for its end, or pause it first" in call("extend", run_id, "3").output
    assert f"run {run_id}: cancelled" in call("cancel", run_id).output
    extended = call("extend", run_id, "3").output
    assert f"run {run_id}: queued. The rate follows the curve of a run of 5 epochs" in extended
    assert store.run(run_id).recipe.epochs == 5

    cloned = call("clone", run_id, "--set", "seed=4", "--set", "schedule=constant").output
    (copy,) = (run for run in store.runs() if run.parent == run_id)
    assert cloned == f"run {copy.id}: queued, a copy of {run_id}\n"
    assert (copy.recipe.seed, copy.recipe.schedule, copy.recipe.epochs) == (4, "constant", 5)
    listed = json.loads(call("list", "--json").output)
    assert {run["run"]: run["status"] for run in listed}[copy.id] == "queued"
    assert copy.id in call("list").output

    assert call("delete", copy.id).exit_code == 1  # asked, and nobody answers
    assert call("delete", copy.id, "--yes").output == f"run {copy.id}: deleted\n"
    assert copy.id not in {run.id for run in store.runs()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resume", "beef"), "Run beef: there is no such run"),
        (("verify", "beef"), "Run beef: there is no such run"),
        (
            ("clone", "beef", "--set", "epoch=3"),
            "epoch=3: it is no setting of a recipe. Give NAME=VALUE",
        ),
        (("clone", "beef", "--set", "epochs"), "epochs: it is no setting of a recipe"),
    ],
)
def test_what_cannot_be_done_is_said(store: Store, arguments: tuple[str, ...], message: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_each_stage_is_verified_as_the_network_that_it_trained(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    def stop_after_the_first_stage(event: Event) -> None:
        if isinstance(event, EpochEnd):
            raise KeyboardInterrupt

    recipe = quick_recipe.changed(epochs=2, first_stage_epochs=1)
    stopped = run_in_foreground(store, small_design, recipe, on_event=stop_after_the_first_stage)
    assert (stopped.status, stopped.best_val_accuracy) == ("cancelled", None)
    whole = run_in_foreground(store, small_design, recipe)
    for run, models in ((stopped, ["last"]), (whole, ["last", "best"])):
        found = json.loads(call("verify", run.id, "--json").output)
        assert [(check["model"], check["holds"]) for check in found] == [(model, True) for model in models]


def test_a_run_without_a_finished_epoch_has_nothing_to_verify(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    result = call("verify", run_id)
    assert result.exit_code == 2
    assert "no epoch of it is finished" in result.output
