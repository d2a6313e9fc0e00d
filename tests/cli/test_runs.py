"""``bnn-designer runs``: what can be done with runs, in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import bnn_designer
from bnn_designer.cli.main import main
from bnn_designer.cost.latency.calibration import machine_name
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


def test_a_waiting_run_is_paused_extended_and_cloned(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
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


def test_a_terminal_lists_everybodys_runs_or_one_persons(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    account = "a" * 32
    hers = store.for_account(account).create_run(small_design, quick_recipe, person="Ada")
    other = store.create_run(small_design, quick_recipe)
    listed = {run["run"]: (run["person"], run["account"]) for run in json.loads(call("list", "--json").output)}
    assert listed == {hers: ("Ada", account), other: (None, None)}
    assert [run["run"] for run in json.loads(call("list", "--person", " ada ", "--json").output)] == [hers]


def test_runs_are_deleted_restored_and_removed_for_good(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    first, second = (store.create_run(small_design, quick_recipe) for _ in range(2))
    store.run_folder(first).mkdir(parents=True)
    store.checkpoint_path(first).write_bytes(bytes(2048))
    deleted = call("delete", first, second).output
    assert f"run {first}: deleted; bnn-designer runs restore {first} brings it back" in deleted
    assert json.loads(call("list", "--json").output) == []
    assert (call("list").stdout, call("list").stderr) == ("", "There is no run yet.\n")
    assert call("list", "--tag", "wide").stderr == "No run is as asked for.\n"
    assert {run["run"] for run in json.loads(call("list", "--deleted", "--json").output)} == {first, second}
    for command in ("resume", "verify", "delete", "tag"):
        refused = call(command, first)
        assert (refused.exit_code, "can be restored for 30 days" in refused.output) == (2, True), refused.output
    assert call("restore", second).output == f"run {second}: cancelled\n"
    assert [run.id for run in store.runs()] == [second]

    assert call("delete", first, "--now").exit_code == 1  # asked, and nobody answers
    assert store.checkpoint_path(first).exists()
    assert call("delete", first, "--now", "--yes").output == f"run {first}: removed for good, 2.00 KiB freed\n"
    assert not store.run_folder(first).exists()
    assert "there is no such run" in call("restore", first).output


def test_tags_and_a_note_are_written_shown_and_found(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    other = store.create_run(small_design, quick_recipe.changed(data="mnist"))
    assert call("tag", run_id, "base line", "old", "old").output == f"run {run_id}: base line, old\n"
    assert call("tag", run_id, "new", "--remove", "old").output == f"run {run_id}: base line, new\n"
    assert call("note", run_id, "the one of\nFriday").output == "the one of\nFriday\n"
    assert call("note", run_id).output == "the one of\nFriday\n"
    assert call("note", other).output == f"run {other}: no note\n"

    shown = call("show", run_id).output
    assert "tags             base line, new\n" in shown
    assert "note             the one of\n                 Friday\n" in shown
    assert "machine          not started yet\n" in shown
    assert json.loads(call("show", run_id, "--json").output)["about"]["seed"] == "0"

    def found(*arguments: str) -> list[str]:
        return [run["run"] for run in json.loads(call("list", *arguments, "--json").output)]

    assert found("friday", "SMALL") == found("--tag", "new", "--tag", "base line") == [run_id]
    assert found("--tag", "new", "--tag", "old") == found("--status", "done") == []
    assert found("--data", "MNIST") == [other]
    assert "[base line, new]" in call("list").output

    refused = call("tag", run_id, "x" * 41)
    assert refused.exit_code == 2
    assert "it has 41 characters. Use at most 40" in refused.output
    assert store.run(run_id).tags == ("base line", "new")
    assert call("note", run_id, "").output == f"run {run_id}: no note\n"


def test_a_finished_run_says_what_its_result_is_of(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run = run_in_foreground(store, small_design, quick_recipe.changed(seed=3))
    facts = json.loads(call("show", run.id, "--json").output)["about"]
    assert (facts["machine"], facts["version"]) == (machine_name(), bnn_designer.__version__)
    assert (facts["seed"], facts["engine"], facts["threads"]) == (
        "3",
        "float (engine='float' was asked for)",
        str(run.threads),
    )
    assert facts["gradients"] == "float"


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


def test_the_queue_is_printed_in_the_order_of_its_turns(store: Store, small_design: Design) -> None:
    assert call("queue").output == "No run trains, and none waits.\n"
    recipe = Recipe(subset=100)
    held = store.create_run(small_design, recipe, owner=Owner.of_process(), person="Ada")
    ada = [store.create_run(small_design, recipe, person="Ada") for _ in range(2)]
    ben = store.create_run(small_design, recipe, person="Ben [of class 7]")
    found = json.loads(call("queue", "--json").output)
    assert [(one["run"], one["person"], one["status"], one["left_s"]) for one in found["held"]] == [
        (held, "Ada", "preparing", None)
    ]
    assert [(one["run"], one["place"], one["wait_s"]) for one in found["waiting"]] == [
        (ben, 1, None),
        (ada[0], 2, None),
        (ada[1], 3, None),
    ]
    lines = call("queue").output.splitlines()
    assert lines[0].split() == ["place", "run", "whose", "starts", "in", "ends", "in", "name"]
    assert lines[1].split() == ["preparing", held, "Ada", "—", "small"]
    assert lines[2].split() == ["1", ben, "Ben", "[of", "class", "7]", "—", "small"]
    assert len(lines) == 1 + 4
