"""Keras models with weights that make every part count: batch norms of all kinds, biases, slopes, shifts."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from bnn_designer.graph import Graph
from bnn_designer.nn import build_model


def random_model(graph: Graph, seed: int = 0) -> Any:
    """An untrained model whose trained numbers are drawn at random; a tenth of the gammas is 0, half are negative.

    Variances are of the size of a sum's, so that batch norms move thresholds about within the sums that occur.
    """
    draw = np.random.default_rng(seed)
    model = build_model(graph, engine="float", seed=seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.moving_mean.shape
            layer.moving_mean.assign(draw.normal(0, 1, shape))
            layer.moving_variance.assign(draw.uniform(1, 100, shape))
            if layer.gamma is not None:
                layer.gamma.assign(draw.normal(0, 1, shape) * (draw.random(shape) > 0.1))
            if layer.beta is not None:
                layer.beta.assign(draw.normal(0, 0.3, shape))
        for name, low, high in (("shift", -0.5, 0.5), ("alpha", -0.5, 1.0), ("bias", -1.0, 1.0)):
            weight = getattr(layer, name, None)
            if weight is not None:
                weight.assign(draw.uniform(low, high, weight.shape))
    return model


def random_images(graph: Graph, count: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).normal(0, 1, (count, *graph.input.shape)).astype(np.float32)


def keras_outputs(model: Any, images: Any) -> Any:
    return np.asarray(model(images, training=False)).reshape(len(images), -1)
