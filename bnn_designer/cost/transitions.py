"""Where the deployed program goes from floats to bits and back: each place costs a pass over a tensor.

A binary layer that reads bits and writes bits keeps a chain packed. Where it writes floats, a later operator
(LceQuantize) reads them all again to pack their signs; and an operator that knows no bits has signs unpacked for it
(LceDequantize). The causes are read from the program: what stands between the binary layer and the next signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from bnn_designer.graph import Graph, ops
from bnn_designer.graph.passes.products import writes_bits
from bnn_designer.graph.passes.program import Operator, Program


@dataclass(frozen=True)
class Cause:
    """Why floats stand between two binary layers.

    Attributes:
        block_id: the block that causes it.
        path: its path.
        kind: a short name: ``padding``, ``shortcut``, ``several readers``, ``pool and batch norm``, ``average pool``,
            ``max pool``, ``batch norm``, ``shift``, ``activation``, ``concatenation``, ``scaling``, ``float layer``,
            ``flatten``, ``no kernel`` or ``other``.
        reason: in words.
    """

    block_id: str
    path: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Transition:
    """One pass from floats to bits, or back.

    Attributes:
        operator: its name in the program.
        direction: ``pack`` or ``unpack``.
        tensor: the value that it reads.
        block_id: the block whose layer asks for it.
        path: that block's path.
        read_bytes: what it reads, of one image.
        written_bytes: what it writes.
        inside: whether a binary layer stands in front of it, so that it breaks a binary chain; else it is the way into
            bits, which every network has.
        float_bytes: what the operators read and write that work on floats on the way to the pass, back to the binary
            layer, or to a float layer or what merges several tensors; 0 where it reads the binary layer's output.
        causes: the nearest to the pass first; none where it is the way in.
    """

    operator: str
    direction: Literal["pack", "unpack"]
    tensor: str
    block_id: str
    path: str
    read_bytes: int
    written_bytes: int
    inside: bool
    float_bytes: int
    causes: tuple[Cause, ...]

    @property
    def bytes(self) -> int:
        """What the pass moves."""
        return self.read_bytes + self.written_bytes

    def to_data(self) -> dict[str, Any]:
        return {
            "operator": self.operator,
            "direction": self.direction,
            "tensor": self.tensor,
            "path": self.path,
            "inside": self.inside,
            "read_bytes": self.read_bytes,
            "written_bytes": self.written_bytes,
            "float_bytes": self.float_bytes,
            "causes": [{"path": one.path, "kind": one.kind, "reason": one.reason} for one in self.causes],
        }


@dataclass(frozen=True)
class Transitions:
    """All of a program, in running order."""

    every: tuple[Transition, ...]

    @cached_property
    def inside(self) -> tuple[Transition, ...]:
        """Those that break a binary chain."""
        return tuple(one for one in self.every if one.inside)

    @property
    def inside_bytes(self) -> int:
        """What the passes inside binary chains read and write, of one image."""
        return sum(one.bytes for one in self.inside)

    def by_block(self) -> dict[str, tuple[Transition, ...]]:
        """Those inside chains by the id of each block that causes them."""
        found: dict[str, list[Transition]] = {}
        for one in self.inside:
            for block_id in dict.fromkeys(cause.block_id for cause in one.causes):
                found.setdefault(block_id, []).append(one)
        return {block_id: tuple(ones) for block_id, ones in found.items()}

    def to_data(self) -> dict[str, Any]:
        """As ``bnn-designer cost --json`` prints them."""
        return {
            "inside": len(self.inside),
            "inside_bytes": self.inside_bytes,
            "passes": [one.to_data() for one in self.every],
        }


def transitions(program: Program, graph: Graph) -> Transitions:
    """The passes between floats and bits of a program.

    Args:
        program: what ``deploy(graph)`` gives.
        graph: says how layers are padded.
    """
    return Transitions(tuple(_Search(program, graph).found()))


class _Search:
    def __init__(self, program: Program, graph: Graph) -> None:
        self.program = program
        self.layers = {layer.name: layer for layer in graph.layers}
        self.makers = {op.output.name: op for op in program.operators}
        self.readers: dict[str, list[Operator]] = {}
        # Of kernels that are computed anew for every image nothing is said: they do not depend on it.
        self.moving = {program.input.name}
        self.behind_binary: set[str] = set()
        for op in program.operators:
            for name in dict.fromkeys(op.inputs):
                self.readers.setdefault(name, []).append(op)
            if any(name in self.moving for name in op.inputs):
                self.moving.add(op.output.name)
            if op.is_binary or any(name in self.behind_binary for name in op.inputs):
                self.behind_binary.add(op.output.name)

    def found(self) -> Iterator[Transition]:
        for op in self.program.operators:
            (source,) = op.inputs if op.kind in ("LceQuantize", "LceDequantize") else ("",)
            if source not in self.moving:
                continue
            pack, inside = op.kind == "LceQuantize", source in self.behind_binary
            between: list[Operator] = []
            if pack:
                between, maker = self._on_the_way(source)
                causes = self._packed_again(op, between, maker) if inside else []
            else:
                causes = [self._knows_no_bits(reader) for reader in self.readers.get(op.output.name, [])]
            yield Transition(
                op.name,
                "pack" if pack else "unpack",
                source,
                op.block_id,
                op.path,
                self.program.values[source].size_bytes,
                op.output.size_bytes,
                inside,
                sum(map(self._moved_bytes, between)) if inside else 0,
                tuple(dict.fromkeys(causes)),
            )

    def _moved_bytes(self, op: Operator) -> int:
        return sum(self.program.values[name].size_bytes for name in op.inputs) + op.output.size_bytes

    def _on_the_way(self, value: str) -> tuple[list[Operator], Operator | None]:
        """The float operators from a value back to a binary layer or to what merges several values, the nearest first.

        And that binary layer; None where a merge or a float layer, which is the last of the operators, ends the way.
        Behind a sum lies all that was summed before, and its causes are those of earlier passes.
        """
        between: list[Operator] = []
        op = self.makers.get(value)
        while op is not None and not op.is_binary:
            between.append(op)
            if len(op.inputs) != 1 or op.kind in _FLOAT_LAYERS or op.kind == "LceDequantize":
                return between, None
            op = self.makers.get(op.inputs[0])
        return between, op

    def _packed_again(self, sign: Operator, between: list[Operator], maker: Operator | None) -> list[Cause]:
        causes = [cause for op in between if (cause := self._in_between(op)) is not None]
        if maker is not None:
            causes += self._writes_floats(maker, sign, bool(causes))
        return causes

    def _in_between(self, op: Operator) -> Cause | None:
        kind, reason = _EXPLAINED.get(op.kind, ("other", f"{op.kind} works on floats"))
        if op.kind == "ADD" and len(op.inputs) == 1:
            return self._unfolded(op)
        if op.kind == "MUL" and len(op.inputs) == 1:
            return None  # the first half of a batch norm that its ADD tells of
        if self._is_before_batch_norm(op):
            return None
        return Cause(op.block_id, op.path, kind, reason)

    def _unfolded(self, op: Operator) -> Cause:
        """A batch norm, or a shift, that is an operator of its own."""
        source = op.inputs[0]
        maker = self.makers.get(source)
        if maker is not None and maker.kind == "MUL" and maker.layers == op.layers:
            source = maker.inputs[0]
            maker = self.makers.get(source)
        what = "batch norm" if isinstance(self.layers[op.layers[0]].op, ops.BatchNorm) else "shift"
        if maker is not None and maker.kind == "MAX_POOL_2D":
            return Cause(
                op.block_id,
                op.path,
                "pool and batch norm",
                f"the {what} behind the max pool cannot become thresholds of the layer before it, so floats are pooled",
            )
        if len(self.readers.get(source, [])) > 1:
            return Cause(
                op.block_id,
                op.path,
                what,
                f"the {what} cannot be folded into thresholds, because something else reads its input too",
            )
        return Cause(op.block_id, op.path, what, f"the {what} stands behind an operator that it cannot fold into")

    def _is_before_batch_norm(self, op: Operator) -> bool:
        """Whether the one reader of a max pool is a batch norm, which tells of it."""
        readers = self.readers.get(op.output.name, [])
        return op.kind == "MAX_POOL_2D" and len(readers) == 1 and readers[0].kind in ("MUL", "ADD")

    def _writes_floats(self, origin: Operator, sign: Operator, explained: bool) -> Iterator[Cause]:
        """Why a binary layer does not write bits itself."""
        op = self.layers[origin.layers[0]].op
        if isinstance(op, ops.QuantizedOp) and not writes_bits(op):
            yield Cause(
                origin.block_id,
                origin.path,
                "padding",
                "zeros pad its signs, and sums at the edges are then not those of signs: it writes floats",
            )
        others = [one for one in self.readers.get(origin.output.name, []) if one is not sign]
        if not explained and others:
            for reader in others:
                yield Cause(
                    reader.block_id,
                    reader.path,
                    "several readers",
                    f"{_what(reader)} reads the same sums as floats",
                )

    def _knows_no_bits(self, op: Operator) -> Cause:
        layer = self.layers[op.layers[0]].op
        if isinstance(layer, ops.DepthwiseConv2D):
            reason = "there is no binary depthwise kernel"
        elif isinstance(layer, ops.QuantizedOp) and layer.is_binary:
            reason = "it is deployed as a float layer"
        elif isinstance(layer, ops.QuantizedOp):
            reason = "its weights are not binary"
        else:
            reason = "its kernel is computed anew for every image"
        return Cause(op.block_id, op.path, "no kernel", f"{op.kind} reads signs as floats: {reason}")


_FLOAT_LAYERS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})

#: What the operators between two binary layers are for.
_EXPLAINED: dict[str, tuple[str, str]] = {
    "ADD": ("shortcut", "the sum needs floats, and they are kept for the next sum"),
    "CONCATENATION": ("concatenation", "channels are concatenated as floats"),
    "MUL": ("scaling", "channels are scaled by numbers that are computed from the image"),
    "AVERAGE_POOL_2D": ("average pool", "an average of signs is no sign, so floats are pooled"),
    "MAX_POOL_2D": ("max pool", "something else than a sign reads the pooled values, so floats are pooled"),
    "CONV_2D": ("float layer", "a convolution in float stands in between"),
    "DEPTHWISE_CONV_2D": (
        "float layer",
        "a depthwise convolution stands in between, and there is no binary kernel for it",
    ),
    "FULLY_CONNECTED": ("float layer", "a dense layer in float stands in between"),
    "RESHAPE": ("flatten", "the converter gives only floats another shape"),
    "PRELU": ("activation", "a PReLU is not one threshold, so its inputs are floats"),
    "RELU": ("activation", "the activation function works on floats"),
    "RELU_N1_TO_1": ("activation", "the activation function works on floats"),
    "LOGISTIC": ("activation", "the activation function works on floats"),
    "MINIMUM": ("activation", "the activation function works on floats"),
    "PAD": ("shortcut", "channels of zeros are put in front for a sum, as floats"),
    "PADV2": ("padding", "the image is padded as floats"),
}


def _what(op: Operator) -> str:
    return {"ADD": "a sum", "CONCATENATION": "a concatenation", "LceQuantize": "another sign"}.get(op.kind, op.kind)
