"""The outline: one row a block, in reading order, with the figures that belong to it."""

from __future__ import annotations

from dataclasses import dataclass

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
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.ui.shared.look import block_title
from bnn_designer.units import shape_text


@dataclass(frozen=True)
class Row:
    """One block.

    Attributes:
        depth: 0 for a block of the design itself, one more inside each shortcut.
        detail: its main settings in a few words, such as ``3 x 3, 128``.
        precision: binary, BWN, BAN, float, or "none" for a block without a kernel.
        shape: of the block's output, without the batch axis; None: not known because of an error.
        params, macs, memory_bits: of the block itself, not of those inside it; None: not known.
        error: the design's first error, if it is at this block.
    """

    block: Block
    depth: int
    title: str
    detail: str
    precision: str
    shape: tuple[int, ...] | None
    params: int | None
    macs: int | None
    memory_bits: int | None
    error: DesignError | None

    @property
    def block_id(self) -> str:
        return self.block.id


def outline(design: Design, known: Figures) -> tuple[Row, ...]:
    """The rows of a design."""
    return tuple(_row(block, path, known) for path, block in walk(design.blocks))


def _row(block: Block, path: str, known: Figures) -> Row:
    layers = known.layers_of(block.id)
    # What repeats or is a sequence has no layers of its own: its output is that of the last layer in it.
    inside = [layer for layer in known.layers if layer.path.startswith(path + "/")]
    ends = layers or (tuple(inside) if isinstance(block, Repeat | Sequence) else ())
    # A shortcut's own layers come after its body: where the error is in the body, there are none yet.
    error = known.error if known.error_block_id == block.id else None
    return Row(
        block=block,
        depth=path.count("/"),
        title=block_title(block),
        detail=detail(block),
        precision=precision(block, layers),
        shape=ends[-1].output_shape if ends else None,
        params=sum(layer.count.params for layer in layers) if layers else None,
        macs=sum(layer.count.macs for layer in layers) if layers else None,
        memory_bits=sum(layer.count.memory_bits for layer in layers) if layers else None,
        error=error,
    )


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
        return f"{len(block.body)} paths, {block.merge}"
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
