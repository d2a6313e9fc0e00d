"""DoReFa-Net: AlexNet with binary weights and activations of two bits."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNormOptions,
    BinaryConv,
    BinaryDense,
    Conv,
    Flatten,
    Head,
    PoolBatchNorm,
)
from bnn_designer.design.document import Design
from bnn_designer.design.presets.published import IMAGENET_CLASSES, IMAGENET_SHAPE
from bnn_designer.design.quantization import Quantizer

_TWO_BITS = Quantizer(name="dorefa", k_bit=2)
_SIGN = Quantizer(name="dorefa_sign")


def dorefa_net() -> Design:
    """DoReFa-Net for ImageNet: AlexNet, weights of 1 bit, activations of 2, float first and last layer; 53.4 % top-1.

    Zhou et al., arXiv 1606.06160, as in Larq Zoo: the signs of a layer are scaled by the mean of its magnitudes, its
    latent weights are not clipped, and the stem has a bias and no batch norm.
    """
    norm = BatchNormOptions(scale=False, epsilon=1e-4)

    def conv(filters: int, kernel_size: int) -> BinaryConv:
        return BinaryConv(
            filters=filters,
            kernel_size=(kernel_size, kernel_size),
            pad_values=0,
            input_quantizer=_TWO_BITS,
            kernel_quantizer=_SIGN,
            kernel_constraint=None,
            batch_norm=norm,
        )

    dense = BinaryDense(
        units=4096, input_quantizer=_TWO_BITS, kernel_quantizer=_SIGN, kernel_constraint=None, batch_norm=norm
    )
    pool = PoolBatchNorm(pool_size=(3, 3), strides=(2, 2), padding="same", batch_norm=None)
    return Design(
        name="dorefa-net",
        input_shape=IMAGENET_SHAPE,
        classes=IMAGENET_CLASSES,
        blocks=(
            Conv(filters=96, kernel_size=(12, 12), strides=(4, 4), padding="valid", use_bias=True),
            *(conv(256, 5), pool),
            *(conv(384, 3), pool),
            *(conv(384, 3), conv(256, 3), pool.model_copy(update={"padding": "valid"})),
            Flatten(),
            *(dense, dense, Activation(function="unit_clip")),
            Head(),
        ),
    )
