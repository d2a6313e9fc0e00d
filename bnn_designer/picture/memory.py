"""What lies in memory while each operator runs, tensor by tensor, sorted by why it is there."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.cost import CostReport
from bnn_designer.cost.shortcuts import ShortcutEffect, shortcut_effect, shortcut_effects
from bnn_designer.graph.liveness import Span, Step

#: Every category, from the bottom of the chart to its top.
IMAGE, BINARY, INT8, IN_USE, KEPT, WORKING = (
    "image",
    "binary",
    "8 bits",
    "float, in use",
    "float, kept for later layers",
    "working memory",
)
CATEGORIES = (IMAGE, BINARY, INT8, IN_USE, KEPT, WORKING)
_BY_ROLE = {"image": IMAGE, "binary": BINARY, "8 bits": INT8, "working memory": WORKING}


@dataclass(frozen=True)
class Held:
    """A tensor in memory while one operator runs.

    Attributes:
        step: the operator, and all that is in memory then.
        span: the tensor, its size and its place.
        category: one of CATEGORIES.
    """

    step: Step
    span: Span
    category: str


def held_tensors(report: CostReport) -> tuple[Held, ...]:
    """Every tensor at every operator of the deployed program.

    A float tensor is kept for later where it is in memory although the running operator neither reads nor makes it, as
    a shortcut's is.
    """
    found: list[Held] = []
    for step, operator in zip(report.timeline.steps, report.program.operators, strict=True):
        in_use = {*operator.inputs, operator.output.name}
        found += [Held(step, span, _category(span, in_use)) for span in step.by_offset]
    return tuple(found)


def _category(span: Span, in_use: set[str]) -> str:
    return _BY_ROLE.get(span.role) or (IN_USE if span.name in in_use else KEPT)


def life_category(span: Span) -> str:
    """The category of a tensor over its whole life, in which it may be in use and kept."""
    return _BY_ROLE.get(span.role, IN_USE)


def all_shortcuts(report: CostReport) -> ShortcutEffect:
    """What all shortcuts that end in a sum take together."""
    return shortcut_effect(report.graph, options=report.options)


def each_shortcut(report: CostReport) -> tuple[ShortcutEffect, ...]:
    """What each of them takes by itself."""
    return shortcut_effects(report.graph, report.options)
