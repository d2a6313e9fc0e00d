"""Runs of real workers, killed, paused, tried again and extended: the curve is that of one that went through."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bnn_designer.design import Design
from bnn_designer.runs.actions import clone, extend, extension_text, resume, retry, settings_of
from bnn_designer.runs.deleting import delete_run
from bnn_designer.runs.progress import progress
from bnn_designer.runs.queue import pause, submit
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training.events import EpochEnd, FirstStep, StepWindow
from bnn_designer.training.recipe import Recipe, RecipeError
from tests.runs.processes import end_all, wait_for_end, wait_for_process_end, wait_until

# 600 / 10 = 60 steps an epoch, in six windows
RECIPE = Recipe(epochs=3, subset=600, batch_size=10, validation_subset=200, engine="float")


@pytest.fixture(autouse=True)
def _environment(store: Store, synthetic_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers read made-up images, and none outlives its test."""
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("BNN_MAX_PARALLEL_RUNS", "2")
    monkeypatch.setenv("BNN_CHECKPOINT_EVERY_S", "0.05")
    yield
    end_all(store)


def curve(store: Store, run_id: str) -> list[tuple[float, ...]]:
    """All that the events say, but for times and speeds."""
    numbers: list[tuple[float, ...]] = []
    for item in store.events(run_id):
        event = item.event
        if isinstance(event, StepWindow):
            numbers.append((event.epoch, event.step, event.loss, event.accuracy))
        elif isinstance(event, EpochEnd):
            numbers.append((event.epoch, event.loss, event.accuracy, event.val_loss, event.val_accuracy))
    return numbers


def steps_of_this_process(store: Store, run_id: str) -> int:
    """Windows reported since the last first step."""
    events = [item.event for item in store.events(run_id)]
    firsts = [place for place, event in enumerate(events) if isinstance(event, FirstStep)]
    return sum(isinstance(event, StepWindow) for event in events[firsts[-1] :]) if firsts else 0


@pytest.mark.slow_on_postgresql
def test_killed_at_random_and_resumed_it_gives_the_very_same_curve_and_model(
    store: Store, small_design: Design
) -> None:
    through = submit(store, small_design, RECIPE)
    victim = submit(store, small_design, RECIPE)
    draw = random.Random(12)
    for _ in range(3):
        windows = len(curve(store, victim)) + draw.randrange(1, 6)
        wait_until(
            lambda windows=windows: len(curve(store, victim)) >= windows and store.run(victim).status == "running",  # type: ignore[misc]
            f"some windows more; the log: {store.log_path(victim)}",
        )
        run = store.run(victim)
        os.kill(int(run.pid or 0), signal.SIGKILL)
        wait_for_process_end(run)
        wait_until(lambda: store.run(victim).status == "interrupted", "the kill is seen")
        resume(store, victim)
    assert wait_for_end(store, victim).status == "done"
    assert wait_for_end(store, through).status == "done"
    assert len(curve(store, through)) == 3 * (6 + 1)
    assert curve(store, victim) == curve(store, through)
    done = progress(store.events(victim))
    assert [end.epoch for end in done.epochs] == [1, 2, 3]
    assert (done.share, done.eta_s) == (1, 0)
    assert store.run(victim).best_val_accuracy == store.run(through).best_val_accuracy

    from bnn_designer.training.checkpoint import load

    states = [load(store.state_path(run_id)) for run_id in (through, victim)]
    one, other = (state for state in states if state is not None)
    assert {name: array.tobytes() for name, array in one.arrays.items()} == {
        name: array.tobytes() for name, array in other.arrays.items()
    }


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # what ends it is no matter of the database
def test_paused_resumed_extended_and_tried_again(store: Store, small_design: Design) -> None:
    recipe = RECIPE.model_copy(update={"schedule": "constant"})
    run_id = submit(store, small_design, recipe)
    wait_until(lambda: len(curve(store, run_id)) > 1, f"two windows; the log: {store.log_path(run_id)}")
    pause(store, run_id)
    paused = wait_for_end(store, run_id)
    assert (paused.status, paused.error) == ("paused", None)
    first_windows = curve(store, run_id)
    with pytest.raises(StoreError, match=r"cannot be extended by 0 epochs"):
        extend(store, run_id, 0)
    with pytest.raises(RecipeError, match="epochs"):
        extend(store, run_id, 1000)
    extend(store, run_id, 1)
    with pytest.raises(StoreError, match=r"Wait for its end, or pause it first"):
        extend(store, run_id, 1)
    with pytest.raises(StoreError, match=r"It needs no resuming"):
        resume(store, run_id)
    with pytest.raises(StoreError, match=r"still running. Cancel it first"):
        delete_run(store, run_id)
    done = wait_for_end(store, run_id)
    assert (done.status, done.recipe.epochs) == ("done", 4)
    assert len(curve(store, run_id)) == 4 * (6 + 1)
    assert curve(store, run_id)[: len(first_windows)] == first_windows
    with pytest.raises(StoreError, match=r"it is done. Extend it"):
        resume(store, run_id)
    with pytest.raises(StoreError, match=r"it is done. Only a run that has stopped"):
        retry(store, run_id)

    # the copy waits in the queue and is paused there; resumed with nothing to go on from, it starts at its beginning
    other = clone(store, run_id, epochs=1, seed=5)
    assert store.run(other).recipe == done.recipe.model_copy(update={"epochs": 1, "seed": 5})
    assert store.run(other).parent == run_id
    pause(store, other)
    assert wait_for_end(store, other).status == "paused"
    retry(store, other)
    assert wait_for_end(store, other).status == "done"
    assert len(curve(store, other)) == 6 + 1
    with pytest.raises(RecipeError, match="batch_size"):
        clone(store, run_id, batch_size=0)


