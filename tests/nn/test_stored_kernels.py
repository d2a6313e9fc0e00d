"""What a file has of each kernel that is saved within ``quantized_scope``, and what is read from it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from bnn_designer.nn import (
    DoReFa,
    QuantConv2D,
    QuantDense,
    QuantDepthwiseConv2D,
    SteSign,
    StoredKernel,
    quantized_scope,
    ste_sign,
    stored_kernels,
)

LAYERS = ("first", "depthwise", "dense", "last")
SIGNS = StoredKernel(quantized=True, bits=1, signs=True, reads_back=True)
#: Without graphs, which take longer to record than to run here.
COMPILED: dict[str, Any] = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], "run_eagerly": True}
FLOAT = StoredKernel(quantized=False, bits=None, signs=False, reads_back=True)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A first layer in float, two in bits, the last one Keras' own; a few steps of training move all of them."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            QuantConv2D(3, 3, name="first"),
            keras.layers.BatchNormalization(name="norm"),
            QuantDepthwiseConv2D(2, input_quantizer="ste_sign", depthwise_quantizer="ste_sign", name="depthwise"),
            keras.layers.Flatten(),
            QuantDense(3, input_quantizer="ste_sign", kernel_quantizer="ste_sign", name="dense"),
            keras.layers.Dense(2, activation="softmax", name="last"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.05), **COMPILED)
    model.fit(*data(), batch_size=32, epochs=2, verbose=0)
    return model


def data() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(64, 4, 4, 2)).astype(np.float32)
    return x, (x.mean((1, 2, 3)) > 0).astype(int)


def saved(model: keras.Model, path: Path) -> dict[str, np.ndarray]:
    """The kernels in the file that Keras writes at a path within the scope."""
    with quantized_scope(True):
        model.save_weights(path) if path.name.endswith(".weights.h5") else model.save(path)
    weights = io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5")) if path.suffix == ".keras" else path
    with h5py.File(weights) as file:
        if "layers" not in file:  # as Keras 2 had it
            groups = file["model_weights"]
            return {name: next(iter(groups[name].values()))[name]["kernel"][()] for name in LAYERS}
        groups = {group["vars"].attrs["name"]: group["vars"] for group in file["layers"].values()}
        return {name: groups[name]["0"][()] for name in LAYERS}


def test_which_kernels_stay_in_float_is_said(model: keras.Model) -> None:
    found = stored_kernels(model)
    assert {path.split("/")[-2]: kernel for path, kernel in found.items()} == {
        "first": FLOAT,
        "depthwise": SIGNS,
        "dense": SIGNS,
        "last": FLOAT,
    }
    with quantized_scope(True):
        assert stored_kernels(model) == found


@pytest.mark.parametrize("name", ["model.keras", "model.weights.h5"])
def test_what_is_read_from_a_file_evaluates_the_same_to_the_last_digit(
    model: keras.Model, tmp_path: Path, name: str
) -> None:
    before, expected = model.get_weights(), model.evaluate(*data(), verbose=0)
    saved(model, tmp_path / name)
    if name == "model.keras":
        again = keras.saving.load_model(tmp_path / name)
    else:
        again = keras.models.clone_model(model)
        again.load_weights(tmp_path / name)
        again.compile(keras.optimizers.Adam(0.05), **COMPILED)
    assert 0.5 < expected[1] < 1
    assert again.evaluate(*data(), verbose=0) == expected
    assert np.array_equal(again.predict(data()[0], verbose=0), model.predict(data()[0], verbose=0))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


# The last to save the model: after an .h5 file, Keras 3.15 writes .keras files without the optimizer.
@pytest.mark.parametrize("name", ["model.keras", "model.weights.h5", "model.h5"])
def test_files_hold_exact_signs_and_a_first_layer_in_float(model: keras.Model, tmp_path: Path, name: str) -> None:
    latent = {layer.name: layer.get_weights()[0] for layer in model.layers if layer.get_weights()}
    kernels = saved(model, tmp_path / name)
    for quantized in ("depthwise", "dense"):
        assert np.array_equal(kernels[quantized], np.where(latent[quantized] >= 0, 1, -1))
        assert set(np.unique(latent[quantized])) - {-1, 1}
    for in_float in ("first", "last"):
        assert np.array_equal(kernels[in_float], latent[in_float])


@pytest.mark.parametrize(
    ("quantizer", "expected"),
    [
        (SteSign(metrics=["flip_ratio"]), SIGNS),
        ("magnitude_aware_sign", StoredKernel(True, 1, signs=False, reads_back=True)),
        ("ste_tern", StoredKernel(True, 2, signs=False, reads_back=True)),
        (DoReFa(2, mode="weights"), StoredKernel(True, 2, signs=False, reads_back=True)),
        (lambda weights: ste_sign(weights) / 2, StoredKernel(True, None, signs=False, reads_back=True)),
        (DoReFa(4, mode="weights"), StoredKernel(True, 4, signs=False, reads_back=False)),
    ],
)
def test_steps_that_a_quantizer_moves_again_are_told(quantizer: Any, expected: StoredKernel) -> None:
    """9 of 15 steps are 0.6; tanh(0.6) / tanh(1) is 0.705, and the nearest of (2 i - 15) / 15 to it is 11 / 15."""
    layer = QuantDense(2, kernel_quantizer=quantizer)
    model = keras.Sequential([keras.Input((2,)), layer])
    largest, nine = np.arctanh(0.9), np.arctanh(0.9 * 9 / 15)
    layer.set_weights([np.array([[largest, nine], [-nine, 0.01]]), np.zeros(2)])
    assert stored_kernels(model) == {layer.kernel.path: expected}
    if isinstance(quantizer, SteSign):
        assert float(layer.kernel_quantizer.flip_ratio.count) == 0, "looking is no step"
