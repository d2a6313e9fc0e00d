"""A small network with three layers that can be changed, and what it costs on a device, operator by operator.

A float convolution with stride 2 makes 16 x 16 pixels with 32 channels of an image of CIFAR-10. Three layers follow,
with a max pool before the second and the third, then a global pool and a head. All figures are the cost model's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bnn_designer.cost import CostReport, DeployedCost, cost
from bnn_designer.cost.latency.devices import latency_model, latency_on
from bnn_designer.cost.latency.model import Estimate, operator_works
from bnn_designer.design import Design
from bnn_designer.design.blocks import (
    BatchNormOptions,
    BinaryConv,
    Block,
    Conv,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Shortcut,
)

#: Height and width of the image before each of the three layers.
SIZES = (16, 8, 4)
#: Channels that the first layer makes.
CHANNELS = 32
#: The device whose published latencies the model was fitted to.
DEVICE = "pixel-1"

_NORM = BatchNormOptions()


@dataclass(frozen=True)
class Layer:
    """One of the three layers: a 3x3 convolution with batch norm.

    Attributes:
        width: its filters.
        is_float: whether it is in full precision, with ReLU; else its weights and inputs are signs.
        shortcut: whether what it reads is added to what it gives.
    """

    width: int
    is_float: bool = False
    shortcut: bool = False


#: The three layers.
Layers = tuple[Layer, Layer, Layer]


@dataclass(frozen=True)
class Stage:
    """One of the networks that are looked at operator by operator; ``title`` as the lesson calls it."""

    title: str
    layers: Layers


def _alike(layer: Layer) -> Layers:
    return (layer, layer, layer)


STAGES: tuple[Stage, ...] = (
    Stage("full precision", _alike(Layer(CHANNELS, is_float=True))),
    Stage("binary", _alike(Layer(CHANNELS))),
    Stage("binary, with shortcuts", _alike(Layer(CHANNELS, shortcut=True))),
)


def network(layers: Layers, name: str = "small-net") -> Design:
    """The network with these layers; ``layer_1`` to ``layer_3`` are their blocks."""
    blocks: list[Block] = [Conv(id="first", filters=CHANNELS, strides=(2, 2), batch_norm=_NORM)]
    for number, layer in enumerate(layers, start=1):
        if number > 1:
            blocks.append(PoolBatchNorm(id=f"pool_{number - 1}", batch_norm=None))
        block = _convolution(f"layer_{number}", layer)
        blocks.append(Shortcut(id=f"shortcut_{number}", body=(block,)) if layer.shortcut else block)
    return Design(name=name, blocks=(*blocks, GlobalPool(), Head()))


def _convolution(name: str, layer: Layer) -> BinaryConv | Conv:
    if layer.is_float:
        return Conv(id=name, filters=layer.width, batch_norm=_NORM, activation="relu")
    return BinaryConv(id=name, filters=layer.width, batch_norm=_NORM)


@dataclass(frozen=True)
class Moment:
    """One operator while it runs.

    Attributes:
        name: of the operator, in the words of the designer.
        kind: Larq Compute Engine's or TensorFlow Lite's name.
        live_bytes: what is in memory at that time, by its role: image, float, binary, working memory.
        constant_bytes: what the file holds for it.
        ms: its part of the estimated latency.
    """

    name: str
    kind: str
    live_bytes: dict[str, int]
    constant_bytes: int
    ms: float

    @property
    def ram_bytes(self) -> int:
        return sum(self.live_bytes.values())


@dataclass(frozen=True)
class DeviceCost:
    """What a network costs on a device.

    Attributes:
        moments: its operators in running order.
        file_bytes: the file, for the flash.
        arena_bytes: the RAM that is set aside for its tensors.
        latency: of one image, estimated.
        operators_ms: the part of it that does not depend on what the operators do, but on how many they are.
    """

    moments: tuple[Moment, ...]
    file_bytes: int
    arena_bytes: int
    latency: Estimate
    operators_ms: float


def report(layers: Layers) -> tuple[CostReport, DeployedCost]:
    """The cost model's report of the network with these layers, and what it is as deployed."""
    found = cost(network(layers))
    assert isinstance(found.deployed, DeployedCost)  # all of them run on LCE
    return found, found.deployed


@cache
def device_cost(layers: Layers) -> DeviceCost:
    """What the network with these layers costs, operator by operator."""
    found, deployed = report(layers)
    model, works = latency_model(DEVICE), operator_works(found.program)
    moments = []
    for step, op in zip(deployed.timeline.steps, found.program.operators, strict=True):
        live: dict[str, int] = {}
        for span in step.live:
            live[span.role] = live.get(span.role, 0) + span.size_bytes
        constants = sum(constant.size_bytes for constant in op.constants)
        moments.append(Moment(op.name, op.kind, live, constants, model.predict(works[op.name])))
    return DeviceCost(
        tuple(moments),
        deployed.file_bytes,
        deployed.arena_bytes,
        latency(deployed),
        model.coefficients[-1] * len(moments),
    )


def latency(deployed: DeployedCost) -> Estimate:
    """Of one image on :data:`DEVICE`."""
    found = latency_on(DEVICE, deployed)
    assert isinstance(found, Estimate)  # it has published latencies
    return found
