"""Larq's own layers on given configurations: outputs and gradients. Runs in Larq's Python, and knows nothing of ours.

Usage: python peer_layers.py CASES.json ARRAYS.npz RESULTS.npz. A case is ``{"layer", "arguments", "weights"}``, where
quantizers are ``[class name, arguments]``; the arrays are its ``{i}/x`` and ``{i}/w0``, ... in the order of the layer's
weights. The results are ``{i}/y``, ``{i}/dx``, ``{i}/dw0``, ..., of the sum of squares of the output.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def layer_of(module: Any, quantizers: Any, case: dict[str, Any]) -> Any:
    """The layer of a case, out of a module with Larq's names."""
    arguments = dict(case["arguments"])
    for name, value in arguments.items():
        if name.endswith("_quantizer") and value is not None:
            kind, settings = value
            arguments[name] = getattr(quantizers, kind)(**settings)
    return getattr(module, case["layer"])(**arguments)


def outputs_and_gradients(tf: Any, layer: Any, x: Any, weights: list[Any]) -> dict[str, Any]:
    """What is compared: the output of a layer with these weights, and the gradients of its sum of squares."""
    if not layer.built:
        layer.build(x.shape)
    layer.set_weights(weights)
    x = tf.constant(x)
    variables = list(layer.trainable_weights)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * y)
    dx, *rest = tape.gradient(loss, [x, *variables], unconnected_gradients="zero")
    return {"y": y.numpy(), "dx": dx.numpy(), **{f"dw{i}": gradient.numpy() for i, gradient in enumerate(rest)}}


def main(cases_file: str, arrays_file: str, results_file: str) -> None:
    """Computes every case with Larq."""
    import larq  # type: ignore[import-not-found]
    import numpy as np
    import tensorflow as tf

    with open(cases_file, encoding="utf-8") as file:
        cases = json.load(file)
    arrays, results = np.load(arrays_file), {}
    for i, case in enumerate(cases):
        weights = [arrays[f"{i}/w{j}"] for j in range(case["weights"])]
        got = outputs_and_gradients(tf, layer_of(larq.layers, larq.quantizers, case), arrays[f"{i}/x"], weights)
        results.update({f"{i}/{name}": value for name, value in got.items()})
    np.savez(results_file, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
