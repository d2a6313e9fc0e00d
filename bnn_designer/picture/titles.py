"""What kinds of blocks are called."""

from __future__ import annotations

from bnn_designer.design.blocks import BlockBase

KIND_TITLES: dict[str, str] = {
    "binary_depthwise_conv": "Binary depthwise",
    "conv": "Float conv",
    "depthwise_conv": "Float depthwise",
    "dense": "Float dense",
    "pool_bn": "Pool + batch norm",
}


def kind_title(kind: str) -> str:
    """A kind of block as people read it; a kind without a title of its own gets its name with spaces."""
    return KIND_TITLES.get(kind, kind.replace("_", " ").capitalize())


def block_title(block: BlockBase) -> str:
    """What a block is called on the page: its label, else its kind's title."""
    return block.label or kind_title(str(getattr(block, "kind", "")))
