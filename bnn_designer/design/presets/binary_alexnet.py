"""BinaryNet's ideas on AlexNet, for ImageNet."""

from __future__ import annotations

from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, BinaryDense, Flatten, Head, PoolBatchNorm
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE


def binary_alexnet() -> Design:
    """Binary AlexNet for ImageNet: every layer binary, the first one with float inputs, no shortcut; 36.3 % top-1.

    Hubara et al., "Binarized Neural Networks", NIPS 2016 (arXiv 1602.02830), as in Larq Zoo: max pool, then batch norm
    without gamma; zeros as padding; the classifier is binary too.
    """
    norm = BatchNormOptions(scale=False)
    pool = PoolBatchNorm(pool="max", pool_size=3, strides=2, batch_norm=norm)

    def conv(filters: int, kernel_size: int, pooled: bool = False) -> BinaryConv:
        size = (kernel_size, kernel_size)
        return BinaryConv(filters=filters, kernel_size=size, pad_values=0, batch_norm=None if pooled else norm)

    def dense(units: int) -> BinaryDense:
        return BinaryDense(units=units, batch_norm=norm)

    stem = BinaryConv(filters=64, kernel_size=11, strides=4, pad_values=0, input_quantizer=None)
    return Design(
        name="binary-alexnet",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            *(stem, pool),
            *(conv(192, 5, pooled=True), pool),
            *(conv(384, 3), conv(384, 3), conv(256, 3, pooled=True), pool),
            Flatten(),
            *(dense(4096), dense(4096), dense(IMAGENET_CLASSES)),
            Head(classifier="none"),
        ),
    )
