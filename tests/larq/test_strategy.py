"""A model on two devices of a ``MirroredStrategy``: a process of its own, as TensorFlow makes devices at its start."""

from __future__ import annotations

import subprocess
import sys

TWO_DEVICES = """
import tensorflow as tf
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import contextlib
import keras, numpy as np
import bnn_designer.larq as lq
from bnn_designer.nn import Adam

signs = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}
rng = np.random.default_rng(0)
x, y = rng.normal(size=(8, 5, 5, 8)).astype(np.float32), rng.normal(size=(8, 2)).astype(np.float32)


def trained(scope):
    keras.utils.set_random_seed(0)
    with scope, lq.context.metrics_scope(["flip_ratio"]):
        model = keras.Sequential([
            keras.Input((5, 5, 8)),
            lq.layers.QuantConv2D(8, 3, use_bias=False, engine="xnor", **signs),
            keras.layers.Flatten(),
            lq.layers.QuantDense(2, engine="xnor", **signs),
        ])
        bop = lq.optimizers.Bop(threshold=1e-6, gamma=0.5)
        pair = (lambda variable: "conv" in variable.path, bop)
        model.compile(lq.optimizers.CaseOptimizer(pair, default_optimizer=Adam(0.01)), "mse")
    history = model.fit(x, y, batch_size=8, verbose=0).history
    return model.get_weights(), sorted(history), history["loss"]


strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
one, two = trained(contextlib.nullcontext()), trained(strategy.scope())
for single, mirrored in zip(one[0], two[0], strict=True):
    np.testing.assert_allclose(mirrored, single, rtol=1e-5, atol=1e-6)
np.testing.assert_allclose(two[2], one[2], rtol=1e-5)
assert len(two[1]) == 3, two[1]  # the loss, and how many signs of each kernel flipped
print("same")
"""


def test_two_devices_train_as_one() -> None:
    """Each takes half of the batch; the first layer is trained by Bop, the second by Adam, and flips are measured."""
    done = subprocess.run([sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "same"
