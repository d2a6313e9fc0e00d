"""The QuickNets: built for the latency of Larq Compute Engine."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNormOptions,
    BinaryConv,
    Block,
    BlurPool,
    Conv,
    DepthwiseConv,
    GlobalPool,
    Head,
    Repeat,
    Shortcut,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE
from bnn_designer.design.quantization import KernelConstraint, Quantizer

_NORM = BatchNormOptions(epsilon=1e-5)
#: The stem has Keras' defaults.
_STEM_NORM = BatchNormOptions(momentum=0.99)
_SIGN = Quantizer(name="ste_sign", clip_value=1.25)
_RELU = Activation(function="relu")


def stem(filters: int) -> tuple[Block, ...]:
    """A quarter of the filters in a 3x3 convolution, a depthwise and a pointwise one: 4 times smaller, and cheap."""
    bare = BatchNormOptions(momentum=0.99, center=False, scale=False)
    return (
        Conv(filters=filters // 4, strides=(2, 2), batch_norm=_STEM_NORM, activation="relu"),
        DepthwiseConv(strides=(2, 2), batch_norm=bare),
        Conv(filters=filters, kernel_size=(1, 1), batch_norm=_STEM_NORM),
    )


def section(times: int, filters: int) -> Repeat:
    """Binary convolutions, each with ReLU, batch norm and a shortcut."""
    conv = BinaryConv(
        filters=filters,
        input_quantizer=_SIGN,
        kernel_quantizer=_SIGN,
        kernel_constraint=KernelConstraint(clip_value=1.25),
        activation="relu",
        batch_norm=_NORM,
        order="activation_first",
    )
    return Repeat(times=times, body=(Shortcut(body=(conv,)),))


def transition(filters: int) -> tuple[Block, ...]:
    """Half the size by a blur pool, more channels by a float 1x1 convolution."""
    return _RELU, BlurPool(), Conv(filters=filters, kernel_size=(1, 1), batch_norm=_NORM)


def _quicknet(name: str, blocks: tuple[int, ...], filters: tuple[int, ...]) -> Design:
    body: list[Block] = [section(blocks[0], filters[0])]
    for times, width in zip(blocks[1:], filters[1:], strict=True):
        body += [*transition(width), section(times, width)]
    return Design(
        name=name,
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(*stem(filters[0]), *body, _RELU, GlobalPool(), Head()),
    )


def quicknet_small() -> Design:
    """QuickNetSmall for ImageNet: 16 binary convolutions, 32 to 512 channels, 17.5 ms on a Pixel 1; 59.4 % top-1.

    Bannink et al., "Larq Compute Engine", arXiv 2011.09398, as in Larq Zoo.
    """
    return _quicknet("quicknet-small", blocks=(4, 4, 4, 4), filters=(32, 64, 256, 512))


def quicknet() -> Design:
    """QuickNet for ImageNet: 16 binary convolutions, 64 to 512 channels, 27.4 ms on a Pixel 1; 63.3 % top-1.

    Bannink et al., "Larq Compute Engine", arXiv 2011.09398, as in Larq Zoo.
    """
    return _quicknet("quicknet", blocks=(4, 4, 4, 4), filters=(64, 128, 256, 512))


def quicknet_large() -> Design:
    """QuickNetLarge for ImageNet: 32 binary convolutions, 64 to 512 channels, 45.5 ms on a Pixel 1; 66.9 % top-1.

    Bannink et al., "Larq Compute Engine", arXiv 2011.09398, as in Larq Zoo.
    """
    return _quicknet("quicknet-large", blocks=(6, 8, 12, 6), filters=(64, 128, 256, 512))
