"""From the document to the graph: one function a kind of block, and nothing else walks the document's meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnn_designer.design import blocks
from bnn_designer.design.document import Design
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.graph.graph import INPUT_NAME, Graph, Layer, Tensor
from bnn_designer.graph.shapes import output_shape
from bnn_designer.units import shape_text


def lower(design: Design) -> Graph:
    """The layers of a design, with the shape of every tensor.

    Raises:
        DesignError: a block's input does not fit it, or the design does not end in a head; names the block's path.
    """
    builder = _Builder(design)
    tensor = builder.lower_blocks(design.blocks, builder.input, prefix="")
    if not builder.layers or not isinstance(builder.layers[-1].op, ops.Softmax):
        raise DesignError(
            design.blocks[-1].id if design.blocks else design.name,
            f"the design does not end in a head, so nothing gives the {design.classes} class probabilities",
            "Add a head block at the end",
        )
    assert tensor == builder.layers[-1].output
    return Graph(design.name, builder.input, tuple(builder.layers), design.classes)


class _Builder:
    """Collects layers; ``add`` names them after their block and works out their shape."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.input = Tensor(INPUT_NAME, design.input_shape)
        self.layers: list[Layer] = []

    def lower_blocks(self, body: tuple[blocks.Block, ...], tensor: Tensor, prefix: str) -> Tensor:
        for block in body:
            path = prefix + block.id
            if self.layers and isinstance(self.layers[-1].op, ops.Softmax):
                raise DesignError(path, "a block follows the head, which ends the network", "Move the head to the end")
            tensor = _LOWER[type(block)](_Place(self, block, path), block, tensor)
        return tensor


class _Place:
    """A block's place in the builder: layers added here carry its id and path."""

    def __init__(self, builder: _Builder, block: blocks.Block, path: str) -> None:
        self.builder, self.block_id, self.path = builder, block.id, path
        self.classes = builder.design.classes

    def add(self, op: ops.Op, *inputs: Tensor, part: str = "") -> Tensor:
        """A layer named after the block, with ".part" where the block makes several."""
        name = f"{self.block_id}.{part}" if part else self.block_id
        shape = output_shape(op, tuple(tensor.shape for tensor in inputs), self.path)
        output = Tensor(name, shape)
        names = tuple(tensor.name for tensor in inputs)
        self.builder.layers.append(Layer(name, op, names, output, self.path, self.block_id))
        return output

    def lower_body(self, body: tuple[blocks.Block, ...], tensor: Tensor) -> Tensor:
        return self.builder.lower_blocks(body, tensor, self.path + "/")


def _batch_norm_op(options: blocks.BatchNormOptions) -> ops.BatchNorm:
    return ops.BatchNorm(options.center, options.scale, options.momentum, options.epsilon)


def _tail(place: _Place, block: blocks.LayerBlock, tensor: Tensor) -> Tensor:
    """The batch norm and the activation function behind a layer, in the block's order."""
    steps: list[tuple[str, ops.Op]] = []
    if block.batch_norm:
        steps.append(("batch_norm", _batch_norm_op(block.batch_norm)))
    if block.activation:
        steps.append((block.activation, ops.Activation(block.activation)))
    if block.order == "activation_first":
        steps.reverse()
    for part, op in steps:
        tensor = place.add(op, tensor, part=part)
    return tensor


def _conv2d_op(block: blocks.BinaryConv | blocks.Conv) -> ops.Conv2D:
    binary = block if isinstance(block, blocks.BinaryConv) else None
    return ops.Conv2D(
        input_quantizer=binary.input_quantizer if binary else None,
        kernel_quantizer=binary.kernel_quantizer if binary else None,
        kernel_constraint=binary.kernel_constraint if binary else None,
        use_bias=block.use_bias,
        filters=block.filters,
        kernel_size=block.kernel_size,
        strides=block.strides,
        dilation=block.dilation,
        padding=block.padding,
        pad_values=binary.pad_values if binary else 0,
    )


def _conv(place: _Place, block: blocks.BinaryConv | blocks.Conv, tensor: Tensor) -> Tensor:
    if max(block.strides) > 1 and max(block.dilation) > 1:
        raise DesignError(
            place.path,
            f"strides {shape_text(block.strides)} and dilation {shape_text(block.dilation)} exclude each other",
            "Set one of them to 1",
        )
    return _tail(place, block, place.add(_conv2d_op(block), tensor))


def _dense(place: _Place, block: blocks.BinaryDense | blocks.Dense, tensor: Tensor) -> Tensor:
    binary = block if isinstance(block, blocks.BinaryDense) else None
    op = ops.Dense(
        input_quantizer=binary.input_quantizer if binary else None,
        kernel_quantizer=binary.kernel_quantizer if binary else None,
        kernel_constraint=binary.kernel_constraint if binary else None,
        use_bias=block.use_bias,
        units=block.units,
    )
    return _tail(place, block, place.add(op, tensor))


