"""From a graph to a Keras model: names, shapes, counts, seeds."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from bnn_designer import kernels
from bnn_designer.design.presets import PRESETS
from bnn_designer.graph import Graph, Layer, Tensor, lower, ops
from bnn_designer.nn import LayerError, QuantConv2D, build_model, engines
from bnn_designer.nn.model import layer_seed

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))


CIFAR_PRESETS = [name for name, make in PRESETS.items() if make().input_shape == (32, 32, 3)]


@pytest.fixture(scope="module", params=CIFAR_PRESETS)
def pair(request):
    """A preset's graph and its model."""
    graph = lower(PRESETS[request.param]())
    return graph, build_model(graph, engine="float", seed=1)


def chain(*steps, shape=(6, 6, 4)):
    """A graph without branches from ``(name, op, output shape)``."""
    layers, last = [], "input"
    for name, op, output in steps:
        layers.append(Layer(name, op, (last,), Tensor(name, output), path=f"block_{name}", block_id=name))
        last = name
    return Graph("a chain (of layers)", Tensor("input", shape), tuple(layers), classes=2)


def conv(filters=4, **changes):
    settings = {
        "input_quantizer": "ste_sign",
        "kernel_quantizer": "ste_sign",
        "kernel_constraint": "weight_clip",
        "use_bias": False,
        "filters": filters,
        "kernel_size": (3, 3),
        "strides": (1, 1),
        "dilation": (1, 1),
        "padding": "same",
        "pad_values": 1,
    }
    return ops.Conv2D(**{**settings, **changes})


def parameters(graph, layer):
    """How many numbers a layer holds, moving statistics included."""
    op = layer.op
    (shape, *_) = graph.input_shapes(layer)
    if isinstance(op, ops.Conv2D):
        return math.prod(op.kernel_size) * shape[-1] // op.groups * op.filters + op.use_bias * op.filters
    if isinstance(op, ops.DepthwiseConv2D):
        return (math.prod(op.kernel_size) + op.use_bias) * shape[-1]
    if isinstance(op, ops.ChannelShift):
        return shape[-1]
    if isinstance(op, ops.Dense):
        return shape[0] * op.units + op.use_bias * op.units
    if isinstance(op, ops.BatchNorm):
        return (2 + op.center + op.scale) * shape[-1]
    if isinstance(op, ops.Activation) and op.function == "prelu":
        return shape[-1]
    return 0


def test_names_and_order_are_the_graphs(pair):
    graph, model = pair
    assert sorted(layer.name for layer in model.layers) == sorted(["input", *(layer.name for layer in graph.layers)])
    assert model.name == graph.name


def test_shapes_are_the_graphs(pair):
    graph, model = pair
    assert {layer.name: tuple(model.get_layer(layer.name).output.shape[1:]) for layer in graph.layers} == {
        layer.name: layer.output.shape for layer in graph.layers
    }
    assert model.output_shape == (None, graph.classes)


def test_parameter_counts_are_the_graphs(pair):
    graph, model = pair
    assert {layer.name: model.get_layer(layer.name).count_params() for layer in graph.layers} == {
        layer.name: parameters(graph, layer) for layer in graph.layers
    }


