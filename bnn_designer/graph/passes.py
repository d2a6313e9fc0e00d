"""Passes: each gives a new graph. ``deploy`` gives what an engine with packed bits runs.

The rules are those of Larq Compute Engine (LCE): an elementwise tail is folded into the binary layer before it; a sign
is computed where its tensor is made, so that the tensor is stored in one bit, but only if nothing else reads it.
"""

from __future__ import annotations

from dataclasses import replace

from bnn_designer.graph import ops
from bnn_designer.graph.graph import Graph, Layer, Tensor


def deploy(graph: Graph) -> Graph:
    """The graph of a packed engine: explicit signs, batch norms folded, binary tensors in one bit."""
    return _pack_outputs(_fold_tails(_sign_before_max_pool(explicit_signs(graph))))


def explicit_signs(graph: Graph) -> Graph:
    """Every input quantizer becomes a layer of its own, one for each tensor however many layers read it."""
    layers: list[Layer] = []
    signs: dict[str, str] = {}
    for layer in graph.layers:
        if isinstance(layer.op, ops.QuantizedOp) and layer.op.input_quantizer:
            (source,) = layer.inputs
            if source not in signs:
                signs[source] = f"{source}.sign"
                output = Tensor(signs[source], graph.tensors[source].shape, bits=1)
                layers.append(Layer(output.name, ops.Sign(), (source,), output, layer.path, layer.block_id))
            layer = replace(layer, inputs=(signs[source],))
        layers.append(layer)
    return replace(graph, layers=tuple(layers))


def _sign_before_max_pool(graph: Graph) -> Graph:
    """sign(max(x)) = max(sign(x)): a max pool that only a sign reads becomes a pool of bits.

    Only where something can make those bits: a layer that computes its output, not the image itself.
    """
    layers = list(graph.layers)
    for index in reversed(range(len(layers))):  # a sign that moves in front of a pool may meet another pool there
        layer = layers[index]
        if not isinstance(layer.op, ops.Sign):
            continue
        pool_index = next((i for i in range(index) if layers[i].name == layer.inputs[0]), None)
        if pool_index is None or len(graph.users[layers[pool_index].name]) > 1:
            continue
        pool = layers[pool_index]
        if not (isinstance(pool.op, ops.Pool2D) and pool.op.kind == "max") or pool.inputs[0] == graph.input.name:
            continue
        source = graph.tensors[pool.inputs[0]]
        # The readers know the sign's name, so the pool takes it, and the sign, now first, takes a new one.
        sign = replace(layer, name=f"{pool.name}.sign_first", inputs=(source.name,))
        sign = replace(sign, output=Tensor(sign.name, source.shape, bits=1))
        pool = replace(pool, name=layer.name, inputs=(sign.name,), fused=(pool.name,))
        layers[pool_index] = sign
        layers[index] = replace(pool, output=replace(layer.output, name=pool.name))
    return replace(graph, layers=tuple(layers))


def _fold_tails(graph: Graph) -> Graph:
    """Batch norms and activation functions that alone read a convolution or dense layer become part of it."""
    kept: dict[str, Layer] = {}
    renamed: dict[str, str] = {}
    for layer in graph.layers:
        inputs = tuple(renamed.get(name, name) for name in layer.inputs)
        head = kept.get(inputs[0])
        if (
            isinstance(layer.op, ops.BatchNorm | ops.Activation)
            and head is not None
            and isinstance(head.op, ops.QuantizedOp)
            and len(graph.users[layer.inputs[0]]) == 1
        ):
            kept[head.name] = replace(head, fused=(*head.fused, layer.name))
            renamed[layer.name] = head.name
        else:
            kept[layer.name] = layer if inputs == layer.inputs else replace(layer, inputs=inputs)
    return replace(graph, layers=tuple(kept.values()))


def _pack_outputs(graph: Graph) -> Graph:
    """A sign that alone reads a binary layer becomes part of it, and the layer's output one bit wide.

    Not where "same" padding is with zeros: their correction at the edges needs the sums themselves (LCE's bconv2d).
    """
    kept: dict[str, Layer] = {}
    renamed: dict[str, str] = {}
    for layer in graph.layers:
        inputs = tuple(renamed.get(name, name) for name in layer.inputs)
        maker = kept.get(inputs[0])
        if (
            isinstance(layer.op, ops.Sign)
            and maker is not None
            and len(graph.users[layer.inputs[0]]) == 1
            and _writes_bits(maker.op)
        ):
            packed = replace(maker.output, bits=1)
            kept[maker.name] = replace(maker, output=packed, fused=(*maker.fused, layer.name))
            renamed[layer.name] = maker.name
        else:
            kept[layer.name] = layer if inputs == layer.inputs else replace(layer, inputs=inputs)
    return replace(graph, layers=tuple(kept.values()))


def _writes_bits(op: ops.Op) -> bool:
    if not (isinstance(op, ops.QuantizedOp) and op.is_binary):
        return False
    return not (isinstance(op, ops.Conv2D) and op.padding == "same" and op.pad_values == 0 and op.kernel_size != (1, 1))
