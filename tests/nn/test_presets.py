"""Every preset becomes a Keras model of the graph's shapes and sizes; the small ones learn, in both engines alike."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from bnn_designer import kernels
from bnn_designer.cost import larq
from bnn_designer.design.presets import PRESETS
from bnn_designer.graph import lower, ops
from bnn_designer.nn import build_model, engines

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))

IMAGENET_PRESETS = [name for name, make in PRESETS.items() if make().input_shape == (224, 224, 3)]
LEARNING_PRESETS = [
    "xnor-net-cifar",
    "binary-densenet-cifar",
    "melius-net-cifar",
    "quicknet-cifar",
    "reactnet-cifar",
]


def keras_parameters(graph):
    """What Keras counts: Larq's count, but a batch norm has its moving mean and variance, and what it trains."""
    count = 0
    for layer in graph.layers:
        if isinstance(layer.op, ops.BatchNorm):
            count += (2 + layer.op.center + layer.op.scale) * layer.output.shape[-1]
        else:
            count += larq.count(layer.op, graph.input_shapes(layer), layer.output.shape).params
    return count


@pytest.mark.parametrize("name", IMAGENET_PRESETS)
def test_shapes_and_parameters_of_an_imagenet_preset(name):
    graph = lower(PRESETS[name]())
    with keras.StatelessScope():  # weights have shapes here, and no memory: 28 million of them are quick
        model = build_model(graph, engine="float")
        shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}
    assert shapes == {"input": graph.input.shape} | {layer.name: layer.output.shape for layer in graph.layers}
    assert sum(int(np.prod(weight.shape)) for weight in model.weights if "seed" not in weight.path) == keras_parameters(
        graph
    )


def one_step(name, engine):
    """A preset after one step on noise, the loss, and of each kernel whether the step changed it."""
    keras.utils.set_random_seed(4)
    model = build_model(lower(PRESETS[name]()), engine=engine, seed=4)
    model.compile(optimizer=keras.optimizers.SGD(1e-3), loss="sparse_categorical_crossentropy")
    images = np.random.default_rng(0).normal(size=(4, 32, 32, 3)).astype(np.float32)
    trained = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    before = [weight.numpy() for weight in trained]
    loss = model.train_on_batch(images, np.arange(4))
    changed = [not np.array_equal(old, new.numpy()) for old, new in zip(before, trained, strict=True)]
    return model, float(loss), changed


@pytest.mark.parametrize("name", LEARNING_PRESETS)
def test_a_small_preset_learns_in_every_layer(name):
    _, loss, changed = one_step(name, "float")
    assert np.isfinite(loss)
    assert all(changed)


@needs_kernels
@pytest.mark.parametrize("name", LEARNING_PRESETS)
def test_both_engines_predict_the_same_bits_and_learn_alike(name):
    fast, loss, changed = one_step(name, "xnor")
    binary = [layer.name for layer in lower(PRESETS[name]()).layers if getattr(layer.op, "is_binary", False)]
    assert {found.used for layer, found in engines(fast).items() if layer in binary} == {"xnor"}
    assert all(changed)
    # Batch norm sums in another order: of values at the threshold a few get another sign, and 4 images show each.
    np.testing.assert_allclose(loss, one_step(name, "float")[1], rtol=2e-2)
    images = np.random.default_rng(1).normal(size=(2, 32, 32, 3)).astype(np.float32)
    simulated = build_model(lower(PRESETS[name]()), engine="float")
    simulated.set_weights(fast.get_weights())
    predicted = fast(images, training=False)
    assert np.isfinite(predicted).all()
    np.testing.assert_array_equal(predicted, simulated(images, training=False))
