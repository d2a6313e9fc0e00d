"""Real-to-Binary Net: the scales of a binary convolution's output depend on its input."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    BatchNormOptions,
    BinaryConv,
    ChannelScaling,
    Conv,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Shortcut,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE


def real_to_binary_net() -> Design:
    """Real-to-Binary Net for ImageNet: ResNet-18, channels scaled by what the input holds; 65.0 % top-1.

    Martinez et al., arXiv 2003.11535, as in Larq Zoo. Its accuracy comes from the paper's three-stage training too.
    """
    norm = BatchNormOptions(momentum=0.99)

    def block(filters: int, stride: int = 1) -> Shortcut:
        conv = BinaryConv(filters=filters, strides=(stride, stride), pad_values=0)
        body = (BatchNorm(batch_norm=norm), ChannelScaling(body=(conv,), reduction=8), Activation(function="prelu"))
        return Shortcut(body=body, on_shape_change="average_pool_pointwise", batch_norm=norm)

    def stage(filters: int, stride: int = 2) -> tuple[Shortcut, ...]:
        return block(filters, stride), block(filters), block(filters), block(filters)

    return Design(
        name="real-to-binary-net",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=64, kernel_size=(7, 7), strides=(2, 2), batch_norm=norm, activation="prelu"),
            PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), padding="same", batch_norm=None),
            *(*stage(64, stride=1), *stage(128), *stage(256), *stage(512)),
            GlobalPool(),
            Head(),
        ),
    )
