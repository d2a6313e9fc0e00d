"""A run of a real worker whose loss stops being a number: named, stopped, its last good state kept, and a way on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv, GlobalPool, Head
from bnn_designer.runs.actions import extend, resume
from bnn_designer.runs.queue import submit
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training.events import EpochEnd, Failed, WeightsTaken
from bnn_designer.training.failures import WAY_OUT
from bnn_designer.training.recipe import Recipe
from tests.runs.processes import end_all, wait_for_end

# With no batch norm between them, each layer's gradient has the weights of all others as factors.
UNSTABLE = Design(
    name="unstable",
    input_shape=(8, 8, 1),
    classes=2,
    blocks=(*(Conv(filters=16, batch_norm=None) for _ in range(4)), GlobalPool(), Head()),
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The one of commands and workers; no worker outlives its test."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BNN_CHECKPOINT_EVERY_S", "0")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    store = Store()
    yield store
    end_all(store)
    store.close()


@pytest.fixture
def noise(tmp_path: Path) -> str:
    """60 + 20 images of 8 x 8 pixels, of which nothing can be learned."""
    random = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 60), ("test", 20)):
        arrays[f"{part}_images"] = random.integers(0, 256, (count, 8, 8, 1), np.uint8)
        arrays[f"{part}_labels"] = np.arange(count) % 2
    np.savez(tmp_path / "noise.npz", **arrays)
    return str(tmp_path / "noise.npz")


def runs(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["runs", *arguments])


def epochs_of(store: Store, run_id: str) -> list[int]:
    return [item.event.epoch for item in store.events(run_id) if isinstance(item.event, EpochEnd)]


def test_a_run_that_diverges_keeps_its_last_good_state_and_a_copy_goes_on_from_it(store: Store, noise: str) -> None:
    # 60 / 10 = 6 steps an epoch; the rate climbs to 1 in the first half of the epochs
    recipe = Recipe(
        data=noise,
        epochs=6,
        batch_size=10,
        optimizer="sgd",
        momentum=0.99,
        learning_rate=1,
        warmup=0.5,
        schedule="constant",
        engine="float",
    )
    run_id = submit(store, UNSTABLE, recipe)
    run = wait_for_end(store, run_id)
    log = store.log_path(run_id).read_text()
    assert (run.status, run.stored_status, run.failure) == ("failed", "failed", "diverged"), log
    assert "Lower the learning rate" in (run.error or "")
    assert "Traceback" not in log
    last = store.events(run_id)[-1].event
    assert isinstance(last, Failed)
    assert last.reason == run.error

    # what is kept is of before, and all of it numbers
    from bnn_designer.training.checkpoint import load

    state = load(store.state_path(run_id))
    assert state is not None
    assert state.fallback is None
    assert all(np.isfinite(array).all() for array in state.arrays.values())
    done = epochs_of(store, run_id)
    assert done == [end.epoch for end in state.position.epochs]
    assert 1 <= len(done) < recipe.epochs
    assert runs("verify", run_id).exit_code == 0

    # the same again would end the same way, and whoever asks is told what would not
    for act in (lambda: resume(store, run_id), lambda: extend(store, run_id, 1)):
        with pytest.raises(StoreError, match="it would end the same way again") as refused:
            act()
        assert WAY_OUT["diverged"] in str(refused.value)
    assert WAY_OUT["diverged"] in runs("show", run_id).output
    assert json.loads(runs("show", run_id, "--json").output)["way_out"] == WAY_OUT["diverged"]

    # which is the way out as it says: it ends well, from the weights of the last epoch
    settings = ("--set", "learning_rate=0.001", "--set", f"start_from={run_id}", "--set", "epochs=1")
    assert runs("clone", run_id, *settings).exit_code == 0
    (copy,) = (one for one in store.runs() if one.parent == run_id)
    assert wait_for_end(store, copy.id).status == "done", store.log_path(copy.id).read_text()
    taken = [item.event for item in store.events(copy.id) if isinstance(item.event, WeightsTaken)]
    assert [(one.run, one.left) for one in taken] == [(run_id, ())]
    assert epochs_of(store, copy.id) == [1]
