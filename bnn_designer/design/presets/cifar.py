"""CIFAR-10 sized siblings of the ImageNet networks: their ideas in 20 to 60 M MACs, which train in minutes.

Depths and widths are ours. Larger images than CIFAR-10's are what the stems of the originals shrink; these do not.
"""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    BatchNormOptions,
    BinaryConv,
    Conv,
    Flatten,
    GlobalPool,
    Head,
    PoolBatchNorm,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets import binary_densenet, melius_net, quicknet, reactnet_a

_RELU = Activation(function="relu")


def xnor_net_cifar() -> Design:
    """A small XNOR-Net for CIFAR-10: scaled binary filters between a float stem and classifier.

    Rastegari et al., arXiv 1603.05279: batch norm, sign, binary convolution, then the pool.
    """
    norm = BatchNormOptions(epsilon=1e-4)
    pool = PoolBatchNorm(pool="max", batch_norm=norm)

    def conv(filters: int, pooled: bool = False) -> BinaryConv:
        return BinaryConv(filters=filters, kernel_quantizer="xnor_weight_scale", batch_norm=None if pooled else norm)

    return Design(
        name="xnor-net-cifar",
        blocks=(
            Conv(filters=32, batch_norm=norm, activation="relu"),
            PoolBatchNorm(pool="max", batch_norm=norm),
            *(conv(64), conv(64, pooled=True), pool),
            *(conv(128), conv(128, pooled=True), pool),
            *(conv(256), _RELU),
            Flatten(),
            Head(),
        ),
    )


def binary_densenet_cifar() -> Design:
    """A small BinaryDenseNet for CIFAR-10: three dense blocks of four binary convolutions.

    Bethge et al., arXiv 1906.08637.
    """
    norm = BatchNormOptions(epsilon=1e-5)
    return Design(
        name="binary-densenet-cifar",
        blocks=(
            Conv(filters=32, strides=(2, 2), batch_norm=norm, activation="relu"),
            *(binary_densenet.dense_block(4, growth=32), *binary_densenet.transition(64)),
            *(binary_densenet.dense_block(4, growth=64), *binary_densenet.transition(128)),
            binary_densenet.dense_block(4, growth=64),
            *(BatchNorm(batch_norm=norm), _RELU),
            GlobalPool(),
            Head(),
        ),
    )


def melius_net_cifar() -> Design:
    """A small MeliusNet for CIFAR-10: three sections of two dense and two improvement blocks.

    Bethge et al., arXiv 2001.05936.
    """
    norm = BatchNormOptions(epsilon=1e-5)
    return Design(
        name="melius-net-cifar",
        blocks=(
            Conv(filters=32, batch_norm=norm, activation="relu"),
            Conv(filters=32, strides=(2, 2), groups=4, batch_norm=norm, activation="relu"),
            *(melius_net.section(2, growth=32), *melius_net.transition(64)),
            *(melius_net.section(2, growth=64), *melius_net.transition(96)),
            melius_net.section(2, growth=64),
            *(BatchNorm(batch_norm=norm), _RELU),
            GlobalPool(),
            Head(),
        ),
    )


def quicknet_cifar() -> Design:
    """A small QuickNet for CIFAR-10: three sections of two binary convolutions, blur pools between them.

    Bannink et al., arXiv 2011.09398.
    """
    norm = BatchNormOptions(momentum=0.99)
    return Design(
        name="quicknet-cifar",
        blocks=(
            Conv(filters=16, strides=(2, 2), batch_norm=norm, activation="relu"),
            Conv(filters=64, kernel_size=(1, 1), batch_norm=norm),
            *(quicknet.section(2, 64), *quicknet.transition(128)),
            *(quicknet.section(2, 128), *quicknet.transition(256)),
            quicknet.section(2, 256),
            *(_RELU, GlobalPool()),
            Head(),
        ),
    )


def reactnet_cifar() -> Design:
    """A small ReActNet for CIFAR-10: six units of MobileNet, 32 to 256 channels, thresholds learned.

    Liu et al., arXiv 2003.03488.
    """
    unit = reactnet_a.unit
    return Design(
        name="reactnet-cifar",
        blocks=(
            Conv(filters=32, batch_norm=BatchNormOptions(epsilon=1e-5)),
            *unit(32, 32),
            *(*unit(32, 64, stride=2), *unit(64, 64)),
            *(*unit(64, 128, stride=2), *unit(128, 128)),
            *unit(128, 256, stride=2),
            GlobalPool(),
            Head(),
        ),
    )
