"""A network on its way: trained, packed, exported, and the same answers at the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnn_designer import Network, build_model, export, pack, train
from bnn_designer.api import Trained
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.inference import Engine
from bnn_designer.training.recipe import Recipe, RecipeError


@pytest.fixture(scope="module")
def network(small_design: Design) -> Network:
    return Network.of(small_design)


@pytest.fixture(scope="module")
def trained(
    network: Network, quick_recipe: Recipe, synthetic_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    with pytest.MonkeyPatch.context() as here:
        here.setenv("BNN_HOME", str(tmp_path_factory.mktemp("home")))
        here.setenv("BNN_DATA_DIR", str(synthetic_data))
        return train(network, quick_recipe, epochs=1, subset=100, seed=3)


def test_a_trained_network_is_a_run_with_its_curve_and_its_model(trained: Trained, network: Network) -> None:
    assert (trained.run.status, trained.run.recipe.seed, trained.run.design) == ("done", 3, network)
    assert trained.network == network
    (epoch,) = trained.epochs
    assert 0 <= epoch.val_accuracy <= 1
    start = build_model(network, engine="float", seed=3)
    kernel = "binary_conv_1"
    assert not np.array_equal(trained.model.get_layer(kernel).kernel, start.get_layer(kernel).kernel)


def test_the_packed_network_answers_as_the_model(trained: Trained, network: Network) -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (4, 32, 32, 3)).astype(np.float32)
    with Engine(pack(network, trained.model)) as engine:
        assert np.allclose(engine.run(images), trained.model(images), atol=1e-4)


def test_an_export_is_a_folder_with_a_verdict_for_each_block(
    trained: Trained, network: Network, tmp_path: Path
) -> None:
    exported = export(network, trained.model, "c", tmp_path / "firmware", weights=f"run {trained.run.id}")
    assert {path.name for path in (tmp_path / "firmware").iterdir()} == set(exported.written.files)
    assert set(exported.verdicts) >= {"conv_1", "shortcut_1/binary_conv_1"}
    assert trained.run.id in (tmp_path / "firmware" / "README.md").read_text()
    with pytest.raises(BnnDesignerError, match="firmware"):
        export(network, trained.model, "c", tmp_path / "firmware")
    with pytest.raises(BnnDesignerError, match="abacus"):
        export(network, trained.model, "abacus", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_wrong_wishes_are_refused_before_anything_is_stored(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    with pytest.raises(RecipeError, match="epochs"):
        train(network, epochs=0)
    with pytest.raises(RecipeError, match="speed"):
        train(network, speed="high")
    with pytest.raises(DesignError):
        train(Network(name="empty"))
    assert not (tmp_path / "home").exists()
