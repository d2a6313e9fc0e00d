"""The weights of a saved model, in the model that its design builds: layer by layer, and held to the same outputs."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file
from bnn_designer.graph import Graph, Layer, lower, ops
from bnn_designer.larq.legacy_weights import load_weights
from bnn_designer.larq.saved_config import is_hdf5
from bnn_designer.nn import build_model
from bnn_designer.nn.reading import read_model

#: In a ``.keras`` file, by Keras' own names.
_WEIGHTS, _METADATA = "model.weights.h5", "metadata.json"
#: What a weights file has beside its numbers, a layer at most; HDF5 keeps 2 kB for an empty group.
_BYTES_A_LAYER, _BYTES_A_FILE = 64 * 2**10, 2**20
#: Two ways to the same numbers in float32 differ by some of these, of scores up to 1 behind a softmax.
_TOLERANCE = 1e-4
_PROBES = 8


def model_with_weights(path: Path, saved: keras.Model, design: Design) -> tuple[keras.Model, float]:
    """The design's model with the weights of the file that it was read from.

    Args:
        path: the ``.keras`` or ``.h5`` file.
        saved: what ``model_in_file`` made of it; takes the file's weights.
        design: what ``design_of`` made of that.

    Returns:
        The model, and the largest difference of an output of both, of random images.

    Raises:
        BnnDesignerError: the file has no such weights, some have no place in the design, or outputs differ.
    """
    _load(path, saved)
    read = read_model(saved)
    graph = lower(design)
    model = build_model(graph, engine="float", seed=0)
    owners = dict(_layers_within(saved, ""))
    pairs = _paired(read.graph, graph)
    left = {name: list(layer.weights) for name, layer in owners.items()}
    for layer in read.graph.layers:
        target = model.get_layer(pairs[layer.name])
        given = left.get(_owner(layer, owners), [])
        if not target.weights:
            continue
        taken = [given.pop(0) for _ in target.weights if given]
        if [tuple(one.shape) for one in taken] != [tuple(one.shape) for one in target.weights]:
            rule = "its weights are laid out otherwise than those of the design's layer"
            raise BnnDesignerError(f"{path}: layer '{layer.path}': {rule}. Import it without its weights.")
        target.set_weights([np.asarray(one) for one in taken])
    return model, _difference(path, saved, model, read.adds_softmax)


def _load(path: Path, model: keras.Model) -> None:
    """The file's weights into the model that it describes."""
    if is_hdf5(path):
        load_weights(model, path)
        return
    try:
        _check_archive(path, model)
        model.load_weights(path)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, zipfile.BadZipFile) as error:
        first = " ".join(str(error).split())[:300].rstrip(".")
        mend = "Load it where it was saved, and save it there with model.save('model.h5')"
        raise BnnDesignerError(f"{path}: its weights cannot be read: {first}. {mend}.") from error


def _check_archive(path: Path, model: keras.Model) -> None:
    """Holds the file's weights to the size of the model's, and to numbers that are in this file."""
    most = 4 * model.count_params() + _BYTES_A_LAYER * len(list(_layers_within(model, ""))) + _BYTES_A_FILE
    with open_file(path) as raw, zipfile.ZipFile(raw) as archive:
        with archive.open(_METADATA) as file:
            version = json.loads(file.read(_BYTES_A_LAYER)).get("keras_version", "")
        with archive.open(_WEIGHTS) as file:
            content = file.read(most + 1)
    if not str(version).startswith("3."):
        # Keras 3 would take them by their order alone, which is not Keras 2's where layers run side by side.
        rule = f"Keras {version or '2'} wrote its weights without the names of layers"
        raise BnnDesignerError(f"{path}: {rule}. Save it there with model.save('model.h5'), which has them.")
    if len(content) > most:
        rule = f"its weights take more than {most:,} bytes, as many as its layers can have"
        raise BnnDesignerError(f"{path}: {rule}. Save the model anew, without its optimizer.")
    with h5py.File(io.BytesIO(content), "r") as weights:
        _check_links(path, weights)


def _check_links(path: Path, group: Any) -> None:
    for name in group:
        inner = group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
        outside = isinstance(inner, h5py.Dataset) and (inner.external or inner.is_virtual)
        if inner is None or outside:
            rule = "its weights are links to other places, and nothing but the file is read"
            raise BnnDesignerError(f"{path}: {rule}. Save the model anew with model.save().")
        if isinstance(inner, h5py.Group):
            _check_links(path, inner)


def _layers_within(model: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The layers of a model and of those in it, by names as ``read_model`` has them."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers_within(layer, f"{path}{layer.name}/")
        else:
            yield f"{path}{layer.name}", layer


def _owner(layer: Layer, owners: dict[str, Any]) -> str:
    """The layer of the model that a layer of its graph is, or is a part of."""
    name = layer.path
    while name not in owners and "." in name:
        name = name.rpartition(".")[0]
    return name


def _paired(graph: Graph, again: Graph) -> dict[str, str]:
    """For each layer of a graph the one of the other that is in its place; both have the same layers and connections.

    It goes from the output back, as what is summed may stand in another order.
    """
    one, other = _signatures(graph), _signatures(again)
    layers = [{layer.name: layer for layer in each.layers} for each in (graph, again)]
    found: dict[str, str] = {}
    open_pairs = [(graph.output.name, again.output.name)]
    while open_pairs:
        name, place = open_pairs.pop()
        if name in found or name not in layers[0]:
            continue
        found[name] = place
        inputs = [list(layers[0][name].inputs), list(layers[1][place].inputs)]
        if isinstance(layers[0][name].op, ops.Add):
            inputs = [sorted(inputs[0], key=one.__getitem__), sorted(inputs[1], key=other.__getitem__)]
        open_pairs += zip(*inputs, strict=True)
    return found


def _signatures(graph: Graph) -> dict[str, int]:
    """A number for each tensor, made of its operation and those of all that it reads, in any order where it sums."""
    known = {graph.input.name: hash(graph.input.shape)}
    for layer in graph.layers:
        inputs = [known[name] for name in layer.inputs]
        if isinstance(layer.op, ops.Add):
            inputs.sort()
        known[layer.name] = hash((str(layer.op), *inputs))
    return known


def _difference(path: Path, saved: keras.Model, model: keras.Model, adds_softmax: bool) -> float:
    """The largest difference of an output of random images."""
    shape = model.input.shape[1:]
    images = np.random.default_rng(0).normal(0, 1, (_PROBES, *shape)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one input, which models of Keras 2 have in a list
        wanted = keras.ops.convert_to_tensor(saved(images, training=False))
    if adds_softmax:
        wanted = keras.ops.softmax(wanted)
    found = np.asarray(model(images, training=False))
    apart = float(np.abs(found - np.asarray(wanted).reshape(found.shape)).max())
    if not apart <= _TOLERANCE:
        rule = f"the design's model, with its weights, gives other outputs (they differ by up to {apart:.2g})"
        raise BnnDesignerError(f"{path}: {rule}. Import it without its weights, and train it here.")
    return apart
