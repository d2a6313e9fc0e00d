"""The stem that networks made for ImageNet get where images are small.

An ImageNet stem makes a map of 56 x 56 pixels of an image of 224 x 224, by a 7x7 convolution with stride 2 and a pool,
and the stages behind it halve that three times. An image of 32 x 32 pixels would end in one pixel. What the field does
on CIFAR: a 3x3 convolution with stride 1 in the place of the large one, and no pool (He et al., arXiv 1512.03385,
section 4.2; among binary networks ReCU, github.com/z-hXu/ReCU, cifar/models_cifar). ResNet-18 then ends in 4 x 4
pixels. For the AlexNets no such practice is known; the same change is ours there.
"""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    BinaryConv,
    Block,
    BlockBase,
    BlurPool,
    Branches,
    ChannelShift,
    Conv,
    DepthwiseConv,
    PoolBatchNorm,
    Repeat,
    WindowParameters,
    children,
)
from bnn_designer.design.document import Design

#: Where the last map would have fewer pixels on a side, an image is small: ResNet-18 on CIFAR-10 ends in so many.
SMALLEST_MAP = 4
#: Networks that halve an image less often are made for small ones.
IMAGENET_REDUCTION = 32
_KERNEL = (3, 3)
#: Nothing is left of any image; a repeat of repeats could reduce by numbers too long to write.
_LARGEST = 2**16


def small_image_stem(design: Design) -> Design | None:
    """The design with a stem that keeps the size of the image, for small images.

    Args:
        design: any; what is changed is what stands before its first binary layer.

    Returns:
        The design with convolutions of stride 1 and at most 3x3 pixels in its stem, and without the pools there, whose
        batch norms stay. None where there is nothing to offer: the image is large enough, the network is made for small
        ones, or its stem keeps the size already. Ids of blocks that stay are kept, so it can be one edit of a history.
        Whether it lowers is for :func:`bnn_designer.graph.lower` to say, as for any design.
    """
    reduction = total_reduction(design)
    if reduction < IMAGENET_REDUCTION or min(design.input_shape[:2]) >= SMALLEST_MAP * reduction:
        return None
    length = _stem_length(design.blocks)
    stem = [changed for block in design.blocks[:length] for changed in _keeping_size(block)]
    blocks = (*stem, *design.blocks[length:])
    return Design.model_validate(dict(design) | {"blocks": blocks}) if blocks != design.blocks else None


def total_reduction(design: Design) -> int:
    """By how much the strides on the way through a design divide the image, on the axis where they do so most."""
    return max(_reduction(design.blocks, axis) for axis in (0, 1))


def _reduction(blocks: tuple[Block, ...], axis: int) -> int:
    total = 1
    for block in blocks:
        inside = _reduction(children(block), axis)
        if isinstance(block, Branches):
            inside = max((_reduction((path,), axis) for path in block.body), default=1)
        elif isinstance(block, Repeat):
            inside **= min(block.times, _LARGEST.bit_length())
        total = min(total * inside * _step(block, axis), _LARGEST)
    return total


def _step(block: BlockBase, axis: int) -> int:
    if isinstance(block, PoolBatchNorm):
        return 1 if block.pool == "global_average" else (block.strides or block.pool_size)[axis]
    if isinstance(block, BlurPool):
        return block.stride
    return block.strides[axis] if isinstance(block, WindowParameters) else 1


def _stem_length(blocks: tuple[Block, ...]) -> int:
    """How many blocks stand before the first that reads signs or holds blocks: float layers, and pools."""
    for index, block in enumerate(blocks):
        reads_image = index == 0 and isinstance(block, BinaryConv) and block.input_quantizer is None
        if not (reads_image or isinstance(block, _IN_STEMS)):
            return index
    return len(blocks)


_IN_STEMS = (Conv, DepthwiseConv, PoolBatchNorm, BlurPool, BatchNorm, Activation, ChannelShift)


def _keeping_size(block: Block) -> tuple[Block, ...]:
    """The block as it is in a stem for small images; nothing, or its batch norm, for a pool."""
    if max(_step(block, 0), _step(block, 1)) == 1:
        return (block,)
    if isinstance(block, BlurPool):
        return ()
    if isinstance(block, PoolBatchNorm):
        return (BatchNorm(batch_norm=block.batch_norm),) if block.batch_norm else ()
    changes = {"strides": (1, 1), "padding": "same"}
    if isinstance(block, WindowParameters) and max(block.kernel_size) > max(_KERNEL):
        changes["kernel_size"] = _KERNEL
    return (block.model_copy(update=changes),)
