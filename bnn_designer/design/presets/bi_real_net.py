"""Bi-Real Net with 18 layers."""

from __future__ import annotations

from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, PoolBatchNorm, Shortcut
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE


def bi_real_net() -> Design:
    """Bi-Real Net for ImageNet: ResNet-18 with a shortcut around every binary convolution; 57.5 % top-1.

    Liu et al., arXiv 1808.00278, as in Larq Zoo: the gradient of the inputs' sign is a triangle, the weights' signs are
    scaled by each filter's mean magnitude; a 2x2 average pool and a float 1x1 convolution bypass a change of shape.
    """
    norm = BatchNormOptions(momentum=0.8)

    def block(filters: int, stride: int = 1) -> Shortcut:
        conv = BinaryConv(
            filters=filters,
            strides=(stride, stride),
            pad_values=0,
            input_quantizer="approx_sign",
            kernel_quantizer="magnitude_aware_sign",
            batch_norm=norm,
        )
        return Shortcut(body=(conv,), on_shape_change="average_pool_pointwise", batch_norm=norm)

    def stage(filters: int, stride: int = 2) -> tuple[Shortcut, ...]:
        return block(filters, stride), block(filters), block(filters), block(filters)

    return Design(
        name="bi-real-net",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=64, kernel_size=(7, 7), strides=(2, 2), batch_norm=norm),
            PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), padding="same", batch_norm=None),
            *(*stage(64, stride=1), *stage(128), *stage(256), *stage(512)),
            GlobalPool(),
            Head(),
        ),
    )
