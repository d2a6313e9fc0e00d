"""Weights of saved models in the models of their designs: the same outputs, or a refusal that says why."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from bnn_designer.errors import BnnDesignerError
from bnn_designer.larq import designs, layers, moved_weights
from bnn_designer.larq.moved_weights import model_with_weights
from bnn_designer.larq.saved_file import model_in_file
from tests.larq.test_designs import EVERYTHING, built

BINARY = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}


def drawn(model: keras.Model) -> keras.Model:
    """With weights that are all different, and variances above 0."""
    draw = np.random.default_rng(4)
    for weight in model.weights:
        weight.assign(
            draw.uniform(0.2, 1, weight.shape) * draw.choice([-1, 1], weight.shape) ** ("variance" not in weight.path)
        )
    return model


def twins() -> keras.Model:
    """A model inside, two equal branches that only their weights tell apart, and scores without a softmax."""
    inner = keras.Sequential([keras.Input((6, 6, 4)), layers.QuantConv2D(4, 1, name="a", **BINARY)], name="inner")
    image = keras.Input((6, 6, 4))
    one = layers.QuantConv2D(4, 3, padding="same", name="one", **BINARY)(image)
    two = layers.QuantConv2D(4, 3, padding="same", name="two", **BINARY)(image)
    two = keras.layers.BatchNormalization(name="norm")(two)
    x = keras.layers.Flatten()(inner(keras.layers.Add()([one, two])))
    return keras.Model(image, keras.layers.Dense(3, name="scores")(x), name="twins")


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("model", [built(EVERYTHING), twins()], ids=["everything", "twins"])
def test_a_design_gets_the_weights_of_its_file(model: keras.Model, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{suffix}"
    drawn(model).save(path)
    saved = model_in_file(path)
    moved, apart = model_with_weights(path, saved, designs.design_of(saved).design)
    assert apart < 1e-6
    images = np.random.default_rng(2).normal(size=(5, *model.input.shape[1:])).astype(np.float32)
    wanted = model(images) if model.name != "twins" else keras.ops.softmax(model(images))
    np.testing.assert_allclose(moved(images), wanted, atol=1e-6)


def test_weights_that_give_other_outputs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(twins()).save(tmp_path / "model.keras")
    saved = model_in_file(tmp_path / "model.keras")
    pairs = moved_weights._paired
    swap = {"one": "two", "two": "one"}
    monkeypatch.setattr(
        moved_weights, "_paired", lambda *graphs: {name: swap.get(to, to) for name, to in pairs(*graphs).items()}
    )
    with pytest.raises(BnnDesignerError, match=r"gives other outputs \(they differ by up to"):
        model_with_weights(tmp_path / "model.keras", saved, designs.design_of(saved).design)


def test_weights_that_are_elsewhere_or_without_end_are_refused(tmp_path: Path) -> None:
    model = twins()
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = archive.read("config.json")
    saved = model_in_file(tmp_path / "model.keras")
    with h5py.File(tmp_path / "links.h5", "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    contents = {
        "its weights are links to other places": (tmp_path / "links.h5").read_bytes(),
        "its weights take more than": bytes(8 * 2**20),
        "its weights cannot be read": b"no HDF5",
    }
    contents["Keras 2.15.0 wrote its weights without the names of layers"] = b""
    for said, content in contents.items():
        path = tmp_path / "changed.keras"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("config.json", config)
            archive.writestr("metadata.json", json.dumps({"keras_version": "3.12.0" if content else "2.15.0"}))
            archive.writestr("model.weights.h5", content)
        with pytest.raises(BnnDesignerError, match=said):
            model_with_weights(path, saved, designs.design_of(saved).design)


BY_LARQ = """
import sys, larq as lq, numpy as np, tensorflow as tf
tf.keras.utils.set_random_seed(1)
binary = dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign", kernel_constraint="weight_clip", use_bias=False)
image = tf.keras.Input((8, 8, 3))
x = lq.layers.QuantConv2D(8, 3, kernel_quantizer="ste_sign", kernel_constraint="weight_clip", name="first")(image)
x = tf.keras.layers.BatchNormalization(name="norm")(x)
y = lq.layers.QuantConv2D(8, 3, padding="same", pad_values=1.0, name="conv", **binary)(x)
x = tf.keras.layers.Add(name="add")([x, tf.keras.layers.BatchNormalization(name="second")(y)])
x = lq.layers.QuantDense(4, name="scores", **binary)(tf.keras.layers.Flatten()(x))
model = tf.keras.Model(image, tf.keras.layers.Activation("softmax")(x), name="of_larq")
images = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
model(images, training=True)  # moves the statistics of the norms
for suffix in ("h5", "keras"):
    model.save(f"{sys.argv[1]}/model.{suffix}")
np.save(f"{sys.argv[1]}/outputs.npy", model(images))
"""


@pytest.mark.skipif(not os.environ.get("BNN_LARQ_PYTHON"), reason="BNN_LARQ_PYTHON names no Python that has Larq")
def test_files_that_larq_wrote_become_designs_with_larqs_outputs(tmp_path: Path) -> None:
    python = os.environ["BNN_LARQ_PYTHON"]
    subprocess.run([python, "-c", BY_LARQ, tmp_path], check=True, capture_output=True, timeout=300)
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
    saved = model_in_file(tmp_path / "model.h5")
    moved, _ = model_with_weights(tmp_path / "model.h5", saved, designs.design_of(saved).design)
    np.testing.assert_allclose(moved(images), np.load(tmp_path / "outputs.npy"), rtol=1e-5, atol=1e-5)
    with pytest.raises(BnnDesignerError, match=r"Keras 2\.15\.0 wrote its weights without the names of layers"):
        model_with_weights(tmp_path / "model.keras", saved, designs.design_of(saved).design)
