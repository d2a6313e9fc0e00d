"""Runs networks with OpenVINO's CPU plugin, one round on request. Run by a Python that has it.

    openvino_rounds.py NETWORKS.json ARRAYS.npz THREADS

NETWORKS.json is ``{way: {"input": [height, width, channels], "layers": [{"kind": ..., "name": ..., "inputs": [...],
...}]}}``: layers in running order, each of a kind in `LAYERS`, with the fields that its function reads. Their arrays
are ``<way>/<layer>/<part>`` of ARRAYS.npz, in the orders of OpenVINO; ``images`` are the images, [n, h, w, c].

Every tensor has four axes, a vector of features being an image of one pixel. Images come in and go out with the
channels last, the order of the plugin's own kernels: of the networks with both orders that is the faster one.

Prints a JSON object first: what each network makes of the images, ``{"outputs": {way: [n, numbers]}}``; then for each
line of standard input, the name of a way, the milliseconds that one image took in it. Ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset1 as op
from openvino.opset13 import constant

CHANNELS, PIXELS = 1, [2, 3]  # axes


@dataclass(frozen=True)
class Layer:
    """A layer's fields, and its arrays by their part."""

    fields: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]

    def constant(self, part: str) -> Any:
        return constant(self.arrays[part])

    @property
    def window(self) -> dict[str, Any]:
        """How every kind of convolution is laid over the image."""
        return {
            "strides": self.fields["strides"],
            "pads_begin": [0, 0],
            "pads_end": [0, 0],
            "dilations": self.fields["dilation"],
            "auto_pad": self.fields["padding"],
        }


def quantize(layer: Layer, inputs: list[Any]) -> Any:
    """One of 256 values, evenly spread over a range."""
    low, high = (constant(np.float32(layer.fields[end])) for end in ("low", "high"))
    return op.fake_quantize(inputs[0], low, high, low, high, levels=256)


def filters_of(layer: Layer) -> Any:
    """The filters in float; those in int8 are brought there, by which the plugin knows that it may multiply bytes."""
    filters = layer.constant("filters")
    if "scale" not in layer.arrays:
        return filters
    return op.multiply(op.convert(filters, "f32"), layer.constant("scale"))


def conv(layer: Layer, inputs: list[Any]) -> Any:
    convolve = op.group_convolution if layer.fields["groups"] > 1 else op.convolution
    return convolve(inputs[0], filters_of(layer), **layer.window)


def affine(layer: Layer, inputs: list[Any]) -> Any:
    return op.add(op.multiply(inputs[0], layer.constant("factor")), layer.constant("offset"))


def pool(layer: Layer, inputs: list[Any]) -> Any:
    window = {"pads_begin": [0, 0], "pads_end": [0, 0], "kernel_shape": layer.fields["size"]}
    window |= {"strides": layer.fields["strides"], "auto_pad": layer.fields["padding"]}
    if layer.fields["of"] == "max":
        return op.max_pool(inputs[0], **window)
    return op.avg_pool(inputs[0], **window, exclude_pad=True)


def pad_channels(layer: Layer, inputs: list[Any]) -> Any:
    before, none = constant([0, layer.fields["before"], 0, 0]), constant([0, 0, 0, 0])
    return op.pad(inputs[0], before, none, "constant", constant(np.float32(0)))


LAYERS = {
    "quantize": quantize,
    "conv": conv,
    "affine": affine,
    "prelu": lambda layer, inputs: op.prelu(inputs[0], layer.constant("slope")),
    "clamp": lambda layer, inputs: op.clamp(inputs[0], layer.fields["low"], layer.fields["high"]),
    "relu": lambda layer, inputs: op.relu(inputs[0]),
    "sigmoid": lambda layer, inputs: op.sigmoid(inputs[0]),
    "pool": pool,
    "mean": lambda layer, inputs: op.reduce_mean(inputs[0], constant(PIXELS), keep_dims=True),
    "add": lambda layer, inputs: reduce(op.add, inputs),
    "multiply": lambda layer, inputs: op.multiply(*inputs),
    "concatenate": lambda layer, inputs: op.concat(inputs, CHANNELS),
    "pad_channels": pad_channels,
    "softmax": lambda layer, inputs: op.softmax(inputs[0], CHANNELS),
}


def build(network: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> ov.Model:
    """The model; `arrays` are the network's own, ``<layer>/<part>``."""
    image = op.parameter([1, *network["input"]], np.float32)
    tensors = {"input": op.transpose(image, constant([0, 3, 1, 2]))}
    for fields in network["layers"]:
        name = fields["name"]
        parts = {key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")}
        tensors[name] = LAYERS[fields["kind"]](Layer(fields, parts), [tensors[source] for source in fields["inputs"]])
    last = tensors[network["layers"][-1]["name"]]
    return ov.Model([op.transpose(last, constant([0, 2, 3, 1]))], [image])


def own_arrays(way: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {key.removeprefix(f"{way}/"): array for key, array in arrays.items() if key.startswith(f"{way}/")}


def output_of(run: ov.InferRequest, image: np.ndarray) -> np.ndarray:
    run.set_input_tensor(ov.Tensor(image))
    run.infer()
    return run.get_output_tensor().data.ravel().copy()


def main(networks: str, arrays_path: str, threads: str) -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print too

    def say(value: object) -> None:
        out.write(json.dumps(value) + "\n")
        out.flush()

    arrays = dict(np.load(arrays_path))
    options = {
        "INFERENCE_NUM_THREADS": int(threads),
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",  # of what is not in bits or bytes; bfloat16 by default on some processors
    }
    core = ov.Core()
    runs = {
        way: core.compile_model(
            core.read_model(network["model"]) if "model" in network else build(network, own_arrays(way, arrays)),
            "CPU",
            options,
        ).create_infer_request()
        for way, network in json.loads(Path(networks).read_text()).items()
    }
    images = [np.ascontiguousarray(image[None]) for image in arrays["images"]]
    say({"outputs": {way: [output_of(run, image).tolist() for image in images] for way, run in runs.items()}})
    first = ov.Tensor(images[0])
    for run in runs.values():
        run.set_input_tensor(first)
    for line in sys.stdin:
        infer = runs[line.strip()].infer
        start = time.perf_counter()
        infer(share_outputs=True)  # else Python copies what is there already
        say(1e3 * (time.perf_counter() - start))


if __name__ == "__main__":
    main(*sys.argv[1:])
