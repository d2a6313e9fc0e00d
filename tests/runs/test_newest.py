"""The newest runs with an accuracy."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer.design.presets import preset
from bnn_designer.runs.newest import newest_with_accuracy
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe

VALUES = dict.fromkeys(("loss", "accuracy", "val_loss", "seconds", "learning_rate", "images_per_second"), 1.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)


def validated(store: Store) -> str:
    run = store.create_run(preset("bi-real-cifar"), Recipe(epochs=1))
    store.add_event(run, EpochEnd(epoch=1, val_accuracy=0.5, **VALUES))
    return run


def test_they_are_of_this_store_and_as_many_as_asked_for(store: Store) -> None:
    old, new = validated(store), validated(store)
    store.create_run(preset("bi-real-cifar"), Recipe(epochs=1))  # no epoch has ended
    mine = validated(store.for_account("ada"))
    assert [run.id for run in newest_with_accuracy(store, 5)] == [mine, new, old]
    assert [run.id for run in newest_with_accuracy(store, 2)] == [mine, new]
    assert [run.id for run in newest_with_accuracy(store.for_account("ada"), 5)] == [mine]
    assert newest_with_accuracy(store.for_account("grace"), 5) == []
