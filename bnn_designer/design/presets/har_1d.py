"""A small network for time series."""

from __future__ import annotations

from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.design.document import Design


def har_1d() -> Design:
    """A small binary net for time series: 128 steps of 9 sensors, 6 classes, as images of height 1.

    Shape and classes are those of the UCI data set of human activities (Anguita et al., ESANN 2013: windows of 128
    readings, 9 signals, 6 activities). The network is ours, and nothing was published about it: Bi-Real Net's blocks
    (Liu et al., arXiv 1808.00278) with kernels of 7 steps, three stages of two, 32 to 128 channels.
    """
    norm = BatchNormOptions()

    def block(filters: int, stride: int = 1) -> Shortcut:
        conv = BinaryConv(
            filters=filters,
            kernel_size=(1, 7),
            strides=(1, stride),
            input_quantizer="approx_sign",
            batch_norm=norm,
        )
        return Shortcut(body=(conv,), on_shape_change="average_pool_pointwise")

    return Design(
        name="har-1d",
        input_shape=(1, 128, 9),
        classes=6,
        blocks=(
            Conv(filters=32, kernel_size=(1, 7), batch_norm=norm),
            *(block(32), block(32)),
            *(block(64, stride=2), block(64)),
            *(block(128, stride=2), block(128)),
            GlobalPool(),
            Head(),
        ),
    )
