"""Two designs, block by block: what changed, and what each change costs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from bnn_designer.compare.align import align, moved
from bnn_designer.compare.figures import FIGURES, Totals, Unknown, differences, totals, totals_data
from bnn_designer.cost import CostReport, DeployedCost, cost
from bnn_designer.design import Block, Design, walk
from bnn_designer.errors import DesignError

_MISSING = "none"


@dataclass(frozen=True)
class FieldChange:
    """A field of a block, or of the design, as JSON values; ``none`` for a field that the other kind does not have."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class BlockDiff:
    """One block, in one design or in both.

    Attributes:
        states: of ``added``, ``removed``, ``changed`` and ``moved``; empty for a block that is as it was.
        path_before: where it stood; None for an added one.
        path_after: where it stands; None for a removed one.
        kind: of block, as it is now.
        changes: field by field.
        costs: after minus before, of its own layers without the blocks inside: ``larq_bytes``, ``macs``,
            ``weight_bytes`` (deployed).
    """

    states: tuple[str, ...]
    path_before: str | None
    path_after: str | None
    kind: str
    changes: tuple[FieldChange, ...]
    costs: Totals

    def to_data(self) -> dict[str, Any]:
        return {
            "states": list(self.states),
            "path_before": self.path_before,
            "path_after": self.path_after,
            "kind": self.kind,
            "changes": [{"field": one.field, "before": one.before, "after": one.after} for one in self.changes],
            "costs": totals_data(self.costs),
        }


@dataclass(frozen=True)
class DesignDiff:
    """Two designs beside each other.

    Attributes:
        before: the first.
        after: the second.
        design_changes: of the document's own fields: name, input shape, classes.
        blocks: in reading order of ``after``, each removed one behind the one that stood before it.
        totals_before: every total of the first; unknown where it does not lower.
        totals_after: of the second.
        totals_difference: after minus before.
    """

    before: Design
    after: Design
    design_changes: tuple[FieldChange, ...]
    blocks: tuple[BlockDiff, ...]
    totals_before: Totals
    totals_after: Totals
    totals_difference: Totals

    @property
    def same(self) -> bool:
        """Whether nothing but ids and labels differs."""
        return not self.design_changes and not any(block.states for block in self.blocks)

    def to_data(self) -> dict[str, Any]:
        """As ``bnn-designer diff --json`` prints it."""
        return {
            "before": self.before.name,
            "after": self.after.name,
            "same": self.same,
            "design_changes": [
                {"field": one.field, "before": one.before, "after": one.after} for one in self.design_changes
            ],
            "blocks": [block.to_data() for block in self.blocks],
            "totals": {
                "before": totals_data(self.totals_before),
                "after": totals_data(self.totals_after),
                "difference": totals_data(self.totals_difference),
            },
        }


def diff(before: Design, after: Design) -> DesignDiff:
    """What changed from one design to the other, and what it costs. Never raises: unknown costs are named so."""
    costs_before, costs_after = _Costs(before), _Costs(after)
    pairs = align(before, after)
    elsewhere = moved(before, after, pairs)
    old = {block.id: (path, block) for path, block in walk(before.blocks)}
    partner = {new: key for key, new in pairs.items()}
    rows: list[BlockDiff] = []
    after_of: dict[str, int] = {}
    for path, block in walk(after.blocks):
        key = partner.get(block.id)
        was = old[key] if key is not None else None
        changes = field_changes(block_fields(was[1]), block_fields(block)) if was else ()
        states = ("added",) if was is None else (*["changed"] * bool(changes), *["moved"] * (key in elsewhere))
        spent = differences(costs_before.of(key), costs_after.of(block.id))
        rows.append(BlockDiff(states, was[0] if was else None, path, block.kind, changes, spent))
        if key is not None:
            after_of[key] = len(rows)
    return DesignDiff(
        before,
        after,
        field_changes(_own_fields(before), _own_fields(after)),
        tuple(_with_removed(rows, old, after_of, costs_before, costs_after)),
        costs_before.totals,
        costs_after.totals,
        differences(costs_before.totals, costs_after.totals),
    )


def _with_removed(
    rows: list[BlockDiff],
    old: dict[str, tuple[str, Block]],
    after_of: dict[str, int],
    costs_before: _Costs,
    costs_after: _Costs,
) -> list[BlockDiff]:
    behind: dict[int, list[BlockDiff]] = defaultdict(list)
    place = 0
    for key, (path, block) in old.items():
        if key in after_of:
            place = after_of[key]
            continue
        spent = differences(costs_before.of(key), costs_after.of(None))
        behind[place].append(BlockDiff(("removed",), path, None, block.kind, (), spent))
    result = list(behind[0])
    for index, row in enumerate(rows, start=1):
        result += [row, *behind[index]]
    return result


class _Costs:
    """The figures of a design, as a whole and block by block; unknown where it does not lower."""

    def __init__(self, design: Design) -> None:
        self.reason, self.by_block = "", dict[str, Totals]()
        try:
            report = cost(design)
        except DesignError as error:
            self.reason = f"not a network: {error}"
            self.totals: Totals = {figure.name: Unknown(self.reason) for figure in FIGURES}
            return
        self.totals = totals(report)
        self.by_block = _by_block(report, {block.id: path for path, block in walk(design.blocks)})

    def of(self, block_id: str | None) -> Totals:
        """What a block costs itself; nothing for a block that is not there, or makes no layer with weights."""
        empty: Totals = {"larq_bytes": 0, "macs": 0, "weight_bytes": 0}
        if self.reason and block_id is not None:
            return dict.fromkeys(empty, Unknown(self.reason))
        return self.by_block.get(block_id or "", empty)


def _by_block(report: CostReport, paths: dict[str, str]) -> dict[str, Totals]:
    bits: dict[str, int] = defaultdict(int)
    macs: dict[str, int] = defaultdict(int)
    for layer in report.layers:
        bits[layer.block_id] += layer.count.memory_bits
        macs[layer.block_id] += layer.count.macs
    deployed = report.deployed
    packed = deployed.weight_bytes_by_path() if isinstance(deployed, DeployedCost) else None
    unknown = Unknown(str(deployed) if packed is None else "")
    return {
        key: {
            "larq_bytes": -(-bits[key] // 8),
            "macs": macs[key],
            "weight_bytes": unknown if packed is None else packed.get(path, 0),
        }
        for key, path in paths.items()
    }


def block_fields(block: Block) -> dict[str, Any]:
    """What a block is, as JSON: its fields without its names and the blocks inside."""
    return block.model_dump(mode="json", exclude={"id", "label", "body"})


def _own_fields(design: Design) -> dict[str, Any]:
    data = design.model_dump(mode="json", exclude={"blocks", "schema_version"})
    return dict(data)


def field_changes(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> tuple[FieldChange, ...]:
    """Field by field; of objects in both, such as ``batch_norm``, their fields: ``batch_norm.momentum``."""
    found: list[FieldChange] = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        if isinstance(old, dict) and isinstance(new, dict):
            found += field_changes(old, new, f"{prefix}{name}.")
        elif old != new:
            found.append(FieldChange(prefix + name, old, new))
    return tuple(found)
