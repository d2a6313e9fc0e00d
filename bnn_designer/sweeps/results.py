"""What a sweep's runs say: mean and spread of each variant, and whether it differs from the first beyond noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bnn_designer.compare.figures import Unknown, totals_data
from bnn_designer.compare.more_figures import ALL_FIGURES
from bnn_designer.compare.significance import Comparison, compared
from bnn_designer.compare.trained import Spread, spread
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.spreadsheet import csv_text
from bnn_designer.sweeps.plan import Member, MemberState, Plan, PlannedVariant
from bnn_designer.training.failures import SAME_AGAIN, WAY_OUT


@dataclass(frozen=True)
class VariantResult:
    """One variant of a sweep, as far as it is trained.

    Attributes:
        planned: the variant with its costs.
        members: its runs; those of the variant that it is the same as, where it is.
        accuracy: best validation accuracy of the runs that are done; None: none is.
        comparison: with the first variant; None: it is the first, or cannot be trained, or is the same as another.
    """

    planned: PlannedVariant
    members: tuple[Member, ...]
    accuracy: Spread | None
    comparison: Comparison | None

    @property
    def accuracy_text(self) -> str:
        """``71.2 % ± 0.4 (n = 3)``."""
        if self.accuracy is None:
            return "no run is done"
        return f"{self.accuracy.text} (n = {self.accuracy.count})"


@dataclass(frozen=True)
class Results:
    """All variants of a sweep, in its order."""

    plan: Plan
    variants: tuple[VariantResult, ...]
    members: tuple[Member, ...]

    @property
    def counts(self) -> Counter[MemberState]:
        return Counter(one.state for one in self.members)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return not self.counts["waiting"] and not self.counts["training"]

    @property
    def is_complete(self) -> bool:
        return self.counts["done"] == len(self.members)

    @property
    def first(self) -> PlannedVariant:
        """The variant that the others are held against: the first that can be trained."""
        return next(one.planned for one in self.variants if one.planned.design is not None)

    def problems(self) -> tuple[str, ...]:
        """A sentence for each variant that cannot be trained and for each run that failed, with the way out."""
        left = [f"{one.variant.title}: left out. {one.problem}" for one in self.plan.left_out]
        return (*left, *(_failed_text(one.run) for one in self.members if one.run and one.state == "failed"))

    def to_data(self) -> dict[str, Any]:
        """As ``bnn-designer sweep --json`` prints it."""
        return {
            "design": self.plan.sweep.design.name,
            "recipe": self.plan.sweep.recipe.model_dump(mode="json"),
            "seeds": list(self.plan.sweep.seeds),
            "runs": dict(self.counts),
            "complete": self.is_complete,
            "compared_with": self.first.variant.title,
            "variants": [_variant_data(one, self.plan) for one in self.variants],
            "problems": list(self.problems()),
        }

    def to_csv(self) -> str:
        """A line for each run; what is not known is empty."""
        figures = [figure.name for figure in ALL_FIGURES]
        columns = ["variant", "seed", "run", "status", "best_val_accuracy", *figures]
        return csv_text(columns, (self._csv_row(one) for one in self.members))

    def _csv_row(self, one: Member) -> dict[str, Any]:
        planned = self.plan.variants[one.index]
        known = {name: number for name, number in (planned.totals or {}).items() if not isinstance(number, Unknown)}
        return {
            "variant": planned.variant.title,
            "seed": one.seed,
            "run": one.run.id if one.run else "",
            "status": one.run.status if one.run else "missing",
            "best_val_accuracy": _accuracy(one) if one.state == "done" else "",
        } | known


def results(planned: Plan, records: Sequence[RunRecord]) -> Results:
    """What the runs in the store say about a sweep.

    Args:
        planned: the sweep.
        records: all runs of the store, the newest first.
    """
    members = planned.members(records)
    of_variant: dict[int, list[Member]] = {}
    for one in members:
        of_variant.setdefault(one.index, []).append(one)
    spreads = {index: _spread(of_variant.get(index, [])) for index in range(len(planned.variants))}
    own = [index for index, one in enumerate(planned.variants) if one.design is not None and one.same_as is None]
    found = []
    for index, variant in enumerate(planned.variants):
        shared = index if variant.same_as is None else variant.same_as
        comparison = compared(spreads[own[0]], spreads[index], len(own) - 1) if index in own[1:] else None
        found.append(VariantResult(variant, tuple(of_variant.get(shared, [])), spreads[shared], comparison))
    return Results(planned, tuple(found), members)


def verdict_text(result: VariantResult, plan: Plan) -> str:
    """What a variant is against the first one, in words; "" for the first."""
    planned = result.planned
    if planned.design is None:
        return "left out"
    if planned.same_as is not None:
        return f"the same network as {plan.variants[planned.same_as].variant.title}"
    return result.comparison.text if result.comparison is not None else ""


def _spread(members: Sequence[Member]) -> Spread | None:
    values = [value for one in members if one.state == "done" and (value := _accuracy(one)) is not None]
    return spread(values) if values else None


def _accuracy(member: Member) -> float | None:
    return member.run.best_val_accuracy if member.run is not None else None


def _failed_text(run: RunRecord) -> str:
    reason = (run.error or "the reason is unknown; see its log").rstrip(".")
    way = f" {WAY_OUT[run.failure]}" if run.failure is not None else ""
    again = "" if run.failure in SAME_AGAIN else f" (bnn-designer runs resume {run.id}, or retry.)"
    return f"Run {run.id} of {run.name} failed: {reason}.{way}{again}"


def _variant_data(one: VariantResult, plan: Plan) -> dict[str, Any]:
    accuracy = one.accuracy
    return {
        "variant": one.planned.variant.title,
        "choices": {each.dimension: each.value for each in one.planned.variant.choices},
        "settings": dict(one.planned.variant.settings),
        "problem": one.planned.problem or None,
        "same_as": None if one.planned.same_as is None else plan.variants[one.planned.same_as].variant.title,
        "accuracy": None
        if accuracy is None
        else {
            "mean": accuracy.mean,
            "deviation": accuracy.deviation,
            "n": accuracy.count,
            "least": accuracy.least,
            "most": accuracy.most,
        },
        "comparison": None if one.comparison is None else one.comparison.to_data(),
        "verdict": verdict_text(one, plan),
        "totals": None if one.planned.totals is None else totals_data(one.planned.totals),
        "runs": [
            {"seed": each.seed, "run": each.run.id if each.run else None, "state": each.state} for each in one.members
        ],
    }
