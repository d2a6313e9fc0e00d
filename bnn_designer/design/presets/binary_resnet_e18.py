"""Binary ResNetE with 18 layers."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNormOptions,
    BinaryConv,
    Conv,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Shortcut,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE
from bnn_designer.design.quantization import KernelConstraint, Quantizer

_SIGN = Quantizer(name="ste_sign", clip_value=1.25)


def binary_resnet_e18() -> Design:
    """Binary ResNetE-18 for ImageNet: Bi-Real Net's shortcuts, trained with the plain sign; 58.3 % top-1.

    Bethge et al., "Back to Simplicity", arXiv 1906.08637, as in Larq Zoo: gradients and weights clipped at 1.25.
    """
    norm = BatchNormOptions(epsilon=1e-5)

    def block(filters: int, stride: int = 1) -> Shortcut:
        conv = BinaryConv(
            filters=filters,
            strides=(stride, stride),
            pad_values=0,
            input_quantizer=_SIGN,
            kernel_quantizer=_SIGN,
            kernel_constraint=KernelConstraint(clip_value=1.25),
            batch_norm=norm,
        )
        return Shortcut(body=(conv,), on_shape_change="average_pool_pointwise", batch_norm=norm)

    def stage(filters: int, stride: int = 2) -> tuple[Shortcut, ...]:
        return block(filters, stride), block(filters), block(filters), block(filters)

    return Design(
        name="binary-resnet-e18",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=64, kernel_size=(7, 7), strides=(2, 2), batch_norm=norm, activation="relu"),
            PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), padding="same", batch_norm=norm),
            *(*stage(64, stride=1), *stage(128), *stage(256), *stage(512)),
            Activation(function="relu"),
            GlobalPool(),
            Head(),
        ),
    )
