"""MeliusNet-22: dense blocks that add channels, improvement blocks that add to them."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    BatchNormOptions,
    BinaryConv,
    Block,
    Conv,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Repeat,
    Shortcut,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE
from bnn_designer.design.quantization import KernelConstraint, Quantizer

_NORM = BatchNormOptions(epsilon=1e-5)
_SIGN = Quantizer(name="ste_sign", clip_value=1.3)
_RELU = Activation(function="relu")


def section(times: int, growth: int = 64) -> Repeat:
    """So many times ``growth`` new channels, then the same number added to these channels to improve them."""
    conv = BinaryConv(
        filters=growth,
        pad_values=0,
        input_quantizer=_SIGN,
        kernel_quantizer=_SIGN,
        kernel_constraint=KernelConstraint(clip_value=1.3),
    )
    body = (BatchNorm(batch_norm=_NORM), conv)
    dense, improve = Shortcut(body=body, merge="concatenate"), Shortcut(body=body, merge="add_to_last_channels")
    return Repeat(times=times, body=(dense, improve))


def transition(filters: int) -> tuple[Block, ...]:
    """Batch norm, max pool, ReLU and a float 1x1 convolution to fewer channels."""
    pool = PoolBatchNorm(padding="same", batch_norm=_NORM, order="batch_norm_first")
    return pool, _RELU, Conv(filters=filters, kernel_size=(1, 1))


def grouped_stem() -> tuple[Block, ...]:
    """Three 3x3 convolutions, the last two grouped: a third of the MACs of a 7x7 one."""
    return (
        Conv(filters=32, strides=(2, 2), batch_norm=_NORM, activation="relu"),
        Conv(filters=32, groups=4, batch_norm=_NORM, activation="relu"),
        Conv(filters=64, groups=8, batch_norm=_NORM, activation="relu"),
        PoolBatchNorm(padding="same", batch_norm=None),
    )


def melius_net_22() -> Design:
    """MeliusNet-22 for ImageNet: concatenate 64 channels, improve them, again and again; 62.4 % top-1.

    Bethge et al., arXiv 2001.05936, as in Larq Zoo.
    """
    return Design(
        name="melius-net-22",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            *grouped_stem(),
            *(section(4), *transition(160)),
            *(section(5), *transition(224)),
            *(section(4), *transition(256)),
            section(4),
            *(BatchNorm(batch_norm=_NORM), _RELU),
            GlobalPool(),
            Head(),
        ),
    )
