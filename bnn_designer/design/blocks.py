"""The blocks a person assembles: immutable values, discriminated on ``kind``.

A block is what is typed or dragged; :mod:`bnn_designer.graph.lowering` says which layers it becomes. The description
of each field is the help that the command line and the pages show.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticKnownError

from bnn_designer.design.validation import ID_PATTERN, broken_rule
from bnn_designer.design.vocabulary import ActivationName, Constraint, Padding, Quantizer

#: Not for blocks: the graph calls the image so.
RESERVED_IDS = frozenset({"input"})


def _as_pair(value: Any) -> Any:
    """One number stands for both axes."""
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


def _zero_or_one(value: Any) -> Any:
    """Refuses true and 1.0, which Python takes to be equal to 1."""
    if isinstance(value, bool | float):
        raise PydanticKnownError("literal_error", {"expected": "0 or 1"})
    return value


def _free_id(value: str) -> str:
    if value in RESERVED_IDS:
        raise broken_rule(value, f'the id "{value}" is kept for the image', "Give the block another id")
    return value


# Strict, so that a text or a 1 in the place of true, or true in the place of 1, is told and not guessed at.
Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
Size = Annotated[int, Field(ge=1, le=4096, strict=True)]
SizePair = Annotated[tuple[Size, Size], BeforeValidator(_as_pair)]
Count = Annotated[int, Field(ge=1, le=65536, strict=True)]


class Value(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BatchNormOptions(Value):
    """How a batch norm is set up. The guide recommends trainable beta and gamma; LCE recommends momentum 0.9."""

    center: Flag = Field(True, description="Train an offset (beta) per channel.")
    scale: Flag = Field(True, description="Train a factor (gamma) per channel.")
    momentum: Number = Field(0.9, ge=0, lt=1, description="How much of the running mean and variance a step keeps.")
    epsilon: Number = Field(1e-3, gt=0, le=1, description="Added to the variance before the square root.")


class BlockBase(Value):
    """What every block has."""

    id: Annotated[str, AfterValidator(_free_id)] = Field(
        "", pattern=f"{ID_PATTERN}|^$", description="Stable name of the block; filled in when empty."
    )
    label: str = Field("", max_length=80, description="A name for people; any text.")


#: In which order a layer's activation function and batch norm come.
TailOrder = Literal["batch_norm_first", "activation_first"]


class LayerBlock(BlockBase):
    """A layer with an optional bias, batch norm and activation function behind it."""

    use_bias: Flag = Field(
        False, description="Add a trained number per output; a batch norm behind it makes it useless."
    )
    batch_norm: BatchNormOptions | None = Field(None, description="Normalize the output per channel.")
    activation: ActivationName | None = Field(None, description="A function applied to every output.")
    order: TailOrder = Field("batch_norm_first", description="Which comes first behind the layer, if both are on.")


class ConvParameters(Value):
    """What binary and full-precision convolutions share."""

    filters: Count = Field(description="Output channels.")
    kernel_size: SizePair = Field((3, 3), description="Height and width of the kernel.")
    strides: SizePair = Field((1, 1), description="Step of the kernel, in pixels.")
    dilation: SizePair = Field((1, 1), description="Distance between the pixels a kernel looks at.")
    padding: Padding = Field("same", description="same: the image is padded so that stride 1 keeps its size.")


class Quantized(Value):
    """How the two operands of a binary layer become one bit wide."""

    input_quantizer: Quantizer | None = Field(
        "ste_sign", description="Makes the inputs +1 or -1. None keeps them float: binary weights only (BWN)."
    )
    kernel_quantizer: Quantizer | None = Field(
        "ste_sign", description="Makes the weights +1 or -1. None keeps them float: binary activations only (BAN)."
    )
    kernel_constraint: Constraint | None = Field(
        "weight_clip", description="Keeps latent weights in [-1, 1]; outside, the straight-through gradient is zero."
    )


class BinaryConv(LayerBlock, ConvParameters, Quantized):
    """A convolution of signs with signs."""

    kind: Literal["binary_conv"] = "binary_conv"
    pad_values: Annotated[Literal[0, 1], BeforeValidator(_zero_or_one)] = Field(
        1, description="What pads the signs: 1 keeps everything one bit; 0 needs a correction at the edges."
    )


class BinaryDense(LayerBlock, Quantized):
    """A fully connected layer of signs with signs."""

    kind: Literal["binary_dense"] = "binary_dense"
    units: Count = Field(description="Output features.")


class Conv(LayerBlock, ConvParameters):
    """A full-precision convolution."""

    kind: Literal["conv"] = "conv"


class Dense(LayerBlock):
    """A full-precision fully connected layer."""

    kind: Literal["dense"] = "dense"
    units: Count = Field(description="Output features.")


class PoolBatchNorm(BlockBase):
    """A pool and a batch norm, in either order, so that the guide's claim about it can be tried."""

    kind: Literal["pool_bn"] = "pool_bn"
    pool: Literal["max", "average"] = Field("max", description="What a window becomes.")
    pool_size: SizePair = Field((2, 2), description="Height and width of a window.")
    strides: SizePair | None = Field(None, description="Step of the window; empty: the window's size.")
    padding: Padding = Field("valid", description="same: windows may hang over the edge.")
    batch_norm: BatchNormOptions | None = Field(BatchNormOptions(), description="Off: a plain pool.")
    order: Literal["pool_first", "batch_norm_first"] = Field(
        "pool_first",
        description="Pool first is more accurate by the guide; batch norm first lets inference pool packed bits. "
        "For gamma > 0 and a max pool both are the same function.",
    )


