"""The BinaryDenseNets: every convolution's output is kept, and all later ones read it."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    BatchNormOptions,
    Block,
    Conv,
    DenseBlock,
    GlobalPool,
    Head,
    PoolBatchNorm,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE
from bnn_designer.design.quantization import KernelConstraint, Quantizer

_NORM = BatchNormOptions(epsilon=1e-5)
_SIGN = Quantizer(name="ste_sign", clip_value=1.3)
_RELU = Activation(function="relu")


def dense_block(layers: int, growth: int = 64, dilation: int = 1) -> DenseBlock:
    """So many binary 3x3 convolutions, each with a batch norm in front and ``growth`` new channels behind."""
    return DenseBlock(
        layers=layers,
        growth=growth,
        dilation=(dilation, dilation),
        pad_values=0,
        input_quantizer=_SIGN,
        kernel_quantizer=_SIGN,
        kernel_constraint=KernelConstraint(clip_value=1.3),
        batch_norm=_NORM,
    )


def transition(filters: int, pooled: bool = True) -> tuple[Block, ...]:
    """Batch norm, max pool (not before a dilated block), ReLU and a float 1x1 convolution to fewer channels."""
    norm = PoolBatchNorm(batch_norm=_NORM, order="batch_norm_first") if pooled else BatchNorm(batch_norm=_NORM)
    return norm, _RELU, Conv(filters=filters, kernel_size=(1, 1))


def _binary_densenet(
    name: str, layers: tuple[int, ...], widths: tuple[int, ...], dilations: tuple[int, ...] = (1, 1, 1, 1)
) -> Design:
    """``layers`` of each dense block, ``widths`` after each transition, ``dilations`` of each dense block."""
    body: list[Block] = [dense_block(layers[0], dilation=dilations[0])]
    for number, width, dilation in zip(layers[1:], widths, dilations[1:], strict=True):
        body += [*transition(width, pooled=dilation == 1), dense_block(number, dilation=dilation)]
    return Design(
        name=name,
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=64, kernel_size=(7, 7), strides=(2, 2), batch_norm=_NORM, activation="relu"),
            PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), padding="same", batch_norm=None),
            *body,
            *(BatchNorm(batch_norm=_NORM), _RELU),
            GlobalPool(),
            Head(),
        ),
    )


def binary_densenet_28() -> Design:
    """BinaryDenseNet-28 for ImageNet: 23 binary convolutions that all keep what came before; 60.9 % top-1.

    Bethge et al., "Back to Simplicity", arXiv 1906.08637, as in Larq Zoo; reduced by 2.7, 2.7 and 2.2.
    """
    return _binary_densenet("binary-densenet-28", layers=(6, 6, 6, 5), widths=(160, 192, 256))


def binary_densenet_37() -> Design:
    """BinaryDenseNet-37 for ImageNet: 32 binary convolutions that all keep what came before; 62.9 % top-1.

    Bethge et al., "Back to Simplicity", arXiv 1906.08637, as in Larq Zoo; reduced by 3.3, 3.3 and 4.
    """
    return _binary_densenet("binary-densenet-37", layers=(6, 8, 12, 6), widths=(128, 192, 256))


def binary_densenet_37_dilated() -> Design:
    """BinaryDenseNet-37 dilated for ImageNet: its last blocks dilate at 28x28 pixels instead of pooling; 64.3 % top-1.

    Bethge et al., "Back to Simplicity", arXiv 1906.08637, as in Larq Zoo: the weights of BinaryDenseNet-37, more MACs.
    """
    return _binary_densenet(
        "binary-densenet-37-dilated", layers=(6, 8, 12, 6), widths=(128, 192, 256), dilations=(1, 1, 2, 4)
    )


def binary_densenet_45() -> Design:
    """BinaryDenseNet-45 for ImageNet: 40 binary convolutions that all keep what came before; 64.6 % top-1.

    Bethge et al., "Back to Simplicity", arXiv 1906.08637, as in Larq Zoo; reduced by 2.7, 3.3 and 4.
    """
    return _binary_densenet("binary-densenet-45", layers=(6, 12, 14, 8), widths=(160, 288, 288))
