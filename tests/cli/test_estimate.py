"""``bnn-designer train --estimate``, and whose the runs of ``train`` and ``sweep`` are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs import queue
from bnn_designer.runs.executor import LocalExecutor
from bnn_designer.runs.store import Store
from bnn_designer.training.events import FirstStep, Started, StepWindow
from bnn_designer.training.recipe import Recipe

SIZES = ("--epochs", "3", "--subset", "2000", "--validation-subset", "1000", "--engine", "float")


@pytest.fixture
def store(tmp_path: Path, synthetic_data: Path, small_design: Design, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the commands under test, which start no process; beside it lies a small design."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.setenv("BNN_THREADS", "2")
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    monkeypatch.setattr(LocalExecutor, "start", lambda *of: True)
    monkeypatch.setattr(queue, "ensure_supervisor", lambda store: False)
    monkeypatch.chdir(tmp_path)
    Path("small.json").write_text(small_design.to_json(), encoding="utf-8")
    return Store()


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_what_was_not_measured_is_said_with_the_command_that_measures(store: Store) -> None:
    result = call("train", "small.json", *SIZES, "--estimate")
    assert result.exit_code == 0, result.output
    first, second = result.output.splitlines()
    assert first.startswith("How long it will take is not known. Nothing was trained in this manner (engine float,")
    # 30 steps of 50 images; what is as asked for is not repeated, but for "auto", which goes by the length
    assert "the same with --epochs 1 --subset 1500 --validation-subset 500" in second
    assert "--first-stage-epochs" not in second
    found = json.loads(call("train", "small.json", *SIZES, "--estimate", "--json").output)
    assert (found["name"], found["total_s"]) == ("small", None)
    assert "Nothing was trained in this manner" in found["reason"]
    assert store.runs() == []


def test_what_runs_took_tells_the_next_one(store: Store, small_design: Design) -> None:
    recipe = Recipe(epochs=1, subset=1000, engine="float")
    run_id = store.create_run(small_design, recipe, owner=Owner.of_process())
    started = Started(
        engine="float",
        engine_reason=None,
        train_images=1000,
        validation_images=0,
        steps_per_epoch=20,
        epochs=1,
        threads=2,
    )
    window = StepWindow(epoch=1, step=20, steps_per_epoch=20, loss=1, accuracy=0.5, images_per_second=100.0)
    for event in (started, FirstStep(epoch=1, step=1, seconds=1.0), window):
        store.add_event(run_id, event)
    store.finish(run_id, "done")
    result = call("train", "small.json", *SIZES, "--estimate")
    # 3 epochs of 2,000 images at 100 a second; 3 validations of 1,000, an image a third of a step's
    assert "training steps 1:00, validation 0:10" in result.output
    assert "As measured here in 1 run of this network." in result.output
    assert "To measure it" not in result.output
    found = json.loads(call("train", "small.json", *SIZES, "--estimate", "--json").output)
    assert (found["basis"], found["training_s"], found["validation_s"]) == ("same", 60.0, pytest.approx(10.0))
    # nothing was measured or saved after an epoch; how long the start took is this test's own time
    assert (found["rest_s"], found["total_s"]) == (0, pytest.approx(70 + found["preparing_s"]))
    assert len(store.runs()) == 1


def test_with_a_teacher_that_is_trained_first_both_are_named(store: Store) -> None:
    lines = call("train", "small.json", *SIZES, "--teacher", "twin", "--estimate").output.splitlines()
    assert len(lines) == 2
    assert "Nothing was trained in this manner" in lines[0]
    assert lines[1].startswith("small: How long it will take is not known. Nothing was trained in this manner")


def test_a_run_is_only_queued_and_with_its_twin_as_the_teacher_waits_for_it(store: Store, small_design: Design) -> None:
    alone = call("train", "small.json", *SIZES, "--no-wait", "--person", "Ada")
    (run,) = store.runs()
    assert alone.output == f"run {run.id}: preparing\n"  # there is a place for it
    assert (run.person, run.waits_for, run.design) == ("Ada", None, small_design)
    taught = call("train", "small.json", *SIZES, "--teacher", "twin", "--no-wait")
    assert taught.exit_code == 0, taught.output
    own = next(run for run in store.runs() if run.waits_for is not None)
    assert taught.output == f"run {own.id}: queued, waits for run {own.waits_for}, its full-precision twin\n"
    found = json.loads(call("runs", "queue", "--json").output)["waiting"]
    assert [one["waits_for"] for one in found if one["run"] == own.id] == [own.waits_for]
    lines = call("runs", "queue").output.splitlines()
    assert "waits for" in lines[0]
    # the one place is Ada's; the twin comes before its student
    assert [line.split()[1] for line in lines if "small" in line][-2:] == [own.waits_for, own.id]
    # the twin is cancelled: the way out is said, and taken
    assert json.loads(call("train", "small.json", *SIZES, "--no-wait", "--json").output)["waits_for"] is None
    call("runs", "cancel", str(own.waits_for))
    shown = call("runs", "show", own.id).output
    assert "which it was to learn from, was cancelled" in shown
    assert "--without-teacher" in shown
    assert call("runs", "retry", own.id, "--without-teacher").output == f"run {own.id}: queued\n"


def test_the_runs_of_a_sweep_are_somebodys_and_count_for_their_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("sweep", "small.json", "--vary", "shortcuts=none,one", "--seeds", "2", *SIZES, "--no-wait")
    monkeypatch.setenv("BNN_MAX_RUNS_PER_PERSON", "3")
    nobodys = call(*asked)
    assert nobodys.exit_code == 2
    assert "this run is nobody's. Give a name" in nobodys.output
    # 2 x 2 runs are one too many: all come in, or none
    refused = call(*asked, "--person", "Ada")
    assert refused.exit_code == 2
    assert "Ada has 3" in refused.output
    assert store.runs() == []
    monkeypatch.setenv("BNN_MAX_RUNS_PER_PERSON", "4")
    result = call(*asked, "--person", " ada ")
    assert result.exit_code == 0, result.output
    assert [run.person for run in store.runs()] == ["ada"] * 4