class BatchNorm(BlockBase):
    """A batch norm of its own."""

    kind: Literal["batch_norm"] = "batch_norm"
    batch_norm: BatchNormOptions = Field(BatchNormOptions(), description="How it is set up.")


class Activation(BlockBase):
    """An activation function of its own."""

    kind: Literal["activation"] = "activation"
    function: ActivationName = Field("relu", description="relu: max(x, 0). prelu: a trained slope below zero.")


class Flatten(BlockBase):
    """An image becomes a vector."""

    kind: Literal["flatten"] = "flatten"


class GlobalPool(BlockBase):
    """An image becomes the average of its pixels, channel by channel."""

    kind: Literal["global_pool"] = "global_pool"


class Head(BlockBase):
    """Ends the network: class scores and their softmax."""

    kind: Literal["head"] = "head"
    classifier: Literal["dense", "none"] = Field(
        "dense", description="dense: a full-precision layer gives the class scores; none: the block before it does."
    )
    use_bias: Flag = Field(True, description="Add a trained number per class (with the dense classifier).")


class Shortcut(BlockBase):
    """A body of blocks, with its input added to its output in full precision."""

    kind: Literal["shortcut"] = "shortcut"
    body: tuple[Block, ...] = Field((), description="The blocks that are bypassed.")
    on_shape_change: Literal["refuse", "pointwise", "average_pool_pointwise"] = Field(
        "pointwise",
        description="Where the body changes the shape: refuse; a full-precision 1x1 convolution with the body's "
        "stride; or an average pool with that stride, then the convolution (as Bi-Real Net).",
    )
    batch_norm: BatchNormOptions | None = Field(
        BatchNormOptions(), description="Normalize the pointwise convolution's output, where there is one."
    )


Block = Annotated[
    Union[  # noqa: UP007 - pydantic resolves the recursive annotation from this form on Python 3.10
        BinaryConv,
        BinaryDense,
        Conv,
        Dense,
        Shortcut,
        PoolBatchNorm,
        BatchNorm,
        Activation,
        Flatten,
        GlobalPool,
        Head,
    ],
    Field(discriminator="kind"),
]
Shortcut.model_rebuild()

#: Every kind of block by its name, in the order in which a palette shows them.
BLOCK_KINDS: dict[str, type[BlockBase]] = {
    block_type.model_fields["kind"].default: block_type for block_type in get_args(get_args(Block)[0])
}


def children(block: BlockBase) -> tuple[Block, ...]:
    """The blocks inside a block; none for a block that holds none."""
    return block.body if isinstance(block, Shortcut) else ()


def with_children(block: Block, body: tuple[Block, ...]) -> Block:
    """The same block around another body. Only for blocks that hold blocks."""
    return block.model_copy(update={"body": body})