def test_settings_are_read_as_json_but_for_ids_and_paths() -> None:
    texts = ["epochs=3", "milestones=[0.5, 0.9]", "optimizer=sgd", "teacher=12345678", "start-from=1234e567", "data=/5"]
    assert Recipe.from_fields(**settings_of(texts)) == Recipe(
        epochs=3, milestones=(0.5, 0.9), optimizer="sgd", teacher="12345678", start_from="1234e567", data="/5"
    )
    assert Recipe.from_fields(**settings_of(["teacher="])) == Recipe()
    with pytest.raises(RecipeError, match=r"moment=1: it is no setting of a recipe"):
        settings_of(["moment=1"])


def test_what_more_epochs_do_to_the_rate_is_said() -> None:
    constant = Recipe(epochs=10, schedule="constant", warmup=0)
    assert extension_text(constant, 10) == (
        "The rate stays as it is, so this ends as a run of 20 epochs from the start would."
    )
    # a share of the epochs is the warm-up: 0.03 x 20 of them climb, in place of 0.03 x 10
    assert "not what a run of 20 epochs" in extension_text(constant.changed(warmup=0.03), 10)
    # two milestones: 0.003 x 0.1 x 0.1 at the old end; half of 20 epochs is the first
    steps = Recipe(epochs=10, schedule="step", milestones=(0.5, 0.75), warmup=0)
    assert "it was 3e-05 after epoch 10 and goes on at 0.0003" in extension_text(steps, 10)
    cosine = Recipe(epochs=10, schedule="cosine", learning_rate=0.004)
    # half of 20 epochs lies near the middle of the falling half cosine, but for the warm-up:
    # 0.004 x (1 + cos(pi t)) / 2 with t = (0.5 - 0.03) / (1 - 0.03)
    assert "goes on at 0.0021" in extension_text(cosine, 10)
    assert "not what a run of 20 epochs from the start gives" in extension_text(cosine, 10)


def test_rates_of_images_of_ones_own_are_about() -> None:
    """How many there are is not known, and with it how many steps an epoch has."""
    steps = Recipe(data="/mine.npz", epochs=10, schedule="step", milestones=(0.5, 0.75), warmup=0)
    assert "it was about 3e-05 after epoch 10 and goes on at about 0.0003" in extension_text(steps, 10)
    assert "about" not in extension_text(steps.changed(subset=1000), 10)
