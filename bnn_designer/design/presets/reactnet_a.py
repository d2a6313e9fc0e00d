"""ReActNet-A: MobileNet with binary convolutions and learned thresholds."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNormOptions,
    BinaryConv,
    Block,
    ChannelShift,
    Conv,
    GlobalPool,
    Head,
    Shortcut,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE

_NORM = BatchNormOptions(epsilon=1e-5)


def _binary(filters: int, kernel_size: int, stride: int = 1) -> tuple[Block, ...]:
    """RSign, a binary convolution, batch norm, a shortcut without weights; RPReLU behind them."""
    conv = BinaryConv(
        filters=filters,
        kernel_size=(kernel_size, kernel_size),
        strides=(stride, stride),
        pad_values=0,
        input_quantizer="approx_sign",
        kernel_quantizer="magnitude_aware_sign",
        batch_norm=_NORM,
    )
    shortcut = Shortcut(body=(ChannelShift(), conv), on_shape_change="average_pool_duplicate")
    return shortcut, Activation(function="rprelu")


def unit(channels: int, filters: int, stride: int = 1) -> tuple[Block, ...]:
    """MobileNet's unit: a 3x3 convolution, then a 1x1 one that may double the channels.

    The paper doubles them by two 1x1 convolutions of the same input, each with a shortcut; that is one with twice the
    filters, and a shortcut that passes the input twice.
    """
    return *_binary(channels, 3, stride), *_binary(filters, 1)


def reactnet_a() -> Design:
    """ReActNet-A for ImageNet: binary MobileNet with shifted signs and PReLUs, 0.87e8 OPs; 69.4 % top-1.

    Liu et al., arXiv 2003.03488, and the authors' code. The accuracy needs their distillation in two steps.
    """
    return Design(
        name="reactnet-a",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=32, strides=(2, 2), batch_norm=_NORM),
            *unit(32, 64),
            *(*unit(64, 128, stride=2), *unit(128, 128)),
            *(*unit(128, 256, stride=2), *unit(256, 256)),
            *unit(256, 512, stride=2),
            *(block for _ in range(5) for block in unit(512, 512)),
            *(*unit(512, 1024, stride=2), *unit(1024, 1024)),
            GlobalPool(),
            Head(),
        ),
    )
