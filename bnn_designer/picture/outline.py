"""The outline: one row a block, in reading order, with the figures that belong to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass

from bnn_designer.cost import LayerCost
from bnn_designer.cost.partial import Figures
from bnn_designer.design import Block, Design, walk
from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    BinaryConv,
    BinaryDense,
    BlurPool,
    Branches,
    ChannelScaling,
    Container,
    Conv,
    Dense,
    DenseBlock,
    DepthwiseConv,
    Dropout,
    Head,
    LayerBlock,
    PoolBatchNorm,
    Quantized,
    Repeat,
    Sequence,
    Shortcut,
    WindowParameters,
)
from bnn_designer.design.vocabulary import FLOAT_BITS
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.picture.titles import block_title
from bnn_designer.units import counted, shape_text


@dataclass(frozen=True)
class Sums:
    """What some blocks have together.

    Attributes:
        params: weights.
        macs: multiply-accumulates for one image, of all widths.
        memory_bits: what the weights take, each at its own width.
        peak_bytes: their output tensors that are alive where the deployed program needs the most memory.
    """

    params: int = 0
    macs: int = 0
    memory_bits: int = 0
    peak_bytes: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Row:
    """One block.

    Attributes:
        depth: 0 for a block of the design itself, one more inside each block that holds others.
        path: of the block, see :meth:`Design.path_of`.
        detail: its main settings in a few words, such as ``3 x 3, 128``.
        precision: binary, BWN, BAN, float, low-bit, or "none" for a block without a kernel.
        bits_text: the bits of its weights, and of its inputs where they differ: ``1``, ``W1 A32``; "" without a kernel.
        shape: of the block's output, without the batch axis; None: not known because of an error.
        sums: of the block itself, not of those inside it; zeros where nothing is known.
        known: whether the block's layers are.
        error: the design's first error, if it is at this block.
    """

    block: Block
    depth: int
    path: str
    title: str
    detail: str
    precision: str
    bits_text: str
    shape: tuple[int, ...] | None
    sums: Sums
    known: bool
    error: DesignError | None

    @property
    def block_id(self) -> str:
        return self.block.id


def outline(design: Design, known: Figures) -> tuple[Row, ...]:
    """The rows of a design."""
    by_block: dict[str, list[LayerCost]] = defaultdict(list)
    ends: dict[str, LayerCost] = {}  # the last layer in each block, by the block's path
    for layer in known.layers:
        by_block[layer.block_id].append(layer)
        parts = layer.path.split("/")
        for depth in range(1, len(parts) + 1):
            ends["/".join(parts[:depth])] = layer
    peak = _peak_bytes(known)
    return tuple(
        _row(block, path, known, tuple(by_block[block.id]), ends.get(path), peak.get(path, 0))
        for path, block in walk(design.blocks)
    )


def rows_within(rows: tuple[Row, ...], first: int) -> tuple[Row, ...]:
    """The row at a place and those of all blocks inside its block, out of all rows in reading order."""
    end = first + 1
    while end < len(rows) and rows[end].depth > rows[first].depth:
        end += 1
    return rows[first:end]


def _peak_bytes(known: Figures) -> dict[str, int]:
    """What is alive at the peak, by the path of the block that made it; nothing for an unfinished design."""
    found: dict[str, int] = defaultdict(int)
    if known.report is not None:
        for span in known.report.timeline.peak.live:
            found[span.path] += span.size_bytes
    return found


def _row(
    block: Block, path: str, known: Figures, layers: tuple[LayerCost, ...], end: LayerCost | None, peak_bytes: int
) -> Row:
    # What repeats or is a sequence has no layers of its own: its output is that of the last layer in it.
    # A shortcut's own layers come after its body: where the error is in the body, there are none yet.
    last = layers[-1] if layers else end if isinstance(block, Repeat | Sequence) else None
    return Row(
        block=block,
        depth=path.count("/"),
        path=path,
        title=block_title(block),
        detail=detail(block),
        precision=precision(block, layers),
        bits_text=bits_text(block, precision(block, layers)),
        shape=last.output_shape if last else None,
        sums=Sums(
            sum(layer.count.params for layer in layers),
            sum(layer.count.macs for layer in layers),
            sum(layer.count.memory_bits for layer in layers),
            peak_bytes,
        ),
        known=bool(layers),
        error=known.error if known.error_block_id == block.id else None,
    )


def bits_text(block: Block, kernel_precision: str) -> str:
    """The bits of a block's weights, and of its inputs where they are others: ``1``, ``32``, ``W1 A32``."""
    if isinstance(block, Quantized):
        inputs, kernel = (
            quantizer.bits if quantizer else FLOAT_BITS for quantizer in (block.input_quantizer, block.kernel_quantizer)
        )
        return str(kernel) if inputs == kernel else f"W{kernel} A{inputs}"
    return str(FLOAT_BITS) if kernel_precision == "float" else ""