def _pool_batch_norm(place: _Place, block: blocks.PoolBatchNorm, tensor: Tensor) -> Tensor:
    steps: list[tuple[str, ops.Op]] = [
        ("", ops.Pool2D(block.pool, block.pool_size, block.strides or block.pool_size, block.padding))
    ]
    if block.batch_norm:
        steps.append(("batch_norm", _batch_norm_op(block.batch_norm)))
    if block.order == "batch_norm_first":
        steps.reverse()
    for part, op in steps:
        tensor = place.add(op, tensor, part=part)
    return tensor


def _batch_norm(place: _Place, block: blocks.BatchNorm, tensor: Tensor) -> Tensor:
    return place.add(_batch_norm_op(block.batch_norm), tensor)


def _activation(place: _Place, block: blocks.Activation, tensor: Tensor) -> Tensor:
    return place.add(ops.Activation(block.function), tensor)


def _flatten(place: _Place, block: blocks.Flatten, tensor: Tensor) -> Tensor:
    return place.add(ops.Flatten(), tensor)


def _global_pool(place: _Place, block: blocks.GlobalPool, tensor: Tensor) -> Tensor:
    return place.add(ops.GlobalAveragePool(), tensor)


def _head(place: _Place, block: blocks.Head, tensor: Tensor) -> Tensor:
    if block.classifier == "dense":
        op = ops.Dense(None, None, None, use_bias=block.use_bias, units=place.classes)
        return place.add(ops.Softmax(), place.add(op, tensor, part="dense"))
    if tensor.shape != (place.classes,):
        raise DesignError(
            place.path,
            f"the head needs one score for each of the {place.classes} classes, and gets {shape_text(tensor.shape)}",
            "Set its classifier to dense, or end the block before it with as many units as there are classes",
        )
    return place.add(ops.Softmax(), tensor)


def _shortcut(place: _Place, block: blocks.Shortcut, tensor: Tensor) -> Tensor:
    for inner in block.body:
        if isinstance(inner, blocks.Head):
            path = f"{place.path}/{inner.id}"
            raise DesignError(path, "the head stands in a shortcut, and it ends the network", "Move it out, to the end")
    if not block.body:
        raise DesignError(place.path, "the shortcut bypasses nothing", "Put a block into it, or remove it")
    output = place.lower_body(block.body, tensor)
    bypass = tensor
    if output.shape != tensor.shape and block.on_shape_change != "refuse":
        bypass = _pointwise(place, block, tensor, output)
    return place.add(ops.Add(), output, bypass)


def _pointwise(place: _Place, block: blocks.Shortcut, tensor: Tensor, output: Tensor) -> Tensor:
    """A full-precision 1x1 convolution that gives the bypassed tensor the body's shape.

    Its stride s is the body's: "same" padding makes ceil(size / s) of size, so s is what gives the body's size on both
    axes. Nothing gives it where the body shrinks by something else, such as "valid" padding.
    """
    if len(tensor.shape) != 3 or len(output.shape) != 3:
        raise DesignError(
            place.path,
            f"a pointwise convolution cannot turn {shape_text(tensor.shape)} into {shape_text(output.shape)}",
            "Bypass layers that keep an image an image, or a vector one of the same length",
        )
    strides = tuple(-(-size // small) for size, small in zip(tensor.shape[:2], output.shape[:2], strict=True))
    if any(-(-size // step) != small for size, step, small in zip(tensor.shape, strides, output.shape, strict=False)):
        raise DesignError(
            place.path,
            f"no stride of a pointwise convolution turns {shape_text(tensor.shape)} into {shape_text(output.shape)}",
            'Give the blocks in the shortcut "same" padding',
        )
    pair = (strides[0], strides[1])
    if block.on_shape_change == "average_pool_pointwise" and max(pair) > 1:
        tensor = place.add(ops.Pool2D("average", pair, pair, "same"), tensor, part="average_pool")
        pair = (1, 1)
    op = ops.Conv2D(None, None, None, False, output.shape[2], (1, 1), pair, (1, 1), "same", 0)
    tensor = place.add(op, tensor, part="pointwise")
    return place.add(_batch_norm_op(block.batch_norm), tensor, part="batch_norm") if block.batch_norm else tensor


_LOWER: dict[type[blocks.BlockBase], Callable[[_Place, Any, Tensor], Tensor]] = {
    blocks.BinaryConv: _conv,
    blocks.BinaryDense: _dense,
    blocks.Conv: _conv,
    blocks.Dense: _dense,
    blocks.PoolBatchNorm: _pool_batch_norm,
    blocks.BatchNorm: _batch_norm,
    blocks.Activation: _activation,
    blocks.Flatten: _flatten,
    blocks.GlobalPool: _global_pool,
    blocks.Head: _head,
    blocks.Shortcut: _shortcut,
}
