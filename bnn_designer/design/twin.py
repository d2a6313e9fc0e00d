"""The full-precision twin of a design: the same network with all quantizers off."""

from __future__ import annotations

from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    BinaryConv,
    Block,
    Branches,
    DenseBlock,
    Quantized,
    Repeat,
    Sequence,
    Shortcut,
    children,
    with_children,
)
from bnn_designer.design.document import Design
from bnn_designer.errors import DesignError

_FLOAT = {"input_quantizer": None, "kernel_quantizer": None, "kernel_constraint": None}
#: In place of an input quantizer: the function whose gradient the straight-through estimator is. With nothing there a
#: network whose only non-linearities are its signs would be a linear one.
_IN_PLACE_OF_SIGN = Activation(function="hard_tanh")


def full_precision_twin(design: Design) -> Design:
    """The design in full precision, a hard tanh in place of each input quantizer; ids stay.

    A dense block, which has no place for the hard tanh, becomes the shortcuts that it stands for.

    Raises:
        DesignError: no block of the design has a quantizer.
    """
    blocks = _twins(design.blocks)
    if blocks == design.blocks:
        raise DesignError(
            design.name, "no block has a quantizer, so it is in full precision already", "Use the design itself"
        )
    name = f"{design.name} (full precision)"
    return Design(**{**dict(design), "name": name, "blocks": blocks})


def _twins(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    return tuple(twin for block in blocks for twin in _twin(block))


def _twin(block: Block) -> tuple[Block, ...]:
    """What stands in place of one block."""
    if isinstance(block, Branches):
        # each block inside is a path, and must stay one
        paths = (_twin(path) for path in block.body)
        return (with_children(block, tuple(path[0] if len(path) == 1 else Sequence(body=path) for path in paths)),)
    if isinstance(block, DenseBlock):
        return (_dense_block(block),)
    if isinstance(block, Quantized):
        changes = _FLOAT | ({"pad_values": 0} if "pad_values" in type(block).model_fields else {})
        in_float = block.model_copy(update=changes)
        return (in_float,) if block.input_quantizer is None else (_IN_PLACE_OF_SIGN, in_float)
    inner = children(block)
    return (with_children(block, _twins(inner)),) if inner else (block,)


def _dense_block(block: DenseBlock) -> Repeat:
    conv = BinaryConv(
        filters=block.growth,
        kernel_size=block.kernel_size,
        dilation=block.dilation,
        input_quantizer=None,
        kernel_quantizer=None,
        kernel_constraint=None,
        pad_values=0,
    )
    activation = () if block.input_quantizer is None else (_IN_PLACE_OF_SIGN,)
    body = (BatchNorm(batch_norm=block.batch_norm), *activation, conv)
    return Repeat(id=block.id, label=block.label, times=block.layers, body=(Shortcut(body=body, merge="concatenate"),))
