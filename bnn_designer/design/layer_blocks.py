"""The blocks that become a layer or two. Those that hold other blocks, and the union of all, are in ``blocks``.

The description of each field is the help that the command line and the pages show.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from bnn_designer.design.fields import BatchNormOptions, Count, Flag, Number, SignPadding, Size, SizePair, Value, Words
from bnn_designer.design.quantization import Constraint, InputQuantizer, KernelConstraint, KernelQuantizer, Quantizer
from bnn_designer.design.validation import ID_PATTERN, broken_rule
from bnn_designer.design.vocabulary import ActivationName, Padding

#: Not for blocks: the graph calls the image so.
RESERVED_IDS = frozenset({"input"})


def _free_id(value: str) -> str:
    if value in RESERVED_IDS:
        raise broken_rule(value, f'the id "{value}" is reserved for the image', "Give the block another id")
    return value


class BlockBase(Value):
    """What every block has.

    Attributes:
        group: what it is among the others: a layer (or what ends in one), a structure of other blocks or of several
            layers, a pool, or something small between them.
    """

    group: ClassVar[Literal["layer", "structure", "pool", "small"]] = "small"

    id: Annotated[str, AfterValidator(_free_id)] = Field(
        "", pattern=f"{ID_PATTERN}|^$", description="Permanent name of the block; filled in when empty."
    )
    label: Words = Field("", max_length=80, description="A name for readers; any text.")


#: In which order a layer's activation function and batch norm come.
TailOrder = Literal["batch_norm_first", "activation_first"]


class LayerBlock(BlockBase):
    """A layer with an optional bias, batch norm and activation function after it."""

    group = "layer"

    use_bias: Flag = Field(False, description="Add a trained number per output; useless before a batch norm.")
    batch_norm: BatchNormOptions | None = Field(None, description="Normalize the output per channel.")
    activation: ActivationName | None = Field(None, description="A function applied to every output.")
    order: TailOrder = Field("batch_norm_first", description="Which comes first after the layer, if both are on.")


class WindowParameters(Value):
    """How a convolution's window is laid over the image."""

    kernel_size: SizePair = Field((3, 3), description="Height and width of the kernel.")
    strides: SizePair = Field((1, 1), description="Step of the kernel, in pixels.")
    dilation: SizePair = Field((1, 1), description="Distance between the pixels a kernel reads.")
    padding: Padding = Field("same", description="same: the image is padded so that stride 1 keeps its size.")


class ConvParameters(WindowParameters):
    """What binary and full-precision convolutions share."""

    filters: Count = Field(description="Output channels.")


class Quantized(Value):
    """How the two operands of a binary layer become one bit (or a few bits) wide."""

    input_quantizer: InputQuantizer | None = Field(
        Quantizer(), description="Makes the inputs +1 or -1. None keeps them float: binary weights only (BWN)."
    )
    kernel_quantizer: KernelQuantizer | None = Field(
        Quantizer(), description="Makes the weights +1 or -1. None keeps them float: binary activations only (BAN)."
    )
    kernel_constraint: Constraint | None = Field(
        KernelConstraint(), description="Keeps latent weights where the straight-through gradient is not zero."
    )


class Grouped(Value):
    """What grouped convolutions share."""

    groups: Count = Field(1, description="Number of groups the channels are split into; each has its own filters.")


class BinaryConv(LayerBlock, ConvParameters, Grouped, Quantized):
    """A convolution whose inputs and weights are +1 or -1, one bit each: small, and fast with XNOR and popcount."""

    kind: Literal["binary_conv"] = "binary_conv"
    pad_values: SignPadding = 1


class BinaryDepthwiseConv(LayerBlock, WindowParameters, Quantized):
    """A binary convolution that filters each channel by itself: few weights, and nothing mixes the channels."""

    kind: Literal["binary_depthwise_conv"] = "binary_depthwise_conv"
    pad_values: SignPadding = 1


class BinaryDense(LayerBlock, Quantized):
    """Every output reads every input, both +1 or -1, one bit each: 32 times smaller than a float layer."""

    kind: Literal["binary_dense"] = "binary_dense"
    units: Count = Field(description="Output features.")


