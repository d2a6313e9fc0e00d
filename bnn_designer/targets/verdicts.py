"""The verdicts of all blocks on all targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bnn_designer.cost import CostReport, cost
from bnn_designer.design import Design
from bnn_designer.graph import Layer
from bnn_designer.targets import engine, finn, lce, openvino, st
from bnn_designer.targets.verdict import STATES, Subject, Verdict


@dataclass(frozen=True)
class Target:
    """Where a design may run.

    Attributes:
        name: its key in data.
        title: its name for people, with the version that the rules were read from.
        short: the same in a word or two, for the heads of columns.
        judge: what becomes of a layer there; None for a layer that says nothing about it, as it folds or is the same
            everywhere.
    """

    name: str
    title: str
    short: str
    judge: Callable[[Subject, Layer], Verdict | None]


#: Every target by its name, in the order of tables.
TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target("engine", "this project's engine", "this engine", engine.judge),
        Target("lce", "Larq Compute Engine 0.16", "LCE", lce.judge),
        Target("finn", "FINN (QONNX)", "FINN", finn.judge),
        Target("st", "ST Edge AI Core 3.0", "ST", st.judge),
        Target("openvino", "OpenVINO 2026.4, CPU", "OpenVINO", openvino.judge),
    )
}


def verdicts(design: Design | CostReport) -> dict[str, dict[str, Verdict]]:
    """What becomes of each block on each target.

    Args:
        design: the document, or its cost report, which saves the work of lowering it.

    Returns:
        By the block's id, in running order, then by the target's name. A block of several layers has its worst verdict.
        What says nothing about bits, such as a dropout, is left out; so is a target that has nothing to say of a block.

    Raises:
        DesignError: the design cannot be lowered.
    """
    subject = Subject(design if isinstance(design, CostReport) else cost(design))
    found: dict[str, dict[str, Verdict]] = {}
    for layer in subject.graph.layers:
        for target in TARGETS.values():
            verdict = target.judge(subject, layer)
            if verdict is None:
                continue
            mine = found.setdefault(layer.block_id, {})
            before = mine.get(target.name)
            if before is None or STATES.index(verdict.state) < STATES.index(before.state):
                mine[target.name] = verdict
    return found
