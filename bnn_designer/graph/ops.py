"""What a layer computes: one frozen value a kind, with the field's own parameters.

Each consumer (shapes, counts, Keras layers, ...) has one table from these types to a small function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnn_designer.design import quantization
from bnn_designer.design.quantization import KernelConstraint, Quantizer
from bnn_designer.design.vocabulary import FLOAT_BITS, ActivationFunction, Padding, PadValue, Pair


def _bits(quantizer: Quantizer | None) -> int:
    return quantizer.bits if quantizer else FLOAT_BITS


def precision(input_quantizer: Quantizer | None, kernel_quantizer: Quantizer | None) -> str:
    """The field's name for a mix of precisions.

    binary; BWN (binary weights, float inputs); BAN (binary activations, float weights); float; or low-bit for any other
    mix, such as binary weights with inputs of 2 bits.
    """
    named = {(1, 1): "binary", (FLOAT_BITS, 1): "BWN", (1, FLOAT_BITS): "BAN", (FLOAT_BITS, FLOAT_BITS): "float"}
    return named.get((_bits(input_quantizer), _bits(kernel_quantizer)), "low-bit")


@dataclass(frozen=True)
class Op:
    """The base of every kind; never used by itself."""


@dataclass(frozen=True, kw_only=True)
class QuantizedOp(Op):
    """A product of an input with a trained kernel, each at its own precision.

    A quantizer of None means float32. A name may be given for a quantizer or constraint with its default parameters.
    Fields have the names of the block's, so that lowering takes them over; what a block lacks is as by default here.
    """

    input_quantizer: Quantizer | None = None
    kernel_quantizer: Quantizer | None = None
    kernel_constraint: KernelConstraint | None = None
    use_bias: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "input_quantizer", quantization.quantizer(self.input_quantizer))
        object.__setattr__(self, "kernel_quantizer", quantization.quantizer(self.kernel_quantizer))
        object.__setattr__(self, "kernel_constraint", quantization.constraint(self.kernel_constraint))

    def kernel_shape(self, source: tuple[int, ...]) -> tuple[int, ...]:
        """The kernel's shape, as Keras has it, where the input has the shape ``source``."""
        raise NotImplementedError

    @property
    def is_trained(self) -> bool:
        """Whether the kernel is trained; else it is fixed."""
        return True

    @property
    def input_bits(self) -> int:
        return _bits(self.input_quantizer)

    @property
    def kernel_bits(self) -> int:
        return _bits(self.kernel_quantizer)

    @property
    def is_binary(self) -> bool:
        """Whether both operands are one bit wide, so that XNOR and popcount can compute it."""
        return self.input_bits == 1 and self.kernel_bits == 1

    @property
    def is_int8(self) -> bool:
        """Whether both operands are whole numbers of 8 bits times a scale, so that whole numbers can compute it."""
        both = (self.input_quantizer, self.kernel_quantizer)
        return all(one is not None and one.name == "int8" for one in both)

    @property
    def precision(self) -> str:
        """The field's name for the mix of precisions, see :func:`precision`."""
        return precision(self.input_quantizer, self.kernel_quantizer)


@dataclass(frozen=True, kw_only=True)
class Convolution(QuantizedOp):
    """What both kinds of convolution share: how the kernel is laid over the image.

    ``pad_values`` is what "same" padding puts around the (quantized) input: 0, or 1, which one bit can hold.
    """

    kernel_size: Pair
    strides: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: Padding = "same"
    pad_values: PadValue = 0

    @property
    def reach(self) -> Pair:
        """Pixels from the first tap to the last, on height and width: the size of the dilated kernel."""
        height, width = (step * (size - 1) + 1 for size, step in zip(self.kernel_size, self.dilation, strict=True))
        return height, width


@dataclass(frozen=True, kw_only=True)
class Conv2D(Convolution):
    """Cross-correlation of ``(h, w, c)`` with ``filters`` kernels of ``(kh, kw, c / groups)``.

    Group g of the outputs reads group g of the input channels.
    """

    filters: int
    groups: int = 1

    def kernel_shape(self, source: tuple[int, ...]) -> tuple[int, ...]:
        return (*self.kernel_size, source[-1] // self.groups, self.filters)


@dataclass(frozen=True, kw_only=True)
class DepthwiseConv2D(Convolution):
    """Cross-correlation of each of the c channels with one kernel of ``(kh, kw)``.

    ``kernel`` says whether it is trained, or fixed to the products of the binomial coefficients divided by their sum.
    """

    kernel: Literal["trained", "binomial"] = "trained"

    def kernel_shape(self, source: tuple[int, ...]) -> tuple[int, ...]:
        return (*self.kernel_size, source[-1], 1)

    @property
    def is_trained(self) -> bool:
        return self.kernel == "trained"


@dataclass(frozen=True, kw_only=True)
class Dense(QuantizedOp):
    """A product of ``(features,)`` with a kernel of ``(features, units)``."""

    units: int

    def kernel_shape(self, source: tuple[int, ...]) -> tuple[int, ...]:
        return (source[-1], self.units)


@dataclass(frozen=True)
class BatchNorm(Op):
    """Normalization per channel; ``center`` trains beta, ``scale`` trains gamma."""

    center: bool
    scale: bool
    momentum: float
    epsilon: float


@dataclass(frozen=True)
class Activation(Op):
    """An elementwise function; ``prelu`` trains one slope a channel."""

    function: ActivationFunction


@dataclass(frozen=True)
class ChannelShift(Op):
    """The input plus one trained number a channel."""


@dataclass(frozen=True)
class Dropout(Op):
    """Sets a share of ``rate`` of the values to zero in training and scales the others up; else nothing."""

    rate: float


@dataclass(frozen=True)
class Pool2D(Op):
    """The maximum or the average of windows; padding is never part of the result."""

    kind: Literal["max", "average"]
    pool_size: Pair
    strides: Pair
    padding: Padding


@dataclass(frozen=True)
class GlobalAveragePool(Op):
    """The average over height and width: ``(h, w, c)`` to ``(c,)``."""


@dataclass(frozen=True)
class Flatten(Op):
    """``(h, w, c)`` to ``(h * w * c,)``, row by row."""


@dataclass(frozen=True)
class Add(Op):
    """The elementwise sum of inputs of one shape."""


@dataclass(frozen=True)
class Concatenate(Op):
    """The channels (or features) of several inputs in a row; height and width are one."""


@dataclass(frozen=True)
class PadChannels(Op):
    """So many channels of zeros in front of the input's: ``(h, w, c)`` to ``(h, w, before + c)``."""

    before: int


@dataclass(frozen=True)
class ScaleChannels(Op):
    """Inputs ``(h, w, c)`` and ``(c,)``: each channel of the first times its number in the second."""


@dataclass(frozen=True)
class Softmax(Op):
    """Class probabilities from class scores."""


#: Operations that hand each value on by itself, or choose among values: no product, no normalization.
PASS_ON: tuple[type[Op], ...] = (
    *(Activation, Add, ChannelShift, Concatenate, Dropout, Flatten, GlobalAveragePool),
    *(PadChannels, Pool2D, ScaleChannels),
)
#: Operations with a kernel.
WITH_KERNEL: tuple[type[QuantizedOp], ...] = (Conv2D, DepthwiseConv2D, Dense)
#: Operations that have no weights, so that there is nothing to store and nothing to train.
WITHOUT_WEIGHTS: tuple[type[Op], ...] = (
    *(Dropout, Pool2D, GlobalAveragePool, Flatten, Add, Concatenate, PadChannels, ScaleChannels, Softmax),
)
