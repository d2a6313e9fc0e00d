"""A small network with three layers that can be changed.

A float convolution with stride 2 makes 16 x 16 pixels with 32 channels of an image of CIFAR-10. Three layers follow,
with a max pool before the second and the third, then a global pool and a head.
"""

from __future__ import annotations

from dataclasses import dataclass

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
