"""From a graph to rows of layers and parallel paths: how its layers nest, as blocks nest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from bnn_designer.errors import DesignError
from bnn_designer.graph.graph import Graph, Layer


@dataclass(frozen=True)
class Parallel:
    """Paths that read one tensor, and the layer that merges them.

    Attributes:
        merge: reads the ends of the paths, in their order.
        paths: rows; an empty one passes the tensor on.
    """

    merge: Layer
    paths: tuple[Row, ...]


#: What runs one after the other.
Row = tuple[Union[Layer, "Parallel"], ...]


def nested(graph: Graph) -> Row:
    """The layers of a graph as a row, with parallel paths inside.

    Raises:
        DesignError: its paths cross, so that no nesting of blocks has its connections; names a layer.
    """
    return _row(list(graph.layers), graph.input.name, graph.output.name) if graph.layers else ()


def _row(layers: list[Layer], start: str, end: str) -> Row:
    """What leads from the tensor ``start`` to ``end``: these layers, in running order."""
    users: dict[str, list[Layer]] = {}
    for layer in layers:
        for name in dict.fromkeys(layer.inputs):
            users.setdefault(name, []).append(layer)
    meeting = _meetings(layers, users, end)
    order = {layer.name: place for place, layer in enumerate(layers)}
    row: list[Layer | Parallel] = []
    tensor = start
    while tensor != end:
        readers = users[tensor]
        if len(readers) == 1 and readers[0].inputs == (tensor,):
            row.append(readers[0])
            tensor = readers[0].name
            continue
        place = meeting[tensor]
        merge = layers[order[place]]
        between = layers[order[tensor] + 1 if tensor in order else 0 : order[place]]
        row.append(Parallel(merge, _paths(merge, between, tensor)))
        tensor = place
    return tuple(row)


def _paths(merge: Layer, between: list[Layer], start: str) -> tuple[Row, ...]:
    taken: dict[str, int] = {}
    paths = []
    for number, end in enumerate(merge.inputs):
        inside = _leading_to(between, end)
        for layer in inside:
            if taken.setdefault(layer.name, number) != number:
                raise DesignError(
                    layer.path,
                    f"its output is read on two of the paths that {merge.path} merges, and paths of blocks never cross",
                    "Let the paths part and meet at the same two places",
                )
        paths.append(_row(inside, start, end))
    return tuple(paths)


def _leading_to(layers: list[Layer], end: str) -> list[Layer]:
    """Those of the layers that the tensor ``end`` needs, in running order."""
    needed = {end}
    found = []
    for layer in reversed(layers):
        if layer.name in needed:
            needed.update(layer.inputs)
            found.append(layer)
    return found[::-1]


def _meetings(layers: list[Layer], users: dict[str, list[Layer]], end: str) -> dict[str, str]:
    """For each tensor the first layer that all ways from it to the end pass: its immediate post-dominator."""
    depth: dict[str, int] = {end: 0}
    meeting: dict[str, str] = {}
    tensors = [layer.name for layer in layers if layer.name != end]
    for tensor in [*reversed(tensors), *(name for name in users if name not in {layer.name for layer in layers})]:
        first, *others = (layer.name for layer in users[tensor])
        for other in others:
            while first != other:
                if depth[first] >= depth[other]:
                    first = meeting[first]
                else:
                    other = meeting[other]
        meeting[tensor], depth[tensor] = first, depth[first] + 1
    return meeting
