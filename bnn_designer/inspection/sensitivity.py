"""What the binarization of each layer costs as the network is: one layer at a time computes with floats, nothing else.

A sign is put back to what it stands for: ``x / mean |x|`` for an input and ``w mean |q| / mean |w|`` for a filter with
latent weights w and binary ones q. ``mean |x| sign(x)`` is the multiple of the signs that is nearest to x (Rastegari et
al., "XNOR-Net", arXiv 1603.05279, section 3.1), so that the sums behind stay as large as the batch norm knows them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.graph import Graph, Layer, Tensor, ops
from bnn_designer.inspection.looking import IMAGES, chosen_images
from bnn_designer.inspection.origin import Origin
from bnn_designer.inspection.sensitivity_report import VERSION, Change, LayerCost, Sensitivity
from bnn_designer.inspection.stages import has_binary_kernel, has_sign
from bnn_designer.measuring.carrying_out import Say
from bnn_designer.measuring.checkpoint import TrainedModel
from bnn_designer.measuring.images import scaled
from bnn_designer.nn import build_model
from bnn_designer.packing.trained import Trained
from bnn_designer.training.data.images import Images

FloatArray = npt.NDArray[np.float32]
Values = Mapping[str, Any]

#: Mean and variance of each channel.
Norm = tuple[Any, ...]

_BATCH, _BATCH_BYTES = 50, 2**28
_ANEW = "norms_anew"
#: Training images from which the sizes of inputs and the statistics of batch norms are taken.
NORM_IMAGES, _NORM_BYTES = 200, 2**30


def sensitivity(
    trained: TrainedModel,
    data: Images,
    say: Say,
    origin: Origin = Origin(),  # noqa: B008 - it is frozen
    images: int = IMAGES,
) -> Sensitivity:
    """Of how many images the answer turns right or wrong where one layer computes with floats.

    Arguments are those of :func:`looking.look_inside`, and the images the same.
    """
    chosen = chosen_images(len(data.test_images), images)
    walk = _Walk(trained)
    known = walk.all(scaled(data.train_images[: _fitting(trained.graph, NORM_IMAGES, _NORM_BYTES)]))
    swaps = [swap for layer in trained.graph.layers for swap in _swaps(trained, layer, known, origin.has_latent)]
    norms = {swap: walk.norms(known, swap) for swap in swaps if swap.what == _ANEW}
    del known
    right: list[npt.NDArray[np.bool_]] = []
    relaxed: dict[tuple[str, str], list[npt.NDArray[np.bool_]]] = {}
    size = _fitting(trained.graph, _BATCH, _BATCH_BYTES)
    batches = [chosen[first : first + size] for first in range(0, len(chosen), size)]
    for number, places in enumerate(batches):
        labels = data.test_labels[places]
        values = walk.all(scaled(data.test_images[places]))
        right.append(walk.answers(values) == labels)
        for place, swap in enumerate(swaps):
            done = (number + place / len(swaps)) / len(batches)
            say(f"{len(swaps)} changes, one at a time, on {len(chosen):,} test images", 0.05 + 0.95 * done)
            answers = walk.answers(walk.changed(values, swap, norms.get(swap, {})))
            relaxed.setdefault((swap.layer.name, swap.what), []).append(answers == labels)
    before = np.concatenate(right)
    after = {key: np.concatenate(parts) for key, parts in relaxed.items()}

    def change(layer: Layer, what: str) -> Change | None:
        if (layer.name, what) not in after:
            return None
        now = after[layer.name, what]
        return Change(gained=int((now & ~before).sum()), lost=int((before & ~now).sum()))

    return Sensitivity(
        version=VERSION,
        run_id=origin.run_id,
        made_at=time.time(),
        epoch_file=origin.epoch_file,
        weights_mark=origin.weights_mark,
        images=len(chosen),
        right=int(before.sum()),
        layers=tuple(
            LayerCost(
                name=layer.name,
                path=layer.path,
                inputs=change(layer, "inputs"),
                weights=change(layer, "weights"),
                both=change(layer, "both"),
                norms_anew=change(layer, _ANEW),
            )
            for layer in trained.graph.layers
            if any(name == layer.name for name, _ in after)
        ),
    )


@dataclass(frozen=True, eq=False)
class _Swap:
    """A layer, what of it is put back to floats (``inputs``, ``weights``, ``both``), and what computes it then.

    Of ``norms_anew`` it is both, and the batch norms behind the layer have statistics of their own.
    """

    layer: Layer
    what: str
    model: Any


class _Walk:
    """Computes a network layer by layer, so that what does not depend on a changed layer is computed once."""

    def __init__(self, trained: TrainedModel) -> None:
        self.graph = trained.graph
        self.layers = {layer.name: trained.model.get_layer(layer.name) for layer in trained.graph.layers}

    def all(self, images: FloatArray) -> dict[str, Any]:
        """Every tensor, by its name."""
        values: dict[str, Any] = {self.graph.input.name: keras.ops.convert_to_tensor(images)}
        for layer in self.graph.layers:
            values[layer.name] = self._computed(layer, values)
        return values

    def changed(self, values: Values, swap: _Swap, norms: Mapping[str, Norm]) -> dict[str, Any]:
        """The tensors that depend on a changed layer, and the others as they were.

        Args:
            norms: the statistics of batch norms that do not take their own.
        """
        found = dict(values)
        for layer in self._behind(found, swap):
            norm = norms.get(layer.name)
            found[layer.name] = self._computed(layer, found) if norm is None else self._normed(layer, found, norm)
        return found

    def norms(self, values: Values, swap: _Swap) -> dict[str, Norm]:
        """The statistics of the batch norms behind a changed layer, of these images, from the first one to the last."""
        found, norms = dict(values), {}
        for layer in self._behind(found, swap):
            if isinstance(layer.op, ops.BatchNorm):
                source = found[layer.inputs[0]]
                norms[layer.name] = tuple(tf.nn.moments(source, list(range(len(source.shape) - 1))))
                found[layer.name] = self._normed(layer, found, norms[layer.name])
            else:
                found[layer.name] = self._computed(layer, found)
        return norms

    def _behind(self, found: dict[str, Any], swap: _Swap) -> Iterator[Layer]:
        """Computes the changed layer, and then names those that depend on it, in running order."""
        found[swap.layer.name] = swap.model(found[swap.layer.inputs[0]], training=False)
        others = {swap.layer.name}
        for layer in self.graph.layers:
            if layer.name not in others and others.intersection(layer.inputs):
                others.add(layer.name)
                yield layer

    def _normed(self, layer: Layer, values: Values, norm: Norm) -> Any:
        own = self.layers[layer.name]
        source = values[layer.inputs[0]]
        return tf.nn.batch_normalization(source, *norm, own.beta, own.gamma, own.epsilon)

    def answers(self, values: Values) -> npt.NDArray[np.int64]:
        """The likeliest class of each image."""
        outputs = np.asarray(values[self.graph.output.name])
        answers: npt.NDArray[np.int64] = outputs.reshape(len(outputs), -1).argmax(axis=1)
        return answers

    def _computed(self, layer: Layer, values: Values) -> Any:
        inputs = [values[name] for name in layer.inputs]
        return self.layers[layer.name](inputs[0] if len(inputs) == 1 else inputs, training=False)


def _fitting(graph: Graph, most: int, most_bytes: int) -> int:
    """So many images at most, and at least one, that all their tensors, as they are and changed, take no more bytes."""
    elements = graph.input.elements + sum(layer.output.elements for layer in graph.layers)
    return max(1, min(most, most_bytes // (2 * 4 * elements)))


def _swaps(trained: TrainedModel, layer: Layer, values: Values, has_latent: bool) -> list[_Swap]:
    """What can be put back to floats in a layer."""
    signs, latent = has_sign(layer), has_latent and has_binary_kernel(layer)
    found = []
    if signs:
        found.append(_Swap(layer, "inputs", _relaxed(trained, layer, values, inputs=True, weights=False)))
    if latent:
        found.append(_Swap(layer, "weights", _relaxed(trained, layer, values, inputs=False, weights=True)))
    if signs and latent:
        both = _relaxed(trained, layer, values, inputs=True, weights=True)
        found += [_Swap(layer, "both", both), _Swap(layer, _ANEW, both)]
    return found


def _relaxed(trained: TrainedModel, layer: Layer, values: Values, *, inputs: bool, weights: bool) -> Any:
    """A model of one layer in float, with what is wanted put back; the rest is as the layer has it."""
    op = layer.op
    assert isinstance(op, ops.QuantizedOp)
    own = trained.model.get_layer(layer.name)
    binary, scale = Trained(trained.graph, trained.model).kernel(layer.name)
    depthwise = isinstance(op, ops.DepthwiseConv2D)
    kernel = binary if scale is None else binary * (scale[:, None] if depthwise else scale)
    if weights:
        latent = np.asarray(own.kernel, np.float32)
        axes = (0, 1) if depthwise else tuple(range(latent.ndim - 1))
        sizes = [np.abs(one).mean(axis=axes, keepdims=True) for one in (kernel, latent)]
        kernel = latent * (sizes[0] / np.maximum(sizes[1], np.finfo(np.float32).tiny))
    changes: dict[str, Any] = {"kernel_quantizer": None, "kernel_constraint": None}
    source = values[layer.inputs[0]]
    if inputs:
        size = float(np.abs(np.asarray(source)).mean()) or 1.0
        kernel = kernel / size
        changes["input_quantizer"] = None
        if isinstance(op, ops.Convolution):
            changes["pad_values"] = op.pad_values * size
    tensor = Tensor("source", tuple(source.shape[1:]))
    alone = replace(layer, op=replace(op, **changes), inputs=(tensor.name,))
    model = build_model(Graph("relaxed", tensor, (alone,), trained.graph.classes), engine="float")
    made = model.get_layer(layer.name)
    made.kernel.assign(kernel)
    if own.bias is not None:
        made.bias.assign(np.asarray(own.bias))
    return model
