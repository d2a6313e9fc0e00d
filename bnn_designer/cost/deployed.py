"""The convention ``deployed``: what Larq Compute Engine (LCE) 0.16 makes of a design.

File, weights, memory and multiply-accumulates of the program that :func:`bnn_designer.graph.passes.deploy` gives. The
weights are taken as trained ones: no two vectors are equal by chance, and no offset is zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from bnn_designer.cost.deployed_file import overhead_bytes
from bnn_designer.cost.formula import Formula, Term, formula, total
from bnn_designer.graph.graph import Graph
from bnn_designer.graph.liveness import Timeline, timeline
from bnn_designer.graph.passes.deploy import DEFAULT_OPTIONS, DeployOptions, deploy
from bnn_designer.graph.passes.program import (
    Constant,
    Operator,
    Program,
    Unsupported,
    Value,
    stored_bytes,
    tensor_bytes,
)

SOURCE = "Larq Compute Engine 0.16.0, TensorFlow Lite"
#: One instruction does so many binary multiply-accumulates: OPs = BOPs / 64 + FLOPs (Bi-Real Net, ReActNet).
BINARY_MACS_PER_OP = 64


@dataclass(frozen=True)
class NotDeployable:
    """The state of a design that LCE cannot run: reasons in the place of figures."""

    reasons: tuple[Unsupported, ...]

    def __str__(self) -> str:
        more = f" (and {len(self.reasons) - 1} more)" if len(self.reasons) > 1 else ""
        return f"unsupported: {self.reasons[0]}{more}"

    def to_data(self) -> dict[str, Any]:
        return {
            "state": "unsupported",
            "reasons": [{"path": one.path, "layer": one.layer, "reason": one.reason} for one in self.reasons],
        }


@dataclass(frozen=True)
class DeployedCost:
    """The figures of a program.

    Attributes:
        program: the operators.
        options: how the design was deployed.
    """

    program: Program
    options: DeployOptions

    @cached_property
    def timeline(self) -> Timeline:
        """The memory between the operators, over time."""
        return timeline(self.program)

    @cached_property
    def weight_bytes(self) -> int:
        """All constants of the file; those that several operators share once."""
        return sum(constant.size_bytes for constant in self.program.constants)

    def weight_bytes_by_path(self) -> dict[str, int]:
        """Constants by the path of the block that needs them, in running order; a shared one by its first reader's.

        The values sum to ``weight_bytes``, so that a budget can name whom to blame.
        """
        found: dict[str, int] = {}
        seen: set[Constant] = set()
        for op in self.program.operators:
            for constant in op.constants:
                if constant.shared and constant in seen:
                    continue
                seen.add(constant)
                found[op.path] = found.get(op.path, 0) + constant.size_bytes
        return found

    @cached_property
    def file_bytes(self) -> int:
        """The .tflite file: constants and what describes them. Within 1 % of LCE's, not exact: names differ."""
        return self.weight_bytes + sum(overhead_bytes(self.program).values())

    @property
    def arena_bytes(self) -> int:
        return self.timeline.arena_bytes

    @property
    def live_lower_bound_bytes(self) -> int:
        """The most bytes that are alive at once, working memory included: no planner can do with less."""
        return self.timeline.live_lower_bound_bytes

    @cached_property
    def binary_macs(self) -> int:
        return sum(op.macs for op in self.program.operators if op.is_binary)

    @cached_property
    def int8_macs(self) -> int:
        """Products of 8-bit layers: of whole numbers of 8 bits."""
        return sum(op.macs for op in self.program.operators if op.is_int8)

    @cached_property
    def float_macs(self) -> int:
        return sum(op.macs for op in self.program.operators if not (op.is_binary or op.is_int8))

    @property
    def ops(self) -> float:
        """OPs as papers count them: binary ones by 64, and all others; one of 8 bits counts as a float one does."""
        return cast(float, _ops(self.binary_macs, self.float_macs, self.int8_macs))

    def to_data(self) -> dict[str, Any]:
        """The figures as ``cost --json`` prints them under ``deployed``."""
        return {
            "state": "supported",
            "file_bytes": self.file_bytes,
            "weight_bytes": self.weight_bytes,
            "arena_bytes": self.arena_bytes,
            "live_lower_bound_bytes": self.live_lower_bound_bytes,
            "peak_layer": self.timeline.peak.name,
            "binary_macs": self.binary_macs,
            "int8_macs": self.int8_macs,
            "float_macs": self.float_macs,
            "ops": self.ops,
            "options": {"binary_dense": self.options.binary_dense, "kernel": self.options.kernel},
        }

    def formulas(self) -> dict[str, Formula]:
        """Every total, opened, under its name in :meth:`to_data`."""
        weights = total(Term(one.role, one.size_bytes) for one in self.program.constants)
        overhead = [Term(name, size) for name, size in overhead_bytes(self.program).items()]
        binary, int8, floats = (
            total(_macs(op) for op in self.program.operators if op.macs and _macs_kind(op) == wanted)
            for wanted in ("binary MACs", "8-bit MACs", "float MACs")
        )
        eight = Term("8-bit MACs", self.int8_macs) if self.int8_macs else 0
        ops = cast(Term, _ops(Term("binary MACs", self.binary_macs), Term("float MACs", self.float_macs), eight))
        peak = self.timeline.peak
        live = total(Term(span.buffer.name, span.size_bytes) for span in peak.live)
        highest = max(self.timeline.spans, key=lambda span: span.end)
        arena = Term("offset of the highest tensor", highest.offset) + Term("its bytes", highest.size_bytes)
        file = total([Term("constants", self.weight_bytes), *overhead])
        everything = "sum over the operators of output pixels * window * channels * filters"
        return {
            "file_bytes": formula("file", file, "bytes", f"{SOURCE}; schema.fbs"),
            "weight_bytes": formula("weights", weights, "bytes", SOURCE, "sum of the file's constants"),
            "arena_bytes": formula("arena", arena, "bytes", "TensorFlow Lite's arena_planner.cc"),
            "live_lower_bound_bytes": formula(f"alive at {peak.name}", live, "bytes", SOURCE),
            "binary_macs": formula("binary MACs", binary, "MACs", SOURCE, everything),
            "int8_macs": formula("8-bit MACs", int8, "MACs", SOURCE, everything),
            "float_macs": formula("float MACs", floats, "MACs", SOURCE, everything),
            "ops": formula("OPs", ops, "OPs", "ReActNet's README; a MAC is one operation"),
        }


