"""A packed network is compared with Keras on test images of the set that its run trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer.design import Design, apply_edit
from bnn_designer.measuring.checkpoint import find_trained
from bnn_designer.measuring.worker import _checked
from bnn_designer.packing import pack
from bnn_designer.runs.execute import run_in_foreground
from bnn_designer.runs.store import Store
from bnn_designer.training.data import describe_data, fitting_edit
from bnn_designer.training.recipe import Recipe
from tests.training.data.made import write_npz


def test_images_are_those_of_the_runs_own_set(
    small_design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    own = write_npz(tmp_path / "own.npz", shape=(28, 28), train=40, test=20)
    facts = describe_data(str(own)).facts
    assert facts is not None
    edit = fitting_edit(small_design, facts)
    assert edit is not None
    store = Store()
    recipe = Recipe(data=str(own), epochs=1, batch_size=10, engine="float")
    run = run_in_foreground(store, apply_edit(small_design, edit), recipe)
    trained = find_trained(run.id, None, 0)
    network = pack(trained.graph, trained.model, trained.design)
    checked = _checked(network, trained, store, run.id)
    assert checked is not None
    assert (checked.images, checked.same_class) == (20, 20)
    own.unlink()
    assert _checked(network, trained, store, run.id) is None
