"""A saved model loads in a process of its own that only imports the layers."""

from __future__ import annotations

import subprocess
import sys

import keras
import numpy as np

from bnn_designer.nn import ApproxSign, QuantConv2D, QuantDense, SteSign, WeightClip

LOAD = """
import sys
import keras, numpy as np
import bnn_designer.nn
model = keras.saving.load_model(sys.argv[1])
np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0))
print([layer.name for layer in model.layers], model.get_layer("conv").pad_values, model.optimizer.iterations.numpy())
"""


def test_save_and_load_in_a_fresh_process(tmp_path):
    keras.utils.set_random_seed(1)
    shared = SteSign()
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            QuantConv2D(
                8,
                3,
                padding="same",
                pad_values=1.0,
                input_quantizer=ApproxSign(),
                kernel_quantizer=shared,
                kernel_constraint=WeightClip(1.5),
                name="conv",
            ),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Flatten(name="flat"),
            QuantDense(4, input_quantizer=shared, kernel_quantizer="ste_sign", name="dense"),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    x = np.random.default_rng(0).normal(size=(5, 6, 6, 3)).astype(np.float32)
    model.fit(x, np.zeros((5, 4)), epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path / "model.keras", tmp_path / "x.npy", tmp_path / "y.npy"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("['conv', 'norm', 'flat', 'dense'] 1 2")
    assert np.array_equal(np.load(tmp_path / "y.npy"), model.predict(x, verbose=0))


def test_clone_keeps_the_quantizers():
    model = keras.Sequential([keras.Input((5,)), QuantDense(3, input_quantizer=SteSign(1.3), name="dense")])
    clone = keras.models.clone_model(model)
    assert clone.get_layer("dense").input_quantizer.clip_value == 1.3
