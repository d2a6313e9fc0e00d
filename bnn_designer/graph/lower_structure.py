"""The lowering of blocks that hold others, or stand for a structure of layers."""

from __future__ import annotations

from bnn_designer.design import blocks
from bnn_designer.design.vocabulary import Pair
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.graph.builder import BlockBuilder, Lowering
from bnn_designer.graph.graph import Tensor
from bnn_designer.graph.lower_layers import batch_norm_op, product_op
from bnn_designer.units import shape_text


def _check_body(build: BlockBuilder, block: blocks.Container, *, empty: str = "") -> None:
    """Refuses a head inside a block and, where ``empty`` says what is wrong about it, an empty body."""
    for inner in block.body:
        if isinstance(inner, blocks.Head):
            raise DesignError(
                f"{build.path}/{inner.id}",
                f"the head stands in a {build.kind_name}, but it must end the network",
                "Move it out, to the end",
            )
    if empty and not block.body:
        raise DesignError(build.path, f"the {build.kind_name} {empty}", "Put a block into it, or remove it")


def shortcut(build: BlockBuilder, block: blocks.Shortcut, tensor: Tensor) -> Tensor:
    _check_body(build, block, empty="bypasses nothing")
    output = build.lower_body(block.body, tensor)
    if block.merge == "concatenate":
        return build.add(ops.Concatenate(), tensor, output)
    if block.merge == "add_to_last_channels":
        return _add_to_last_channels(build, tensor, output)
    bypass = tensor
    if output.shape != tensor.shape and block.on_shape_change != "refuse":
        bypass = _projected(build, block, tensor, output)
    return build.add(ops.Add(), output, bypass)


def _add_to_last_channels(build: BlockBuilder, tensor: Tensor, output: Tensor) -> Tensor:
    missing = tensor.shape[-1] - output.shape[-1]
    if missing < 0:
        raise DesignError(
            build.path,
            f"the body has {output.shape[-1]} channels, and can be added to the last of {tensor.shape[-1]} only",
            f"Give the body at most {tensor.shape[-1]} filters",
        )
    if missing:
        output = build.add(ops.PadChannels(missing), output, part="pad")
    return build.add(ops.Add(), tensor, output)


def _projected(build: BlockBuilder, block: blocks.Shortcut, tensor: Tensor, output: Tensor) -> Tensor:
    """The bypassed tensor in the body's shape, as ``on_shape_change`` says."""
    strides = _strides(build, tensor, output)
    if block.on_shape_change != "pointwise" and max(strides) > 1:
        tensor = build.add(ops.Pool2D("average", strides, strides, "same"), tensor, part="average_pool")
        strides = (1, 1)
    channels = output.shape[2]
    if block.on_shape_change == "average_pool_duplicate":
        times, rest = divmod(channels, tensor.shape[2])
        if rest:
            raise DesignError(
                build.path,
                f"the body's {channels} channels are not a multiple of the input's {tensor.shape[2]}",
                'Use a multiple, or let "On shape change" (on_shape_change) be pointwise',
            )
        return build.add(ops.Concatenate(), *[tensor] * times, part="duplicate") if times > 1 else tensor
    op = ops.Conv2D(filters=channels, kernel_size=(1, 1), strides=strides)
    tensor = build.add(op, tensor, part="pointwise")
    return build.add(batch_norm_op(block.batch_norm), tensor, part="batch_norm") if block.batch_norm else tensor


