"""From a packed network's groups to nodes.

Signs are kept as what they are the signs of, and are taken where they are read. So a pool of bits becomes a pool of the
sums before it: the largest sum reaches a threshold if any does. Filters whose outputs fall through their threshold are
negated, so that all rise; of sums of signs that is exact. A flattened image stays an image: a dense layer on it
is a convolution of all of it, and no value changes its place.
"""

from __future__ import annotations

from bnn_designer.export.c.checks import check
from bnn_designer.export.nodes.building import Building
from bnn_designer.export.nodes.node import IMAGE_NODE, Node, Nodes
from bnn_designer.export.nodes.sources import SOURCES
from bnn_designer.export.nodes.steps import STEPS
from bnn_designer.packing.drafts import RESULT
from bnn_designer.packing.network import PackedNetwork


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


def _needed(building: Building) -> tuple[Node, ...]:
    """The nodes that the scores depend on."""
    wanted, kept = {building.values[RESULT]}, []
    for node in reversed(list(building.nodes.values())):
        if node.name in wanted and node.name != IMAGE_NODE:
            wanted.update(node.inputs)
            kept.append(node)
    return tuple(kept[::-1])
