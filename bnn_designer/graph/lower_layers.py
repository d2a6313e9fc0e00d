"""The lowering of blocks that hold no others: a layer or two, with what stands behind it."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import Any, Literal, TypeVar

from bnn_designer.design import blocks
from bnn_designer.design.vocabulary import ActivationName
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.graph.builder import BlockBuilder, Lowering
from bnn_designer.graph.graph import Tensor
from bnn_designer.units import shape_text

#: Layers in a row, each with the part of its name.
Steps = list[tuple[str, ops.Op]]

_Product = TypeVar("_Product", bound=ops.QuantizedOp)


def batch_norm_op(options: blocks.BatchNormOptions) -> ops.BatchNorm:
    return ops.BatchNorm(options.center, options.scale, options.momentum, options.epsilon)


def _activation_steps(function: ActivationName) -> Steps:
    if function == "rprelu":
        shift = ops.ChannelShift()
        return [("shift_before", shift), ("prelu", ops.Activation("prelu")), ("shift_after", shift)]
    return [(function, ops.Activation(function))]


def _add_steps(build: BlockBuilder, steps: Steps, tensor: Tensor) -> Tensor:
    for part, op in steps:
        tensor = build.add(op, tensor, part=part)
    return tensor


def _tail(build: BlockBuilder, block: blocks.LayerBlock, tensor: Tensor) -> Tensor:
    """The batch norm and the activation function after a layer, in the block's order."""
    parts: list[Steps] = []
    if block.batch_norm:
        parts.append([("batch_norm", batch_norm_op(block.batch_norm))])
    if block.activation:
        parts.append(_activation_steps(block.activation))
    if block.order == "activation_first":
        parts.reverse()
    for steps in parts:
        tensor = _add_steps(build, steps, tensor)
    return tensor


def _check_window(build: BlockBuilder, block: blocks.WindowParameters) -> None:
    if max(block.strides) > 1 and max(block.dilation) > 1:
        raise DesignError(
            build.path,
            f"strides {shape_text(block.strides)} and dilation {shape_text(block.dilation)} cannot be combined",
            "Set one of them to 1",
        )


def product_op(op_type: type[_Product], block: blocks.BlockBase, **given: Any) -> _Product:
    """The operation with the block's fields, under the names that both have them by.

    Args:
        op_type: its kind.
        block: gives every field that it has.
        **given: the fields that the block has under another name.
    """
    shared = {field.name for field in fields(op_type)} & type(block).model_fields.keys()
    return op_type(**{name: getattr(block, name) for name in shared} | given)


def product(op_type: type[ops.QuantizedOp], build: BlockBuilder, block: blocks.LayerBlock, tensor: Tensor) -> Tensor:
    """Of every block that is a convolution or a dense layer, binary or not."""
    if isinstance(block, blocks.WindowParameters):
        _check_window(build, block)
    return _tail(build, block, build.add(product_op(op_type, block), tensor))


def pool_batch_norm(build: BlockBuilder, block: blocks.PoolBatchNorm, tensor: Tensor) -> Tensor:
    pool: ops.Op = ops.GlobalAveragePool()
    if block.pool != "global_average":
        kind: Literal["max", "average"] = block.pool
        pool = ops.Pool2D(kind, block.pool_size, block.strides or block.pool_size, block.padding)
    steps: Steps = [("", pool)]
    if block.batch_norm:
        steps.append(("batch_norm", batch_norm_op(block.batch_norm)))
    if block.order == "batch_norm_first":
        steps.reverse()
    return _add_steps(build, steps, tensor)


def blur_pool(build: BlockBuilder, block: blocks.BlurPool, tensor: Tensor) -> Tensor:
    """QuickNet's order: the maximum of neighbors at every pixel, then the blur with the stride.

    The blur's kernel may be larger than the image, the maximum's window may not: it is never padded.
    """
    size, stride = (block.kernel_size, block.kernel_size), (block.stride, block.stride)
    if block.stride > 1:
        image = tensor.shape[:2]
        if len(tensor.shape) == 3 and block.stride > min(image):
            raise DesignError(
                build.path,
                f"the maximum of {shape_text(stride)} that its stride takes is larger than its input of "
                f"{shape_text(image)}",
                f"Use a stride of at most {min(image)}, or reduce the size less in the blocks before it",
            )
        tensor = build.add(ops.Pool2D("max", stride, (1, 1), "valid"), tensor, part="max")
    return build.add(ops.DepthwiseConv2D(kernel_size=size, strides=stride, kernel="binomial"), tensor)


def batch_norm(build: BlockBuilder, block: blocks.BatchNorm, tensor: Tensor) -> Tensor:
    return build.add(batch_norm_op(block.batch_norm), tensor)


def activation(build: BlockBuilder, block: blocks.Activation, tensor: Tensor) -> Tensor:
    steps = _activation_steps(block.function)
    return _add_steps(build, steps if len(steps) > 1 else [("", steps[0][1])], tensor)


def channel_shift(build: BlockBuilder, block: blocks.ChannelShift, tensor: Tensor) -> Tensor:
    return build.add(ops.ChannelShift(), tensor)


def dropout(build: BlockBuilder, block: blocks.Dropout, tensor: Tensor) -> Tensor:
    return build.add(ops.Dropout(block.rate), tensor)


def flatten(build: BlockBuilder, block: blocks.Flatten, tensor: Tensor) -> Tensor:
    return build.add(ops.Flatten(), tensor)


def global_pool(build: BlockBuilder, block: blocks.GlobalPool, tensor: Tensor) -> Tensor:
    return build.add(ops.GlobalAveragePool(), tensor)


def head(build: BlockBuilder, block: blocks.Head, tensor: Tensor) -> Tensor:
    if block.classifier == "dense":
        op = ops.Dense(use_bias=block.use_bias, units=build.classes)
        return build.add(ops.Softmax(), build.add(op, tensor, part="dense"))
    if tensor.shape != (build.classes,):
        raise DesignError(
            build.path,
            f"the head needs one score for each of the {build.classes} classes, and gets {shape_text(tensor.shape)}",
            "Set its classifier to dense, or end the block before it with as many units as there are classes",
        )
    return build.add(ops.Softmax(), tensor)


LAYERS: dict[type[blocks.BlockBase], Lowering] = {
    blocks.BinaryConv: partial(product, ops.Conv2D),
    blocks.BinaryDepthwiseConv: partial(product, ops.DepthwiseConv2D),
    blocks.BinaryDense: partial(product, ops.Dense),
    blocks.Conv: partial(product, ops.Conv2D),
    blocks.DepthwiseConv: partial(product, ops.DepthwiseConv2D),
    blocks.Dense: partial(product, ops.Dense),
    blocks.PoolBatchNorm: pool_batch_norm,
    blocks.BlurPool: blur_pool,
    blocks.BatchNorm: batch_norm,
    blocks.Activation: activation,
    blocks.ChannelShift: channel_shift,
    blocks.Dropout: dropout,
    blocks.Flatten: flatten,
    blocks.GlobalPool: global_pool,
    blocks.Head: head,
}
