"""Group-Net: each group of layers becomes the sum of several binary ones."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNormOptions,
    BinaryConv,
    Branches,
    Conv,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Sequence,
    Shortcut,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE

_BASES = 5


def group_net_18() -> Design:
    """Group-Net-18 for ImageNet: each residual block of ResNet-18 as the sum of five binary ones.

    Zhuang et al., "Structured Binary Neural Networks", arXiv 1811.10413, decomposed group-wise. The scale of each base
    is the gamma of its last batch norm. Left out: the learned gates between the bases of neighboring groups, and a ReLU
    in the stem, behind which every sign would be +1.
    """
    norm = BatchNormOptions()

    def base(filters: int, stride: int) -> Sequence:
        first = BinaryConv(filters=filters, strides=(stride, stride), pad_values=0, batch_norm=norm)
        return Sequence(body=(first, BinaryConv(filters=filters, pad_values=0, batch_norm=norm)))

    def group(filters: int, stride: int = 1) -> Shortcut:
        bases = Branches(body=(base(filters, stride),) * _BASES, merge="add")
        return Shortcut(body=(bases,), on_shape_change="average_pool_pointwise", batch_norm=norm)

    def stage(filters: int, stride: int = 2) -> tuple[Shortcut, ...]:
        return group(filters, stride), group(filters)

    return Design(
        name="group-net-18",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=64, kernel_size=(7, 7), strides=(2, 2), batch_norm=norm),
            PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), padding="same", batch_norm=None),
            *(*stage(64, stride=1), *stage(128), *stage(256), *stage(512)),
            Activation(function="relu"),
            GlobalPool(),
            Head(),
        ),
    )
