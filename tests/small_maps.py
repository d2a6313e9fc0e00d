"""Designs with windows that are larger than what they slide over: "same" padding fills them up."""

from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.design.vocabulary import Pair

#: Presets for images of 224x224 whose last stages have 3x3 kernels on maps of 2x2 pixels and one where they are 32x32.
IMAGENET_PRESETS = ("quicknet", "bi-real-net", "real-to-binary-net")
#: Maps that are smaller than a 3x3 kernel on an axis or on both.
MAPS: tuple[Pair, ...] = ((1, 1), (1, 6), (2, 2), (5, 2))


def on_cifar(name: str) -> Design:
    """A preset for images of CIFAR-10's size."""
    return preset(name).model_copy(update={"input_shape": (32, 32, 3)})


def every_window(size: Pair, pad_values: int) -> Design:
    """Each kind of window over a map of ``size``, each larger than it: whole words of channels, and parts of words."""
    signs = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
    padded = {"pad_values": pad_values, **signs}
    norm = b.BatchNormOptions()
    pool = {"strides": (1, 1), "padding": "same"}
    return Design(
        name="small maps",
        input_shape=(*size, 3),
        classes=5,
        blocks=(
            b.Conv(filters=24, kernel_size=7, batch_norm=norm, activation="prelu"),
            b.Conv(filters=66, kernel_size=(3, 7), groups=2, dilation=3),
            b.BinaryConv(filters=70, kernel_size=7, batch_norm=norm, **padded),
            b.PoolBatchNorm(pool="max", pool_size=7, **pool),  # of bits, as a sign follows
            b.BinaryConv(filters=64, kernel_size=7, groups=2, **padded),
            b.Shortcut(body=(b.BinaryConv(filters=64, kernel_size=7, dilation=4, batch_norm=norm, **padded),)),
            b.BinaryDepthwiseConv(kernel_size=7, batch_norm=norm, **padded),
            b.DepthwiseConv(kernel_size=7, dilation=2),
            b.PoolBatchNorm(pool="average", pool_size=7, **pool),
            b.Activation(function="prelu"),
            b.PoolBatchNorm(pool="max", pool_size=(8, 7), **pool),
            b.BlurPool(stride=1, kernel_size=5),
            b.BinaryConv(
                filters=9, kernel_size=7, input_quantizer="ste_tern", kernel_quantizer="ste_sign", pad_values=pad_values
            ),
            b.BinaryConv(filters=33, kernel_size=7, strides=2, **padded),
            b.DepthwiseConv(kernel_size=(6, 7), strides=2, batch_norm=norm),
            b.Flatten(),
            b.Head(),
        ),
    )
