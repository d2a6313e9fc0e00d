"""Designs for time series: images of height 1, of which a page need not show the height."""

from __future__ import annotations

from bnn_designer.design.blocks import BlockBase, BlurPool
from bnn_designer.design.document import Design, walk
from bnn_designer.design.layer_blocks import PoolBatchNorm

#: Fields that hold a number for the height and one for the width.
PAIRS = ("kernel_size", "strides", "dilation", "pool_size")


def is_one_dimensional(design: Design) -> bool:
    """Whether a design has height 1 everywhere: the input, and every window, step and distance of its blocks.

    A blur pool has not: its kernel is square, and on one row it blurs with what pads the other rows. The window of a
    global pool is the whole image, so its own does not count. Such a design needs no number for a height at all.
    """
    return design.input_shape[0] == 1 and all(_is_flat(block) for _, block in walk(design.blocks))


def _is_flat(block: BlockBase) -> bool:
    if isinstance(block, BlurPool):
        return False
    if isinstance(block, PoolBatchNorm) and block.pool == "global_average":
        return True
    pairs = (getattr(block, name, None) for name in PAIRS)
    return all(pair is None or pair[0] == 1 for pair in pairs)


def series_text(shape: tuple[int, ...]) -> str:
    """A shape of a one-dimensional design without its height: ``128 x 9`` of ``(1, 128, 9)``; vectors as they are.

    Of a pair, such as a kernel's ``(1, 7)``, the width: ``7``.
    """
    return " x ".join(str(size) for size in (shape[1:] if len(shape) > 1 else shape))