def _strides(build: BlockBuilder, tensor: Tensor, output: Tensor) -> Pair:
    """The strides that give the bypassed tensor the body's height and width.

    "same" padding makes ceil(size / s) of size, so s is what gives the body's size on both axes. Nothing gives it where
    the body shrinks by something else, such as "valid" padding.
    """
    if len(tensor.shape) != 3 or len(output.shape) != 3:
        raise DesignError(
            build.path,
            f"a pointwise convolution cannot turn {shape_text(tensor.shape)} into {shape_text(output.shape)}",
            "Bypass layers that keep an image an image, or a vector one of the same length",
        )
    strides = tuple(-(-size // small) for size, small in zip(tensor.shape[:2], output.shape[:2], strict=True))
    if any(-(-size // step) != small for size, step, small in zip(tensor.shape, strides, output.shape, strict=False)):
        raise DesignError(
            build.path,
            f"no stride of a pointwise convolution turns {shape_text(tensor.shape)} into {shape_text(output.shape)}",
            'Give the blocks in the shortcut "same" padding',
        )
    return strides[0], strides[1]


def sequence(build: BlockBuilder, block: blocks.Sequence, tensor: Tensor) -> Tensor:
    _check_body(build, block)
    return build.lower_body(block.body, tensor)


def repeat(build: BlockBuilder, block: blocks.Repeat, tensor: Tensor) -> Tensor:
    _check_body(build, block, empty="repeats nothing")
    for copy in range(1, block.times + 1):
        try:
            tensor = build.lower_body(block.body, tensor, copy=copy)
        except DesignError as error:
            if copy == 1:
                raise
            rule = f"{error.rule} (in repetition {copy} of {block.times} of {build.path})"
            raise DesignError(error.path, rule, error.mend) from None
    return tensor


def branches(build: BlockBuilder, block: blocks.Branches, tensor: Tensor) -> Tensor:
    _check_body(build, block)
    if len(block.body) < 2:
        raise DesignError(
            build.path, f"branches need two paths or more, and have {len(block.body)}", "Add a block for each path"
        )
    outputs = [build.lower_body((path,), tensor) for path in block.body]
    return build.add(ops.Concatenate() if block.merge == "concatenate" else ops.Add(), *outputs)


def channel_scaling(build: BlockBuilder, block: blocks.ChannelScaling, tensor: Tensor) -> Tensor:
    """The dense layers read the body's input, so they run before it: then nothing keeps that input alive."""
    _check_body(build, block, empty="scales nothing")
    layers = build.builder.layers
    start = len(layers)
    output = build.lower_body(block.body, tensor)
    if len(tensor.shape) != 3 or len(output.shape) != 3 or tensor.shape[2] < block.reduction:
        raise DesignError(
            build.path,
            f"it cannot scale {shape_text(output.shape)} by {shape_text(tensor.shape)} with a reduction of "
            f"{block.reduction}",
            "Give it an image with at least as many channels as the reduction",
        )
    middle = len(layers)
    scales = build.add(ops.GlobalAveragePool(), tensor, part="squeeze")
    scales = build.add(ops.Dense(units=tensor.shape[2] // block.reduction), scales, part="reduce")
    scales = build.add(ops.Activation("relu"), scales, part="relu")
    scales = build.add(ops.Dense(units=output.shape[2]), scales, part="expand")
    scales = build.add(ops.Activation("sigmoid"), scales, part="sigmoid")
    layers[start:] = layers[middle:] + layers[start:middle]
    return build.add(ops.ScaleChannels(), output, scales)


def dense_block(build: BlockBuilder, block: blocks.DenseBlock, tensor: Tensor) -> Tensor:
    op = product_op(ops.Conv2D, block, filters=block.growth)
    for number in range(1, block.layers + 1):
        norm = build.add(batch_norm_op(block.batch_norm), tensor, part=f"{number}.batch_norm")
        grown = build.add(op, norm, part=f"{number}.conv")
        tensor = build.add(ops.Concatenate(), tensor, grown, part="" if number == block.layers else str(number))
    return tensor


STRUCTURES: dict[type[blocks.BlockBase], Lowering] = {
    blocks.Shortcut: shortcut,
    blocks.Sequence: sequence,
    blocks.Repeat: repeat,
    blocks.Branches: branches,
    blocks.ChannelScaling: channel_scaling,
    blocks.DenseBlock: dense_block,
}
