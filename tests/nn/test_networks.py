"""Any network that lowers becomes a Keras model of the same shapes and sizes; both engines give one output."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from bnn_designer import kernels
from bnn_designer.cost import larq
from bnn_designer.design import Design
from bnn_designer.graph import lower, ops
from bnn_designer.nn import build_model
from tests.strategies import networks

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def images_for(design: Design) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, *design.input_shape)).astype(np.float32)


@given(networks())
@few
def test_any_network_becomes_a_model(design: Design) -> None:
    graph = lower(design)
    model = build_model(graph, engine="float", seed=0)
    for layer in graph.layers:
        built = model.get_layer(layer.name)
        assert tuple(built.output.shape[1:]) == layer.output.shape
        if not isinstance(layer.op, ops.BatchNorm | ops.Dropout):
            counted = larq.count(layer.op, graph.input_shapes(layer), layer.output.shape)
            assert built.count_params() == counted.params
    probabilities = model(images_for(design)).numpy()
    assert probabilities.shape == (2, design.classes)
    assert np.isfinite(probabilities).all()
    keras.utils.clear_session()


@needs_kernels
@given(networks())
@few
def test_both_engines_give_one_output(design: Design) -> None:
    graph = lower(design)
    fast, simulated = (build_model(graph, engine=engine, seed=0)(images_for(design)) for engine in ("xnor", "float"))
    assert np.array_equal(fast, simulated)
    keras.utils.clear_session()
