"""A VGG-like network that follows the guide: first and last layer in full precision."""

from __future__ import annotations

from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, Flatten, Head, PoolBatchNorm
from bnn_designer.design.document import Design


def vgg_small_bnn() -> Design:
    """VGG-small for CIFAR-10: a float stem, five binary convolutions, a float classifier, no shortcut.

    The network of Zhang et al., LQ-Nets, arXiv 1807.10029, as IR-Net (README) and others binarize it: all but the first
    and the last layer. IR-Net reports 90.4 % with its own training. Padding is +1, so that every tensor between binary
    layers can be one bit wide.
    """
    norm = BatchNormOptions()

    def conv(filters: int, pool: bool = False) -> BinaryConv:
        return BinaryConv(filters=filters, batch_norm=None if pool else norm)

    pool = PoolBatchNorm(pool="max", pool_size=(2, 2), batch_norm=norm)
    return Design(
        name="vgg-small-bnn",
        blocks=(
            Conv(filters=128, batch_norm=norm),
            *(conv(128, pool=True), pool),
            *(conv(256), conv(256, pool=True), pool),
            *(conv(512), conv(512, pool=True), pool),
            Flatten(),
            Head(classifier="dense"),
        ),
    )