def deployed_cost(graph: Graph, options: DeployOptions = DEFAULT_OPTIONS) -> DeployedCost | NotDeployable:
    """The figures of a graph, or the reasons why there are none."""
    program = deploy(graph, options)
    return NotDeployable(program.unsupported) if program.unsupported else DeployedCost(program, options)


def operator_formulas(op: Operator) -> tuple[Formula, ...]:
    """Every figure of one operator, opened: its constants, its multiply-accumulates and its tensors."""
    found = [formula(f"{op.name}: {one.role}", _stored(one), "bytes", SOURCE) for one in op.constants]
    if op.macs:
        found.append(formula(f"{op.name}: {_macs_kind(op)}", _macs(op), "MACs", SOURCE))
    found.append(formula(f"{op.name}: output", _tensor(op.output), "bytes", SOURCE))
    if op.im2col is not None:
        found.append(formula(f"{op.name}: unfolded input", _tensor(op.im2col), "bytes", SOURCE))
    return tuple(found)


def _ops(binary_macs: Any, float_macs: Any, int8_macs: Any) -> Any:
    found = binary_macs / BINARY_MACS_PER_OP + float_macs
    return found + int8_macs if int8_macs else found


def _macs_kind(op: Operator) -> str:
    return "binary MACs" if op.is_binary else "8-bit MACs" if op.is_int8 else "float MACs"


def _macs(op: Operator) -> Term:
    return cast(Term, math.prod(cast(Any, [Term(name, number) for name, number in op.mac_factors])))


#: What the dimensions of a constant are, by its role and how many it has.
_DIMENSIONS: dict[tuple[str, int], tuple[str, ...]] = {
    ("weights", 4): ("filters", "kernel height", "kernel width", "channels per group"),
    ("weights", 2): ("units", "features"),
    ("latent weights", 4): ("kernel height", "kernel width", "channels", "filters"),
    ("slopes", 3): ("one", "one", "channels"),
}


def _stored(constant: Constant) -> Term:
    names = _DIMENSIONS.get((constant.role, len(constant.shape)), ("numbers",) * len(constant.shape))
    if constant.packed:
        names = (*names[:-1], "words of 32 channels")
    terms = tuple(Term(name, size) for name, size in zip(names, constant.shape, strict=True))
    return _with_terms(stored_bytes, terms, constant.bits)


def _tensor(value: Value) -> Term:
    names = {3: ("height", "width", "channels"), 1: ("features",)}.get(len(value.shape), ("size",) * len(value.shape))
    terms = tuple(Term(name, size) for name, size in zip(names, value.shape, strict=True))
    return _with_terms(tensor_bytes, terms, value.bits)


def _with_terms(count: Callable[..., int], *arguments: Any) -> Term:
    """Runs a function that counts with terms in the place of numbers; of no dimensions it makes a plain number."""
    result = cast(Any, count(*arguments))
    return result if isinstance(result, Term) else Term(str(result), result)
