"""XNOR-Net: AlexNet with binary convolutions whose filters are scaled."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNormOptions,
    BinaryConv,
    Block,
    Conv,
    Flatten,
    Head,
    PoolBatchNorm,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE
from bnn_designer.design.quantization import Quantizer

_SCALED = Quantizer(name="xnor_weight_scale")


def xnor_net() -> Design:
    """XNOR-Net for ImageNet: AlexNet, float first and last layer, filters scaled by their mean magnitude; 45.0 % top-1.

    Rastegari et al., arXiv 1603.05279, as in Larq Zoo: no scale of the inputs, batch norms without gamma.
    """

    def norm(epsilon: float = 1e-4) -> BatchNormOptions:
        return BatchNormOptions(scale=False, epsilon=epsilon)

    def conv(filters: int, kernel_size: int, epsilon: float = 1e-4, padding: str = "same") -> BinaryConv:
        return BinaryConv(
            filters=filters,
            kernel_size=(kernel_size, kernel_size),
            padding="valid" if padding == "valid" else "same",
            pad_values=0,
            kernel_quantizer=_SCALED,
            batch_norm=norm(epsilon),
        )

    def pooled(conv: BinaryConv) -> tuple[Block, ...]:
        """A max pool between the convolution and its batch norm."""
        pool = PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), batch_norm=conv.batch_norm)
        return conv.model_copy(update={"batch_norm": None}), pool

    return Design(
        name="xnor-net",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=96, kernel_size=(11, 11), strides=(4, 4), batch_norm=norm(1e-5), activation="relu"),
            PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), batch_norm=norm()),
            *pooled(conv(256, 5)),
            *(conv(384, 3), conv(384, 3), *pooled(conv(256, 3))),
            conv(4096, 6, padding="valid"),
            conv(4096, 1, epsilon=1e-3),
            Activation(function="relu"),
            Flatten(),
            Head(use_bias=False),
        ),
    )