def precision(block: Block, layers: tuple[LayerCost, ...] = ()) -> str:
    """The precision of a block's kernel; "none" where it has none. From the block alone where no layer is known."""
    found = [layer.precision for layer in layers if layer.precision != "none"]
    if found:
        return found[0]
    if isinstance(block, Quantized):
        return ops.precision(block.input_quantizer, block.kernel_quantizer)
    return "float" if isinstance(block, Conv | DepthwiseConv | Dense) else "none"


def detail(block: Block) -> str:
    """A block's main settings in a few words; empty where it has none worth a look."""
    if isinstance(block, WindowParameters):
        return ", ".join(_window(block))
    if isinstance(block, BinaryDense | Dense):
        return ", ".join([str(block.units), *_tail(block)])
    if isinstance(block, Container):
        return _held(block) if block.body else "empty"
    if isinstance(block, PoolBatchNorm):
        name = "global average" if block.pool == "global_average" else f"{block.pool} {shape_text(block.pool_size)}"
        return f"{name}, BN" if block.batch_norm else name
    if isinstance(block, Head):
        return "dense + softmax" if block.classifier == "dense" else "softmax"
    if isinstance(block, DenseBlock):
        return f"{block.layers} layers, growth {block.growth}"
    return _small(block)


def _window(block: WindowParameters) -> list[str]:
    parts = [shape_text(block.kernel_size)]
    parts += [str(block.filters)] if isinstance(block, BinaryConv | Conv) else []
    parts += [f"stride {_pair(block.strides)}"] if block.strides != (1, 1) else []
    parts += [f"dilation {_pair(block.dilation)}"] if block.dilation != (1, 1) else []
    parts += [f"{block.groups} groups"] if isinstance(block, BinaryConv | Conv) and block.groups > 1 else []
    parts += ["valid"] if block.padding == "valid" else []
    return parts + (_tail(block) if isinstance(block, LayerBlock) else [])


def _held(block: Container) -> str:
    """How a block that holds others treats them."""
    if isinstance(block, Repeat):
        return f"{block.times} times"
    if isinstance(block, Branches):
        return f"{counted(len(block.body), 'path')}, {block.merge}"
    if isinstance(block, Shortcut):
        return block.merge.replace("_", " ")
    return f"reduction {block.reduction}" if isinstance(block, ChannelScaling) else ""


def _small(block: Block) -> str:
    if isinstance(block, BlurPool):
        return f"stride {block.stride}, blur {shape_text((block.kernel_size, block.kernel_size))}"
    if isinstance(block, Activation):
        return block.function
    if isinstance(block, Dropout):
        return f"rate {block.rate:g}"
    return f"momentum {block.batch_norm.momentum:g}" if isinstance(block, BatchNorm) else ""


def _tail(block: LayerBlock) -> list[str]:
    tail = (["BN"] if block.batch_norm else []) + ([block.activation] if block.activation else [])
    return tail if block.order == "batch_norm_first" else tail[::-1]


def _pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else shape_text(pair)
