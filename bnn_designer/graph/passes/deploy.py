"""``deploy``: the program that a device with Larq Compute Engine runs for a graph.

The rules are those of LCE 0.16.0 and of the TensorFlow Lite converter under it; ``docs/counting.md`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bnn_designer.graph.graph import Graph
from bnn_designer.graph.passes import int8
from bnn_designer.graph.passes.builder import Builder, Node
from bnn_designer.graph.passes.program import Constant, Program, Value
from bnn_designer.graph.passes.rules import RULES, unknown


@dataclass(frozen=True)
class DeployOptions:
    """Choices that the design does not make.

    Attributes:
        binary_dense: ``conv``: binary dense layers as binary 1x1 convolutions, so that LCE packs them; ``float``: as
            Keras layers are converted, float products with weights of 32 bits.
        kernel: ``indirect``: binary convolutions read their input in place; ``default``: they unfold it first.
    """

    binary_dense: str = "conv"
    kernel: str = "indirect"

    def __post_init__(self) -> None:
        if self.binary_dense not in ("conv", "float"):
            raise ValueError(f"binary_dense is {self.binary_dense!r}; it is either 'conv' or 'float'")
        if self.kernel not in ("indirect", "default"):
            raise ValueError(f"kernel is {self.kernel!r}; it is either 'indirect' or 'default'")


DEFAULT_OPTIONS = DeployOptions()


def deploy(graph: Graph, options: DeployOptions = DEFAULT_OPTIONS) -> Program:
    """The deployed program: weights and tensors in bits where LCE packs them, batch norms folded where it folds them.

    Raises:
        ValueError: never for a lowered graph; only for options that are not one of their values.
    """
    build = Builder(graph, options.binary_dense == "conv", options.kernel == "default")
    for layer in graph.layers:
        build.layer = layer
        RULES.get(type(layer.op), unknown)(build, layer.op)
    nodes = _move_signs_before_max_pools(list(build.nodes.values()), build.input.shape)
    nodes = _in_running_order(int8.with_floats(_write_bits(nodes)))
    return Program(graph.name, build.input, tuple(node.freeze() for node in nodes), tuple(build.unsupported))


def _readers(nodes: list[Node]) -> dict[str, int]:
    """How many operators read each value."""
    readers: dict[str, int] = {}
    for node in nodes:
        for name in node.inputs:
            readers[name] = readers.get(name, 0) + 1
    return readers


def _move_signs_before_max_pools(nodes: list[Node], image: tuple[int, ...]) -> list[Node]:
    """sign(max(x)) = max(sign(x)): a max pool that only a sign reads becomes a pool of bits, LceBMaxPool2d."""
    readers, makers = _readers(nodes), {node.name: node for node in nodes}
    result: list[Node] = []
    dropped: set[str] = set()
    for node in nodes:
        pools = _pools_before(node, makers, readers) if node.kind == "LceQuantize" else []
        if not pools:
            result.append(node)
            continue
        dropped.update(pool.name for pool in pools)
        source = pools[0].inputs[0]
        shape = makers[source].output.shape if source in makers else image
        bits = Value(f"{pools[0].name}.input_sign", shape, bits=1)
        result.append(replace(node, name=bits.name, inputs=[source], output=bits))
        for pool in pools:
            # The last pool takes the sign's name, which its readers know.
            output = Value(node.name if pool is pools[-1] else f"{pool.name}.bits", pool.output.shape, bits=1)
            result.append(replace(pool, name=output.name, kind="LceBMaxPool2d", inputs=[bits.name], output=output))
            bits = output
    return [node for node in result if node.name not in dropped]


def _pools_before(sign: Node, makers: dict[str, Node], readers: dict[str, int]) -> list[Node]:
    """The max pools that lead to a sign and to nothing else, the first one first."""
    pools: list[Node] = []
    node = makers.get(sign.inputs[0])
    while node is not None and node.kind == "MAX_POOL_2D" and not node.activation and readers[node.name] == 1:
        pools.insert(0, node)
        node = makers.get(node.inputs[0])
    return pools


def _write_bits(nodes: list[Node]) -> list[Node]:
    """A binary convolution that only a sign reads compares its sums with thresholds and writes the signs itself."""
    readers, makers = _readers(nodes), {node.name: node for node in nodes}
    renamed: dict[str, str] = {}
    result = []
    for node in nodes:
        node.inputs = [renamed.get(name, name) for name in node.inputs]
        maker = makers.get(node.inputs[0]) if node.kind == "LceQuantize" else None
        if maker is None or maker.kind != "LceBconv2d" or not maker.packs or readers[maker.name] != 1:
            result.append(node)
            continue
        filters = maker.output.shape[-1]
        maker.output = replace(maker.output, bits=1)
        maker.constants = {"weights": maker.constants["weights"], "threshold": Constant("threshold", (filters,))}
        renamed[node.name] = maker.name
    return result


#: These run as soon as their inputs are there, wherever they stand.
_EARLY = frozenset({"CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION"})


def _in_running_order(nodes: list[Node]) -> list[Node]:
    """The order in which the converter writes operators; where branches run side by side, it decides what is alive.

    As read from its files: what has no weights (pools, concatenations, sums of two values) and float convolutions come
    directly behind what they read, so a shortcut's bypass comes in front of its body. What computes a kernel comes in
    front of the first binary convolution, but for the kernel's last change of layout. All else stays in order.
    """
    slots: list[list[Node]] = [[]]
    slot_of: dict[str, int] = {}
    of_constants: dict[str, Node] = {}
    for node in nodes:
        if node.kind != "TRANSPOSE" and of_constants.keys() >= set(node.inputs):
            of_constants[node.name] = node
            continue
        if node.kind in _EARLY or (node.kind == "ADD" and len(node.inputs) > 1):
            slot = max(slot_of.get(name, 0) for name in node.inputs)
        else:
            slots.append([])
            slot = len(slots) - 1
        slots[slot].append(node)
        slot_of[node.name] = slot
    order = [node for slot in slots for node in slot]
    if of_constants:
        first = next(index for index, node in enumerate(order) if node.kind in ("LceBconv2d", "TRANSPOSE"))
        order[first:first] = of_constants.values()
    return order