def test_every_preset_predicts_probabilities(pair):
    graph, model = pair
    probabilities = model.predict(np.zeros((2, *graph.input.shape), np.float32), verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_settings_reach_the_layers():
    graph = chain(
        ("conv", conv(8, strides=(2, 1), use_bias=True, input_quantizer="approx_sign"), (3, 6, 8)),
        ("norm", ops.BatchNorm(center=True, scale=False, momentum=0.7, epsilon=0.25), (3, 6, 8)),
        ("act", ops.Activation("prelu"), (3, 6, 8)),
        ("pool", ops.Pool2D("average", (3, 2), (1, 2), "valid"), (1, 3, 8)),
        ("relu", ops.Activation("relu"), (1, 3, 8)),
        ("max", ops.Pool2D("max", (2, 2), (2, 2), "same"), (1, 2, 8)),
        ("flat", ops.Flatten(), (16,)),
        ("slopes", ops.Activation("prelu"), (16,)),
        ("dense", ops.Dense(kernel_quantizer="ste_sign", use_bias=True, units=2), (2,)),
        ("soft", ops.Softmax(), (2,)),
    )
    model = build_model(graph, engine="float")
    assert {layer.name: layer.output.shape[1:] for layer in model.layers[1:]} == {
        layer.name: layer.output.shape for layer in graph.layers
    }
    built = model.get_layer("conv")
    assert (built.strides, built.pad_values, built.use_bias) == ((2, 1), 1.0, True)
    assert (built.input_quantizer.precision, type(built.input_quantizer).__name__) == (1, "ApproxSign")
    assert built.kernel_constraint.clip_value == 1
    norm = model.get_layer("norm")
    assert (norm.momentum, norm.epsilon, norm.center, norm.scale) == (0.7, 0.25, True, False)
    assert model.get_layer("act").alpha.shape == (1, 1, 8)
    assert model.get_layer("slopes").alpha.shape == (16,)
    assert np.array_equal(model.get_layer("slopes").alpha, np.full(16, 0.25, np.float32))
    assert model.name == "a_chain__of_layers_"


def test_add_of_a_branch():
    one = Layer("left", conv(), ("input",), Tensor("left", (6, 6, 4)), "left", "left")
    both = Layer("sum", ops.Add(), ("left", "input"), Tensor("sum", (6, 6, 4)), "sum", "sum")
    model = build_model(Graph("add", Tensor("input", (6, 6, 4)), (one, both), classes=4), engine="float")
    x = np.ones((1, 6, 6, 4), np.float32)
    assert np.array_equal(model(x), model.get_layer("left")(x) + x)


def test_a_seed_gives_the_same_weights_and_another_seed_others(pair):
    graph, model = pair
    again, other = build_model(graph, engine="auto", seed=1), build_model(graph, engine="float", seed=2)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))
    kernels_of = [[w.numpy() for w in m.trainable_variables if w.name == "kernel"] for m in (model, other)]
    assert not any(np.array_equal(a, b) for a, b in zip(*kernels_of, strict=True))


def test_an_edit_elsewhere_leaves_a_layers_weights():
    steps = [("one", conv(4), (6, 6, 4)), ("two", conv(4), (6, 6, 4)), ("three", conv(4), (6, 6, 4))]
    full, edited = build_model(chain(*steps), seed=5), build_model(chain(steps[0], steps[2]), seed=5)
    for name in ("one", "three"):
        assert np.array_equal(full.get_layer(name).kernel, edited.get_layer(name).kernel)
    assert not np.array_equal(full.get_layer("one").kernel, full.get_layer("two").kernel)


def test_layer_seeds_never_change():
    """A stored run is repeated from its seed, so this hash must stay as it is in every process and version."""
    assert layer_seed(1, "conv") == 61183078
    assert 0 <= layer_seed(2**40, "conv") < 2**31


@needs_kernels
def test_engines_says_what_each_layer_uses():
    graph = chain(
        ("first", conv(input_quantizer=None), (6, 6, 4)),
        ("second", conv(), (6, 6, 4)),
        ("norm", ops.BatchNorm(True, True, 0.9, 1e-3), (6, 6, 4)),
    )
    found = engines(build_model(graph, engine="xnor"))
    assert {name: choice.used for name, choice in found.items()} == {"first": "float", "second": "xnor"}
    assert "only the kernel is quantized" in found["first"].reason
    assert {choice.used for choice in engines(build_model(graph, engine="float")).values()} == {"float"}


def test_an_operation_without_a_keras_layer_is_refused():
    with pytest.raises(LayerError, match=r"block_s: Op has no Keras layer.*Conv2D"):
        build_model(chain(("s", ops.Op(), (6, 6, 4))))


def test_save_and_load_keep_the_model(pair, tmp_path):
    graph, model = pair
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(1, *graph.input.shape)).astype(np.float32)
    assert np.array_equal(model(x), again(x))
    assert any(isinstance(layer, QuantConv2D) for layer in again.layers)