class Conv(LayerBlock, ConvParameters, Grouped):
    """An ordinary convolution with 32-bit numbers: usual for the first layer, which sees the image."""

    kind: Literal["conv"] = "conv"


class DepthwiseConv(LayerBlock, WindowParameters):
    """An ordinary convolution that filters each channel by itself: cheap, and nothing mixes the channels."""

    kind: Literal["depthwise_conv"] = "depthwise_conv"


class BlurPool(BlockBase):
    """Makes the image smaller: a max pool, then a slight blur, so that shifting the image changes little.

    Zhang, "Making Convolutional Networks Shift-Invariant Again", arXiv 1904.11486; QuickNet's transitions have it.
    """

    group = "pool"
    kind: Literal["blur_pool"] = "blur_pool"
    stride: Size = Field(2, description="Step in pixels, and height and width of the max pool before it (1: none).")
    kernel_size: Literal[2, 3, 5] = Field(3, description="Height and width of the fixed binomial kernel that blurs.")


class Dense(LayerBlock):
    """Every output reads every input, in 32-bit numbers: an ordinary fully connected layer."""

    kind: Literal["dense"] = "dense"
    units: Count = Field(description="Output features.")


class PoolBatchNorm(BlockBase):
    """Makes the image smaller, by the largest or the mean value of each window, and normalizes it, in either order."""

    group = "pool"
    kind: Literal["pool_bn"] = "pool_bn"
    pool: Literal["max", "average", "global_average"] = Field(
        "max",
        description="How a window is reduced; global_average: the window is the whole image, the result a vector.",
    )
    pool_size: SizePair = Field((2, 2), description="Height and width of a window, unless it is global.")
    strides: SizePair | None = Field(None, description="Step of the window; empty: the window's size.")
    padding: Padding = Field("valid", description="same: windows may hang over the edge.")
    batch_norm: BatchNormOptions | None = Field(BatchNormOptions(), description="Off: a plain pool.")
    order: Literal["pool_first", "batch_norm_first"] = Field(
        "pool_first",
        description="Pool first is more accurate according to Larq's guide; batch norm first lets inference pool "
        "packed bits. For gamma > 0 and a max pool both are the same function.",
    )


class BatchNorm(BlockBase):
    """Shifts and scales each channel to the mean and variance of the data (batch normalization)."""

    kind: Literal["batch_norm"] = "batch_norm"
    batch_norm: BatchNormOptions = Field(BatchNormOptions(), description="How it is set up.")


class Activation(BlockBase):
    """Applies a function such as ReLU to every value; it has a place of its own, not inside a layer."""

    kind: Literal["activation"] = "activation"
    function: ActivationName = Field(
        "relu",
        description="relu: max(x, 0). prelu: a trained slope below zero, 0.25 at first. rprelu: a PReLU between two "
        "trained shifts. hard_tanh: limits to -1 and 1; unit_clip: to 0 and 1. sigmoid: 1 / (1 + exp(-x)).",
    )


class ChannelShift(BlockBase):
    """Adds a trained number to each channel: before a sign, it learns what counts as +1 (ReActNet's RSign)."""

    kind: Literal["channel_shift"] = "channel_shift"


class Dropout(BlockBase):
    """Sets a random share of the values to zero while training, against overfitting; afterwards it does nothing."""

    kind: Literal["dropout"] = "dropout"
    rate: Number = Field(0.5, ge=0, lt=1, description="Share of the values set to zero.")


class Flatten(BlockBase):
    """Lays all pixels and channels in one row, as a fully connected layer needs them."""

    kind: Literal["flatten"] = "flatten"


class GlobalPool(BlockBase):
    """Keeps one number a channel, the mean over the whole image: the usual step before the classes."""

    group = "pool"
    kind: Literal["global_pool"] = "global_pool"


class Head(BlockBase):
    """Ends the network: gives a probability for each class (a fully connected layer and a softmax)."""

    group = "layer"
    kind: Literal["head"] = "head"
    classifier: Literal["dense", "none"] = Field(
        "dense", description="dense: a full-precision layer gives the class scores; none: the block before it does."
    )
    use_bias: Flag = Field(True, description="Add a trained number per class (with the dense classifier).")
