"""One layer back to floats: what must not change does not, and what the file says is read as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower
from bnn_designer.inspection.origin import Origin
from bnn_designer.inspection.sensitivity import _relaxed, _Swap, _Walk, sensitivity
from bnn_designer.inspection.sensitivity_report import (
    Change,
    Sensitivity,
    read_sensitivity,
    sensitivity_path,
    write_sensitivity,
)
from bnn_designer.inspection.worker import try_layers
from bnn_designer.measuring.checkpoint import TrainedModel, of_run
from bnn_designer.nn import build_model
from bnn_designer.training.data import load
from tests.inspection.conftest import TEST_IMAGES, Trained


@pytest.fixture(scope="module")
def found(trained: Trained) -> Sensitivity:
    return try_layers(trained.store, trained.run.id, lambda step, share: None)


def test_the_network_as_it_is_answers_as_it_does_elsewhere(trained: Trained, found: Sensitivity) -> None:
    assert (found.images, found.right) == (TEST_IMAGES, trained.found.inside.right)
    assert [layer.name for layer in found.layers] == ["binary_conv_1", "binary_conv_2"]
    for layer in found.layers:
        for change in (layer.inputs, layer.weights, layer.both, layer.norms_anew):
            assert change is not None
            assert change.lost <= found.right
            assert change.gained <= TEST_IMAGES - found.right


def test_latent_weights_of_one_size_are_signs_and_change_nothing(trained: Trained) -> None:
    model = of_run(trained.store, trained.run.id)
    for name in ("binary_conv_1", "binary_conv_2"):
        kernel = model.model.get_layer(name).kernel
        kernel.assign(0.3 * np.where(kernel.numpy() >= 0, 1, -1))
    again = sensitivity(model, load(trained.run.recipe.data), lambda step, share: None)
    assert [layer.weights for layer in again.layers] == [Change(gained=0, lost=0)] * 2
    without = sensitivity(model, load(trained.run.recipe.data), lambda step, share: None, Origin(has_latent=False))
    assert [(layer.weights, layer.both) for layer in without.layers] == [(None, None)] * 2
    assert [layer.inputs for layer in without.layers] == [layer.inputs for layer in again.layers]


def test_inputs_of_one_size_are_signs_at_the_border_too() -> None:
    """3 and -3 are put back to 3 / 3 and -3 / 3; the border of ones stays one of ones."""
    blocks = (Conv(filters=4), BinaryConv(filters=5, pad_values=1), GlobalPool(), Head())
    design = Design(name="d", input_shape=(6, 6, 3), blocks=blocks)
    graph = lower(design)
    trained = TrainedModel(design, graph, build_model(graph, engine="float", seed=0), "")
    layer = next(layer for layer in graph.layers if layer.name == "binary_conv_1")
    source = 3 * np.sign(np.random.default_rng(0).normal(size=(2, 6, 6, 4))).astype(np.float32)
    relaxed = _relaxed(trained, layer, {layer.inputs[0]: source}, inputs=True, weights=False)
    expected = np.asarray(trained.model.get_layer("binary_conv_1")(source))
    assert np.asarray(relaxed(source)) == pytest.approx(expected, abs=1e-4)


def test_norms_anew_bring_a_sum_of_another_size_back(trained: Trained) -> None:
    """A layer whose outputs are ten times too large: its batch norm's own statistics take that out again."""
    model = of_run(trained.store, trained.run.id)
    walk = _Walk(model)
    images = load(trained.run.recipe.data).train_images[:40].astype(np.float32) / 255
    values = walk.all(images)
    layer = next(layer for layer in model.graph.layers if layer.name == "binary_conv_2")
    conv = model.model.get_layer(layer.name)
    plain, large = _Swap(layer, "both", conv), _Swap(layer, "both", lambda x, training: 10 * conv(x))
    norms = walk.norms(values, large)
    assert list(norms) == ["binary_conv_2.batch_norm"]
    expected = walk.changed(values, plain, walk.norms(values, plain))
    found = walk.changed(values, large, norms)
    assert np.asarray(found["binary_conv_2"]) == pytest.approx(10 * np.asarray(expected["binary_conv_2"]))
    name = model.graph.output.name
    assert np.asarray(found[name]) == pytest.approx(np.asarray(expected[name]), abs=1e-3)  # but for epsilon
    assert found["conv_1"] is values["conv_1"]


def test_a_change_is_a_share_with_its_error() -> None:
    """30 images better and 10 worse of 400: 5 points, and the root of 40 images is 6.3, which are 1.6 points."""
    change = Change(gained=30, lost=10)
    assert change.share(400) == 20 / 400
    assert change.error(400) == pytest.approx(40**0.5 / 400)


def test_it_is_kept_and_printed(trained: Trained, found: Sensitivity, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_sensitivity(trained.store, trained.run.id) == found
    monkeypatch.setenv("BNN_HOME", str(trained.store.home))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    result = CliRunner().invoke(main, ["inspect", trained.run.id, "--sensitivity", "--kept"])
    assert result.exit_code == 0, result.output
    assert "binary_conv_2" in result.output
    assert "±" in result.output


def test_what_is_no_such_file_is_refused(trained: Trained, found: Sensitivity, tmp_path: Path) -> None:
    path = sensitivity_path(trained.store, trained.run.id)
    for text in ("{", "{}", found.model_copy(update={"version": 9}).model_dump_json()):
        path.write_text(text)
        with pytest.raises(BnnDesignerError, match="Try the layers again"):
            read_sensitivity(trained.store, trained.run.id)
    write_sensitivity(trained.store, found)
    assert read_sensitivity(trained.store, "ffffffff") is None
