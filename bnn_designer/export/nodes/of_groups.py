"""From a packed network's groups to nodes.

Signs are kept as what they are the signs of, and are taken where they are read. So a pool of bits becomes a pool of the
sums before it: the largest sum reaches a threshold if any does. Filters whose outputs fall through their threshold are
negated, so that all rise; of sums of signs that is exact. A flattened image stays an image: a dense layer on it
is a convolution of all of it, and no value changes its place.
"""

from __future__ import annotations

from bnn_designer.export.c.checks import check
from bnn_designer.export.c.constants import printable
from bnn_designer.export.errors import ExportError
from bnn_designer.export.nodes.building import Building
from bnn_designer.export.nodes.node import IMAGE_NODE, Node, Nodes
from bnn_designer.export.nodes.sources import SOURCES
from bnn_designer.export.nodes.steps import STEPS
from bnn_designer.packing.drafts import RESULT
from bnn_designer.packing.network import PackedNetwork

_OF_INT8 = frozenset({"quantize", "int8_conv", "requantize"})


def nodes_of(network: PackedNetwork) -> Nodes:
    """The nodes of a packed network, in running order.

    Raises:
        ExportError: the packed network is not consistent.
    """
    check(network)
    building = Building(network)
    for group in network.header.groups:
        building.start(group)
        value, steps = SOURCES[group.source](building, group)
        for step in steps:
            value = STEPS[step.kind](building, step, value)
    height, width, channels = network.header.input_shape
    return Nodes(network.header.name, (height, width, channels), _needed(building), building.values[RESULT])


def without_int8(nodes: Nodes) -> Nodes:
    """The same nodes, for what is written without layers of 8 bits.

    Raises:
        ExportError: there is one.
    """
    for node in nodes.nodes:
        if node.kind in _OF_INT8:
            raise ExportError(
                printable(node.path),
                f"this target is written without layers of 8 bits, and this one has {node.kind}",
                "Take the layer in float, or export the network as C",
            )
    return nodes


def _needed(building: Building) -> tuple[Node, ...]:
    """The nodes that the scores depend on."""
    wanted, kept = {building.values[RESULT]}, []
    for node in reversed(list(building.nodes.values())):
        if node.name in wanted and node.name != IMAGE_NODE:
            wanted.update(node.inputs)
            kept.append(node)
    return tuple(kept[::-1])
