"""All blocks that a person assembles: immutable values, discriminated on ``kind``.

A block is what is typed or dragged; :mod:`bnn_designer.graph.lowering` says which layers it becomes. Here are those
that hold other blocks; :mod:`bnn_designer.design.layer_blocks` has the others.
"""

from __future__ import annotations

from typing import Annotated, Literal, Union, get_args

from pydantic import Field

from bnn_designer.design.fields import BatchNormOptions, Count, SignPadding, Size, SizePair
from bnn_designer.design.layer_blocks import (
    RESERVED_IDS,
    Activation,
    BatchNorm,
    BinaryConv,
    BinaryDense,
    BinaryDepthwiseConv,
    BlockBase,
    BlurPool,
    ChannelShift,
    Conv,
    Dense,
    DepthwiseConv,
    Dropout,
    Flatten,
    GlobalPool,
    Head,
    LayerBlock,
    PoolBatchNorm,
    Quantized,
    WindowParameters,
)

__all__ = [
    "BLOCK_KINDS",
    "RESERVED_IDS",
    "Activation",
    "BatchNorm",
    "BatchNormOptions",
    "BinaryConv",
    "BinaryDense",
    "BinaryDepthwiseConv",
    "Block",
    "BlockBase",
    "BlurPool",
    "Branches",
    "ChannelScaling",
    "ChannelShift",
    "Container",
    "Conv",
    "Dense",
    "DenseBlock",
    "DepthwiseConv",
    "Dropout",
    "Flatten",
    "GlobalPool",
    "Head",
    "LayerBlock",
    "PoolBatchNorm",
    "Quantized",
    "Repeat",
    "Sequence",
    "Shortcut",
    "WindowParameters",
    "children",
    "with_children",
]


class Container(BlockBase):
    """A block that holds blocks, in its ``body``; nothing else holds any."""

    group = "structure"
    body: tuple[Block, ...] = Field((), description="The blocks inside.")


class Shortcut(Container):
    """Adds the input of the blocks inside to their output, or joins both: what signs throw away is not lost."""

    kind: Literal["shortcut"] = "shortcut"
    merge: Literal["add", "concatenate", "add_to_last_channels"] = Field(
        "add",
        description="add: input + body. concatenate: the body's channels after the input's (DenseNet). "
        "add_to_last_channels: the body, of fewer channels, is added to the input's last ones (MeliusNet).",
    )
    on_shape_change: Literal["refuse", "pointwise", "average_pool_pointwise", "average_pool_duplicate"] = Field(
        "pointwise",
        description="Where the body changes the shape and is added: refuse; a full-precision 1x1 convolution with the "
        "body's stride; an average pool with that stride, then the convolution (Bi-Real Net); or that pool and, for "
        "twice the channels, the input twice (ReActNet).",
    )
    batch_norm: BatchNormOptions | None = Field(
        BatchNormOptions(), description="Normalize the pointwise convolution's output, where there is one."
    )


class Sequence(Container):
    """Blocks in a row, treated as one: a path of parallel branches, or a part of the network with a name."""

    kind: Literal["sequence"] = "sequence"


class Repeat(Container):
    """Runs the blocks inside several times in a row, each time with weights of their own: a stage."""

    kind: Literal["repeat"] = "repeat"
    times: Size = Field(2, description="Number of repetitions.")


class Branches(Container):
    """Parallel paths that read the same input, merged at the end: each block inside is a path.

    An empty sequence passes the input on.
    """

    kind: Literal["branches"] = "branches"
    merge: Literal["add", "concatenate"] = Field("add", description="Sum of all paths, or their channels concatenated.")


class ChannelScaling(Container):
    """Weighs the output channels of the blocks inside by factors from 0 to 1, which small dense layers learn to choose.

    Martinez et al., "Training binary neural networks with real-to-binary convolutions", arXiv 2003.11535.
    """

    kind: Literal["channel_scaling"] = "channel_scaling"
    reduction: Count = Field(8, description="The first dense layer has input channels / reduction units.")


class DenseBlock(BlockBase, Quantized):
    """Binary convolutions that each add channels to all that came before, instead of replacing them (DenseNet).

    Bethge et al., "Back to Simplicity: How to Train Accurate BNNs from Scratch?", arXiv 1906.08637.
    """

    group = "structure"
    kind: Literal["dense_block"] = "dense_block"
    layers: Size = Field(4, description="Number of convolutions.")
    growth: Count = Field(64, description="Channels that each convolution adds.")
    kernel_size: SizePair = Field((3, 3), description="Height and width of the kernels.")
    dilation: SizePair = Field((1, 1), description="Distance between the pixels a kernel reads.")
    pad_values: SignPadding = 1
    batch_norm: BatchNormOptions = Field(BatchNormOptions(), description="How each batch norm is set up.")


Block = Annotated[
    Union[  # noqa: UP007 - pydantic resolves the recursive annotation from this form on Python 3.10
        BinaryConv,
        BinaryDepthwiseConv,
        BinaryDense,
        Conv,
        DepthwiseConv,
        Dense,
        Shortcut,
        DenseBlock,
        Branches,
        Sequence,
        Repeat,
        ChannelScaling,
        PoolBatchNorm,
        BlurPool,
        BatchNorm,
        Activation,
        ChannelShift,
        Dropout,
        Flatten,
        GlobalPool,
        Head,
    ],
    Field(discriminator="kind"),
]
for _holder in (Container, Shortcut, Sequence, Repeat, Branches, ChannelScaling):
    _holder.model_rebuild()

#: Every kind of block by its name, in the order in which a palette shows them.
BLOCK_KINDS: dict[str, type[BlockBase]] = {
    block_type.model_fields["kind"].default: block_type for block_type in get_args(get_args(Block)[0])
}


def children(block: BlockBase) -> tuple[Block, ...]:
    """The blocks inside a block; none for a block that holds none."""
    return block.body if isinstance(block, Container) else ()


def with_children(block: Block, body: tuple[Block, ...]) -> Block:
    """The same block around another body. Only for blocks that hold blocks."""
    return block.model_copy(update={"body": body})
