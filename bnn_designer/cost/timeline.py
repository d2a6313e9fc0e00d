"""Memory over time: which tensor lies where in the arena and how long, who holds the peak, and what shortcuts add."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.graph import ops
from bnn_designer.graph.arena import plan
from bnn_designer.graph.graph import Graph, Layer
from bnn_designer.graph.passes.deploy import DEFAULT_OPTIONS, DeployOptions, deploy

#: Why a tensor is there.
ROLES = ("image", "binary", "float", "working memory")


@dataclass(frozen=True)
class Span:
    """One tensor's life.

    Attributes:
        name: the layer that makes it, or ``input``; a part of a layer has ".part" behind it.
        path: the path of the block that makes it; "" for the image.
        shape: of one image, in elements.
        bits: of an element as stored.
        size_bytes: what it takes in the arena.
        offset: where it starts in the arena, in bytes.
        first: index of the operator that makes it; 0 for the image.
        last: index of the last operator that needs it.
        role: one of ROLES.
    """

    name: str
    path: str
    shape: tuple[int, ...]
    bits: int
    size_bytes: int
    offset: int
    first: int
    last: int
    role: str

    @property
    def end(self) -> int:
        return self.offset + self.size_bytes

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "path": self.path,
            "shape": list(self.shape),
            "bits": self.bits,
            "size_bytes": self.size_bytes,
            "offset": self.offset,
            "first": self.first,
            "last": self.last,
            "role": self.role,
        }


@dataclass(frozen=True)
class Moment:
    """What lies in memory while one operator runs.

    Attributes:
        index: the operator's, from 0.
        name: the operator's name.
        kind: what the operator is, as TensorFlow Lite calls it.
        path: the path of its block.
        spans: the tensors, by offset; in memory that an operator works in, its output.
    """

    index: int
    name: str
    kind: str
    path: str
    spans: tuple[Span, ...]

    @cached_property
    def live_bytes(self) -> int:
        return sum(span.size_bytes for span in self.spans)


@dataclass(frozen=True)
class Timeline:
    """The memory of one run, operator by operator and tensor by tensor.

    Attributes:
        spans: in the order in which they are made.
        moments: one for each operator.
        arena_bytes: the size of the arena.
    """

    spans: tuple[Span, ...]
    moments: tuple[Moment, ...]
    arena_bytes: int

    @cached_property
    def peak(self) -> Moment:
        """The first moment at which the most bytes are alive; its spans are who holds them."""
        return max(self.moments, key=lambda moment: moment.live_bytes)

    @property
    def wasted_bytes(self) -> int:
        """What the planner's gaps add to the most that is alive at once."""
        return self.arena_bytes - self.peak.live_bytes

    def to_data(self) -> dict[str, Any]:
        """Operators, tensors, the arena and the peak, as plain data."""
        return {
            "arena_bytes": self.arena_bytes,
            "peak": {
                "layer": self.peak.name,
                "live_bytes": self.peak.live_bytes,
                "tensors": [span.name for span in self.peak.spans],
            },
            "operators": [
                {"name": moment.name, "kind": moment.kind, "path": moment.path, "live_bytes": moment.live_bytes}
                for moment in self.moments
            ],
            "tensors": [span.to_data() for span in self.spans],
        }


def timeline(cost: DeployedCost) -> Timeline:
    """The timeline of a deployed design."""
    operators = cost.program.operators
    made_at = {op.output.name: index for index, op in enumerate(operators)}
    spans: list[Span] = []
    for placed in cost.arena.placements:
        buffer = placed.buffer
        starts = [made_at.get(value.name, 0) for value in buffer.values]
        if buffer.scratch:
            starts = [buffer.first]
        ends = [start - 1 for start in starts[1:]] + [buffer.last]
        for value, first, last in zip(buffer.values, starts, ends, strict=True):
            role = "binary" if value.bits == 1 else "float"
            role = "working memory" if buffer.scratch else "image" if value.name == cost.program.input.name else role
            path = "" if role == "image" else operators[first].path
            spans.append(
                Span(value.name, path, value.shape, value.bits, value.size_bytes, placed.offset, first, last, role)
            )
    live: list[list[Span]] = [[] for _ in operators]
    for span in spans:
        for index in range(span.first, span.last + 1):
            live[index].append(span)
    moments = tuple(
        Moment(index, op.name, op.kind, op.path, tuple(sorted(found, key=lambda span: span.offset)))
        for index, (op, found) in enumerate(zip(operators, live, strict=True))
    )
    return Timeline(tuple(spans), moments, cost.arena_bytes)


