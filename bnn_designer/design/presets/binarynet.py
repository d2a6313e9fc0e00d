"""BinaryNet, the first network with binary weights and activations."""

from __future__ import annotations

from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, BinaryDense, Flatten, Head, PoolBatchNorm
from bnn_designer.design.document import Design


def binarynet() -> Design:
    """BinaryNet for CIFAR-10: six binary convolutions, three binary dense layers, no shortcut.

    Courbariaux et al., arXiv 1602.02830, with the settings of Larq's CIFAR-10 tutorial: no biases, weights clipped,
    batch norm without gamma at momentum 0.999, zeros as padding, a first layer that binarizes weights only. The
    tutorial reports 83.2 % as the best of 100 epochs (Adam at 0.01 with decay 1e-4, batch 50, no augmentation).
    """
    norm = BatchNormOptions(scale=False, momentum=0.999)

    def conv(filters: int, pool: bool = False) -> BinaryConv:
        return BinaryConv(filters=filters, pad_values=0, batch_norm=None if pool else norm)

    def dense(units: int) -> BinaryDense:
        return BinaryDense(units=units, batch_norm=norm)

    pool = PoolBatchNorm(pool="max", pool_size=(2, 2), batch_norm=norm)
    return Design(
        name="binarynet",
        blocks=(
            BinaryConv(filters=128, input_quantizer=None, padding="valid", pad_values=0, batch_norm=norm),
            *(conv(128, pool=True), pool),
            *(conv(256), conv(256, pool=True), pool),
            *(conv(512), conv(512, pool=True), pool),
            Flatten(),
            *(dense(1024), dense(1024), dense(10)),
            Head(classifier="none"),
        ),
    )
