"""What shortcuts add to the memory: the difference to the same layers with their sums taken away."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bnn_designer.graph import ops
from bnn_designer.graph.graph import Graph, Layer
from bnn_designer.graph.liveness import timeline
from bnn_designer.graph.passes.deploy import DEFAULT_OPTIONS, DeployOptions, deploy


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
    full, less = (timeline(deploy(one, options)) for one in (graph, without_shortcuts(graph, names)))
    found = [layer.path for layer in shortcut_adds(graph) if names is None or layer.name in names]
    return ShortcutEffect(
        found[0] if len(found) == 1 else "",
        full.arena_bytes,
        less.arena_bytes,
        full.live_lower_bound_bytes,
        less.live_lower_bound_bytes,
    )


def shortcut_effects(graph: Graph, options: DeployOptions = DEFAULT_OPTIONS) -> tuple[ShortcutEffect, ...]:
    """What each shortcut costs by itself, the others left as they are, in running order."""
    return tuple(shortcut_effect(graph, frozenset({layer.name}), options) for layer in shortcut_adds(graph))
