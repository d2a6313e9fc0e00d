"""A graph without signs and its weights as ``peer_scripts/openvino_rounds.py`` reads it, which knows nothing of this
project.

Products become float convolutions, or int8 ones where the ranges of what they read are given. A dense layer is a
convolution of the whole image in front of it, so that no image has to be brought into another order to be flattened.
Batch norms are factor and offset; that OpenVINO folds them into filters and whatever else, is its own doing. A
network of signs goes to OpenVINO as it is exported (``export/openvino``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import Graph, Layer, ops
from bnn_designer.packing.drafts import StepDraft
from bnn_designer.packing.trained import Trained

Array = npt.NDArray[Any]
#: A tensor's name -> its least and greatest value.
Ranges = Mapping[str, tuple[float, float]]

_INT8_MAX = 127
#: Of filters: without VNNI two products with a byte of up to 255 are added in 16 bits, and 2 * 255 * 63 still fits.
_FILTER_MAX = 63
_PADDING = {"same": "same_upper", "valid": "valid"}
_WHOLE = {"strides": (1, 1), "dilation": (1, 1), "padding": "valid"}


class UnsupportedError(BnnDesignerError):
    """OpenVINO has nothing that computes a layer so."""


@dataclass
class Description:
    """A network as the script reads it.

    Attributes:
        input: the image's shape, [height, width, channels].
        layers, arrays: see the script; arrays by ``<layer>/<part>``.
    """

    input: tuple[int, ...]
    layers: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        return {"input": self.input, "layers": self.layers}


def describe(graph: Graph, model: Any, ranges: Ranges | None = None) -> Description:
    """The network with the model's weights.

    Args:
        graph: as ``lower`` gives it, but without any quantizer of inputs.
        model: what ``build_model(graph)`` made.
        ranges: of what layers with a kernel read: int8; None: in float.

    Raises:
        UnsupportedError: a layer cannot be had.
    """
    writing = _Writing(graph, Trained(graph, model), ranges)
    for layer in graph.layers:
        if type(layer.op) not in LAYERS:
            raise UnsupportedError(
                f"layer '{layer.name}' is of the kind {type(layer.op).__name__}, which has no entry here"
            )
        writing.flattened(layer)
        writing.names[layer.name] = LAYERS[type(layer.op)](writing, layer)
    return writing.network


def filter_bytes(filters: Array) -> tuple[Array, Array]:
    """Filters in int8 from -63 to 63, and the scale of each that brings them back.

    Args:
        filters: [..., channels, height, width].
    """
    largest = np.abs(filters).max(axis=(-3, -2, -1), keepdims=True)
    scale = (np.where(largest > 0, largest, 1) / _FILTER_MAX).astype(np.float32)
    return np.round(filters / scale).astype(np.int8), scale


class _Writing:
    """A description while it is made.

    Attributes:
        names: a tensor of the graph -> the layer of the description that makes it.
        images: a tensor of the graph -> the image, [height, width, channels], that it is here: a flattened one stays
            what it was.
    """

    def __init__(self, graph: Graph, trained: Trained, ranges: Ranges | None) -> None:
        self.graph, self.trained, self.ranges = graph, trained, ranges
        self.network = Description(graph.input.shape)
        self.names = {graph.input.name: "input"}
        self.images: dict[str, tuple[int, ...]] = {}
        for tensor in graph.tensors.values():
            self.images[tensor.name] = tensor.shape if len(tensor.shape) == 3 else (1, 1, *tensor.shape)
        #: A layer of the description -> the one that has it in int8.
        self.bytes: dict[str, str] = {}

    def add(self, kind: str, *inputs: str, arrays: Mapping[str, Array] | None = None, **fields: Any) -> str:
        """A layer that reads layers of the description; its name."""
        name = f"{len(self.network.layers)}:{kind}"
        self.network.layers.append({"kind": kind, "name": name, "inputs": inputs, **fields})
        self.network.arrays |= {f"{name}/{part}": array for part, array in (arrays or {}).items()}
        return name

    def quantized(self, tensor: str) -> str:
        """In int8, once for all products that read it; who else reads it has it in float."""
        source = self.names[tensor]
        if self.ranges is None:
            return source
        if source not in self.bytes:
            least, greatest = self.ranges[tensor]
            largest = max(-least, greatest)
            low = -largest * (_INT8_MAX + 1) / _INT8_MAX if least < 0 else 0.0
            self.bytes[source] = self.add("quantize", source, low=low, high=largest)
        return self.bytes[source]

    def flattened(self, layer: Layer) -> None:
        """Notes the image that a layer makes of a flattened one, feature by feature.

        Raises:
            UnsupportedError: it does not work feature by feature, and their order is another one here.
        """
        if len(layer.output.shape) != 1 or isinstance(layer.op, (*ops.WITH_KERNEL, ops.GlobalAveragePool)):
            return
        images = {self.images[name] for name in layer.inputs}
        one_by_one = len(layer.inputs) == 1 and not isinstance(layer.op, ops.PadChannels | ops.Softmax)
        if not one_by_one and any(image[:2] != (1, 1) for image in images):
            raise UnsupportedError(f"layer '{layer.name}' reads a flattened image, which is still an image here")
        if one_by_one:
            (self.images[layer.name],) = images

    def inputs(self, layer: Layer) -> list[str]:
        return [self.names[name] for name in layer.inputs]

    def channels(self, values: Array, tensor: str) -> Array:
        """A number for each channel, or for each feature of a flattened image, in the order of OpenVINO."""
        image = self.images[tensor]
        shape = image if values.size == np.prod(image) else (1, 1, values.size)
        return np.ascontiguousarray(values.reshape(shape).transpose(2, 0, 1)[None])

    def affine(self, source: str, factor: Array, offset: Array, tensor: str) -> str:
        arrays = {"factor": self.channels(factor, tensor), "offset": self.channels(offset, tensor)}
        return self.add("affine", source, arrays=arrays)

    def steps(self, layer: Layer) -> str:
        """A layer that works channel by channel."""
        (name,) = self.inputs(layer)
        for step in self.trained.steps(layer.name):
            name = self.step(name, step, layer.name)
        return name

    def step(self, source: str, step: StepDraft, tensor: str) -> str:
        if step.kind == "affine":
            factor, offset = step.numbers
            return self.affine(source, factor, offset, tensor)
        if step.kind == "prelu":
            return self.add("prelu", source, arrays={"slope": self.channels(step.numbers[0], tensor)})
        if step.kind == "clamp" and np.isinf(step.high):
            return self.add("relu", source)
        if step.kind == "clamp":
            return self.add("clamp", source, low=step.low, high=step.high)
        return self.add(step.kind, source)

    def product(self, layer: Layer, window: Mapping[str, Any], filters: Array, groups: int = 1) -> str:
        """A convolution with the scale of its filters and its bias.

        Args:
            layer: of the graph.
            window: strides, dilation, padding.
            filters: [filters, channels of a group, height, width].
            groups: of the channels.
        """
        op = layer.op
        assert isinstance(op, ops.QuantizedOp)
        source = self.quantized(layer.inputs[0])
        name = self.float_product(layer, source, window, filters, groups)
        _, scale = self.trained.kernel(layer.name)
        bias = self.trained.bias(layer.name)
        if scale is None and bias is None:
            return name
        one = np.ones(layer.output.shape[-1:], np.float32)
        return self.affine(name, one if scale is None else scale, 0 * one if bias is None else bias, layer.name)

    def float_product(self, layer: Layer, source: str, window: Mapping[str, Any], filters: Array, groups: int) -> str:
        op = layer.op
        assert isinstance(op, ops.QuantizedOp)
        if op.input_quantizer is not None:
            raise UnsupportedError(
                f"layer '{layer.name}' reads {op.input_quantizer}, and this is for networks in float and int8"
            )
        if getattr(op, "pad_values", 0) and window["padding"] != "valid":
            raise UnsupportedError(
                f"layer '{layer.name}' has ones around floats, and OpenVINO's Convolution has zeros there"
            )
        if groups > 1:
            filters = filters.reshape(groups, -1, *filters.shape[1:])
        arrays = {"filters": filters}
        if self.ranges is not None:
            arrays["filters"], arrays["scale"] = filter_bytes(filters)
        return self.add("conv", source, arrays=arrays, groups=groups, **window)


def _window(op: ops.Convolution) -> dict[str, Any]:
    return {"strides": op.strides, "dilation": op.dilation, "padding": _PADDING[op.padding]}


def _conv2d(writing: _Writing, layer: Layer) -> str:
    assert isinstance(layer.op, ops.Conv2D)
    kernel, _ = writing.trained.kernel(layer.name)
    filters = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
    return writing.product(layer, _window(layer.op), filters, layer.op.groups)


def _depthwise_conv2d(writing: _Writing, layer: Layer) -> str:
    assert isinstance(layer.op, ops.DepthwiseConv2D)
    kernel, _ = writing.trained.kernel(layer.name)
    filters = np.ascontiguousarray(kernel.transpose(2, 3, 0, 1))
    return writing.product(layer, _window(layer.op), filters, groups=len(filters))


def _dense(writing: _Writing, layer: Layer) -> str:
    kernel, _ = writing.trained.kernel(layer.name)
    image = writing.images[layer.inputs[0]]
    filters = np.ascontiguousarray(kernel.reshape(*image, -1).transpose(3, 2, 0, 1))
    return writing.product(layer, _WHOLE, filters)


def _pool2d(writing: _Writing, layer: Layer) -> str:
    op = layer.op
    assert isinstance(op, ops.Pool2D)
    window = {"strides": op.strides, "padding": _PADDING[op.padding]}
    return writing.add("pool", *writing.inputs(layer), arrays=None, of=op.kind, size=op.pool_size, **window)


def _unchanged(writing: _Writing, layer: Layer) -> str:
    return writing.names[layer.inputs[0]]


def _of_kind(kind: str) -> Callable[[_Writing, Layer], str]:
    """A layer without numbers of its own."""
    return lambda writing, layer: writing.add(kind, *writing.inputs(layer))


def _pad_channels(writing: _Writing, layer: Layer) -> str:
    assert isinstance(layer.op, ops.PadChannels)
    return writing.add("pad_channels", *writing.inputs(layer), before=layer.op.before)


LAYERS: dict[type[ops.Op], Callable[[_Writing, Layer], str]] = {
    ops.Conv2D: _conv2d,
    ops.DepthwiseConv2D: _depthwise_conv2d,
    ops.Dense: _dense,
    ops.BatchNorm: _Writing.steps,
    ops.Activation: _Writing.steps,
    ops.ChannelShift: _Writing.steps,
    ops.Dropout: _unchanged,
    ops.Flatten: _unchanged,
    ops.Pool2D: _pool2d,
    ops.GlobalAveragePool: _of_kind("mean"),
    ops.Add: _of_kind("add"),
    ops.Concatenate: _of_kind("concatenate"),
    ops.PadChannels: _pad_channels,
    ops.ScaleChannels: _of_kind("multiply"),
    ops.Softmax: _of_kind("softmax"),
}
