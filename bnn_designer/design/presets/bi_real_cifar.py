"""A small Bi-Real net for CIFAR-10."""

from __future__ import annotations

from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.design.document import Design


def bi_real_cifar() -> Design:
    """A small Bi-Real net for CIFAR-10: a shortcut around every binary convolution, float stem and head.

    Liu et al., arXiv 1808.00278: real values flow past each binary convolution, the gradient of the sign is the
    triangle 2 - 2|x|, and where the shape changes the shortcut takes a 2x2 average pool and a float 1x1 convolution.
    The depth and the widths (three stages of two, 32 to 128 channels) are ours, for short trials.
    """
    norm = BatchNormOptions()

    def block(filters: int, strides: int = 1) -> Shortcut:
        conv = BinaryConv(filters=filters, strides=(strides, strides), input_quantizer="approx_sign", batch_norm=norm)
        return Shortcut(body=(conv,), on_shape_change="average_pool_pointwise")

    return Design(
        name="bi-real-cifar",
        blocks=(
            Conv(filters=32, batch_norm=norm),
            *(block(32), block(32)),
            *(block(64, strides=2), block(64)),
            *(block(128, strides=2), block(128)),
            GlobalPool(),
            Head(classifier="dense"),
        ),
    )
