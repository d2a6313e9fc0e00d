"""From a graph back to a design: the inverse of lowering, with as few and as telling blocks as the layers allow."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from bnn_designer.design.document import Design
from bnn_designer.design.layer_blocks import RESERVED_IDS
from bnn_designer.design.validation import ID_PATTERN
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.graph.graph import Graph, Layer
from bnn_designer.graph.nesting import Parallel, Row, nested

#: A block as a document has it.
Data = dict[str, Any]

_BLUR_SIZES = (2, 3, 5)


def lift(graph: Graph) -> Design:
    """The design that lowers to these layers, under other names.

    Blocks are called after their first layer where its name can be an id.

    Raises:
        DesignError: no blocks make these layers; names the layer and why.
    """
    data = {
        "name": graph.name[:80] or "untitled",
        "input_shape": list(graph.input.shape),
        "classes": graph.classes,
        "blocks": _Lifter(graph).blocks(nested(graph)),
    }
    return Design.from_data(data)


class _Lifter:
    """Makes blocks of rows; each of its methods takes what it understands from the front of a row."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._ids: set[str] = set(RESERVED_IDS)

    def blocks(self, row: Row) -> list[Data]:
        found = []
        while row:
            block, row = self._next(row)
            found.append(block)
        return found

    def _next(self, row: Row) -> tuple[Data, Row]:
        """The first block, and what is left of the row."""
        first, rest = row[0], row[1:]
        if isinstance(first, Parallel):
            return self._merged(first), rest
        op = first.op
        if isinstance(op, ops.DepthwiseConv2D) and not op.is_trained:
            return self._blur(first, (1, 1)), rest
        if isinstance(op, ops.QuantizedOp):
            return self._product(first, op, rest)
        if isinstance(op, ops.Pool2D):
            return self._pool(first, op, rest)
        if isinstance(op, ops.GlobalAveragePool):
            norm, left = _batch_norm(rest)
            if norm is None:
                return self._named(first, {"kind": "global_pool"}), rest
            return self._named(first, {"kind": "pool_bn", "pool": "global_average", "batch_norm": norm}), left
        function, left = _activation(row)
        if function is not None:
            return self._named(first, {"kind": "activation", "function": function}), left
        if type(op) not in _SMALL:
            raise DesignError(
                first.path, f"there is no block that is a {type(op).__name__} by itself", "Take that layer out"
            )
        return self._named(first, _SMALL[type(op)](op)), rest

    def _named(self, layer: Layer, data: Data) -> Data:
        """The block with an id made of the layer's name, where that is free."""
        name = re.sub(r"[^A-Za-z0-9_-]", "_", layer.name)[:64]
        if re.match(ID_PATTERN, name) and name not in self._ids:
            self._ids.add(name)
            data["id"] = name
        return data

    def _product(self, layer: Layer, op: ops.QuantizedOp, rest: Row) -> tuple[Data, Row]:
        # A block for binary layers may have both quantizers off, and keep its constraint and its padding.
        binary = any(getattr(op, name, None) for name in _OF_BINARY)
        if not binary and isinstance(op, ops.Dense) and len(rest) == 1 and _is(rest[0], ops.Softmax):
            return self._named(layer, {"kind": "head", "use_bias": op.use_bias}), ()
        data: Data = {"kind": f"{'binary_' if binary else ''}{_PRODUCTS[type(op)]}"}
        for field in fields(op):
            if field.name not in ("kernel", *(() if binary else _OF_BINARY)):
                data[field.name] = _plain(getattr(op, field.name))
        data |= {"batch_norm": None, "activation": None}
        tail, rest = _tail(rest)
        return self._named(layer, data | tail), rest

    def _pool(self, layer: Layer, op: ops.Pool2D, rest: Row) -> tuple[Data, Row]:
        blur = rest[0] if rest else None
        if isinstance(blur, Layer) and isinstance(blur.op, ops.DepthwiseConv2D) and not blur.op.is_trained:
            before = ops.Pool2D("max", blur.op.strides, (1, 1), "valid")
            if op == before and max(op.pool_size) > 1:
                return self._blur(blur, op.pool_size), rest[1:]
        norm, rest = _batch_norm(rest)
        data: Data = {"kind": "pool_bn", "pool": op.kind, "batch_norm": norm, "padding": op.padding}
        data |= {"pool_size": list(op.pool_size), "strides": None if op.strides == op.pool_size else list(op.strides)}
        return self._named(layer, data), rest

    def _blur(self, layer: Layer, pool_size: tuple[int, int]) -> Data:
        """The fixed kernel behind the pool of that size; (1, 1): there is none."""
        op = layer.op
        assert isinstance(op, ops.DepthwiseConv2D)
        size, stride = op.kernel_size[0], op.strides[0]
        plain = ops.DepthwiseConv2D(kernel_size=(size, size), strides=(stride, stride), kernel="binomial")
        if op != plain or pool_size != op.strides or size not in _BLUR_SIZES:
            raise DesignError(
                layer.path,
                "no block blurs like this",
                "Blur by 2, 3 or 5 pixels, behind a max pool of the stride's size",
            )
        return self._named(layer, {"kind": "blur_pool", "stride": stride, "kernel_size": size})

    def _merged(self, parallel: Parallel) -> Data:
        merge, paths = parallel.merge, parallel.paths
        if isinstance(merge.op, ops.ScaleChannels):
            return self._scaled(parallel)
        if not isinstance(merge.op, ops.Add | ops.Concatenate):
            raise DesignError(merge.path, f"no block merges paths by {type(merge.op).__name__}", "Add or concatenate")
        adds = isinstance(merge.op, ops.Add)
        if len(paths) == 2:
            for bypass, body in ((0, 1), (1, 0)) if adds else ((0, 1),):
                shape_change = self._shape_change(parallel, bypass, body) if paths[body] else None
                if shape_change is not None:
                    return {"kind": "shortcut", **shape_change}
        bodies = [self.blocks(path) for path in paths]
        data = [body[0] if len(body) == 1 else {"kind": "sequence", "body": body} for body in bodies]
        return {"kind": "branches", "merge": "add" if adds else "concatenate", "body": data}

    def _shape_change(self, parallel: Parallel, bypass: int, body: int) -> Data | None:
        """The fields of the shortcut that these two paths are; None where they are none."""
        path, inside = parallel.paths[bypass], parallel.paths[body]
        if not path:
            last = inside[-1]
            if isinstance(parallel.merge.op, ops.Concatenate):
                return {"merge": "concatenate", "body": self.blocks(inside)}
            if isinstance(last, Layer) and isinstance(last.op, ops.PadChannels):
                return {"merge": "add_to_last_channels", "body": self.blocks(inside[:-1])} if inside[1:] else None
            return {"on_shape_change": "refuse", "batch_norm": None, "body": self.blocks(inside)}
        if not isinstance(parallel.merge.op, ops.Add):
            return None
        projection = self._projection(path, parallel, body)
        return None if projection is None else projection | {"body": self.blocks(inside)}

    def _projection(self, path: Row, parallel: Parallel, body: int) -> Data | None:
        """How the bypassed tensor gets the body's shape, where that is a way that shortcuts have."""
        layers = [item for item in path if isinstance(item, Layer)]
        source = self._graph.tensors[layers[0].inputs[0]].shape if layers else ()
        target = self._graph.tensors[parallel.merge.inputs[body]].shape
        if len(layers) != len(path) or len(source) != 3 or len(target) != 3 or source == target:
            return None
        strides = (-(-source[0] // target[0]), -(-source[1] // target[1]))
        pooled = isinstance(layers[0].op, ops.Pool2D)
        if pooled and layers[0].op != ops.Pool2D("average", strides, strides, "same"):
            return None
        conv = layers[1:] if pooled else layers
        plain = ops.Conv2D(filters=target[2], kernel_size=(1, 1), strides=(1, 1) if pooled else strides)
        if not conv or conv[0].op != plain or (pooled and max(strides) == 1):
            return None
        norm, left = _batch_norm(tuple(conv[1:]))
        way = "average_pool_pointwise" if pooled else "pointwise"
        return None if left else {"on_shape_change": way, "batch_norm": norm}

    def _scaled(self, parallel: Parallel) -> Data:
        """The squeeze and the two dense layers that weigh channels, around the body whose channels they weigh."""
        body, scales = parallel.paths
        found = [item.op for item in scales if isinstance(item, Layer)]
        first = scales[0] if scales else None
        if isinstance(first, Layer) and body and len(found) == len(scales) == 5 and isinstance(found[1], ops.Dense):
            channels = self._graph.tensors[first.inputs[0]].shape[-1]
            units, outputs = found[1].units, parallel.merge.output.shape[-1]
            wanted = [ops.GlobalAveragePool(), ops.Dense(units=units), ops.Activation("relu")]
            wanted += [ops.Dense(units=outputs), ops.Activation("sigmoid")]
            reduction = channels // units if units else 0
            if found == wanted and reduction and channels // reduction == units:
                return {"kind": "channel_scaling", "reduction": reduction, "body": self.blocks(body)}
        raise DesignError(
            parallel.merge.path,
            "it scales channels by something else than a global pool, a dense layer, ReLU, another one and sigmoid",
            "Use these, the dense layers without biases",
        )


_OF_BINARY = ("input_quantizer", "kernel_quantizer", "kernel_constraint", "pad_values")
_PRODUCTS: dict[type[ops.Op], str] = {
    ops.Conv2D: "conv",
    ops.DepthwiseConv2D: "depthwise_conv",
    ops.Dense: "dense",
}
_SMALL: dict[type[ops.Op], Callable[[Any], Data]] = {
    ops.BatchNorm: lambda op: {"kind": "batch_norm", "batch_norm": _norm_options(op)},
    ops.ChannelShift: lambda op: {"kind": "channel_shift"},
    ops.Dropout: lambda op: {"kind": "dropout", "rate": op.rate},
    ops.Flatten: lambda op: {"kind": "flatten"},
    ops.Softmax: lambda op: {"kind": "head", "classifier": "none"},
}


def _is(item: Layer | Parallel, op_type: type[ops.Op]) -> bool:
    return isinstance(item, Layer) and isinstance(item.op, op_type)


def _norm_options(op: ops.BatchNorm) -> Data:
    return {field.name: getattr(op, field.name) for field in fields(op)}


def _batch_norm(row: Row) -> tuple[Data | None, Row]:
    """The options of the batch norm at the front of a row, and what is left; None where there is none."""
    if row and isinstance(row[0], Layer) and isinstance(row[0].op, ops.BatchNorm):
        return _norm_options(row[0].op), row[1:]
    return None, row


def _activation(row: Row) -> tuple[str | None, Row]:
    """The name of the function at the front of a row, and what is left; None where there is none."""
    found = [item.op if isinstance(item, Layer) else None for item in row[:3]]
    shift = ops.ChannelShift()
    if found == [shift, ops.Activation("prelu"), shift]:
        return "rprelu", row[3:]
    if found and isinstance(found[0], ops.Activation):
        return found[0].function, row[1:]
    return None, row


def _tail(row: Row) -> tuple[Data, Row]:
    """The batch norm and the function behind a layer, in either order."""
    function, rest = _activation(row)
    norm, rest = _batch_norm(rest)
    if function is not None:
        order = {"order": "activation_first"} if norm else {}
        return {"activation": function, "batch_norm": norm, **order}, rest
    if norm is None:
        return {}, row
    function, rest = _activation(rest)
    return {"batch_norm": norm, "activation": function}, rest


def _plain(value: Any) -> Any:
    """A field as a document has it."""
    if isinstance(value, tuple):
        return list(value)
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