@dataclass(frozen=True)
class ShortcutEffect:
    """What one shortcut, or all of them, cost in memory.

    Attributes:
        path: the shortcut's; "" for all of them.
        arena_bytes: the arena of the design as it is.
        arena_bytes_without: the arena of the same layers with the sum taken away.
        live_bytes: the most that is alive at once in the design as it is.
        live_bytes_without: the same without.
    """

    path: str
    arena_bytes: int
    arena_bytes_without: int
    live_bytes: int
    live_bytes_without: int

    @property
    def added_bytes(self) -> int:
        """What the shortcut adds to the most that is alive at once: never less than 0 for an identity."""
        return self.live_bytes - self.live_bytes_without


def shortcut_adds(graph: Graph) -> tuple[Layer, ...]:
    """The sums that end a shortcut around layers which give the same shape; without them the network still fits.

    Not concatenations, and not sums with the last channels only: the layers behind them need what they add.
    """
    paths = _paths(graph)
    return tuple(layer for layer in graph.layers if _body_output(graph, paths, layer) is not None)


def without_shortcuts(graph: Graph, names: frozenset[str] | None = None) -> Graph:
    """The graph with those sums (all of :func:`shortcut_adds` by default) taken away, and what only they need.

    The body's output goes on in the place of the sum.
    """
    renamed: dict[str, str] = {}
    layers, paths = [], _paths(graph)
    for layer in graph.layers:
        body = _body_output(graph, paths, layer) if names is None or layer.name in names else None
        if body is not None:
            renamed[layer.name] = renamed.get(body, body)
        else:
            layers.append(replace(layer, inputs=tuple(renamed.get(name, name) for name in layer.inputs)))
    needed = {layers[-1].name} if layers else set()
    kept = []
    for layer in reversed(layers):
        if layer.name in needed:
            needed.update(layer.inputs)
            kept.append(layer)
    return replace(graph, layers=tuple(reversed(kept)))


def _paths(graph: Graph) -> dict[str, str]:
    """The block that makes each tensor."""
    return {graph.input.name: ""} | {layer.name: layer.path for layer in graph.layers}


def _body_output(graph: Graph, paths: dict[str, str], layer: Layer) -> str | None:
    """What a shortcut's body gives, if the layer is the sum that ends one; else None."""
    if not isinstance(layer.op, ops.Add) or len(layer.inputs) != 2:
        return None
    inside = [name for name in layer.inputs if paths[name].startswith(f"{layer.path}/")]
    return inside[0] if len(inside) == 1 and graph.tensors[inside[0]].shape == layer.output.shape else None


def shortcut_effect(
    graph: Graph, names: frozenset[str] | None = None, options: DeployOptions = DEFAULT_OPTIONS
) -> ShortcutEffect:
    """What the shortcuts with these sums cost together; all of them by default."""
    full, less = plan(deploy(graph, options)), plan(deploy(without_shortcuts(graph, names), options))
    found = [layer.path for layer in shortcut_adds(graph) if names is None or layer.name in names]
    return ShortcutEffect(
        found[0] if len(found) == 1 else "",
        full.size_bytes,
        less.size_bytes,
        full.live_lower_bound_bytes,
        less.live_lower_bound_bytes,
    )


def shortcut_effects(graph: Graph, options: DeployOptions = DEFAULT_OPTIONS) -> tuple[ShortcutEffect, ...]:
    """What each shortcut costs by itself, the others left as they are, in running order."""
    return tuple(shortcut_effect(graph, frozenset({layer.name}), options) for layer in shortcut_adds(graph))
