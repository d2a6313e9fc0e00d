"""A sweep held against the store: which runs are there, which are missing, and what is known of each variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bnn_designer.compare.figures import Totals, totals
from bnn_designer.compare.more_figures import ALL_FIGURES
from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import RunRecord
from bnn_designer.sweeps.definition import Sweep, SweepVariant, members
from bnn_designer.sweeps.identity import RunKey, matching, run_key
from bnn_designer.training.recipe import Recipe

#: What a member is: there is no run of it; one waits or trains; one is done; one has stopped; one has failed.
MemberState = Literal["missing", "waiting", "training", "done", "stopped", "failed"]
_STATES: dict[str, MemberState] = {
    "queued": "waiting",
    "preparing": "training",
    "running": "training",
    "done": "done",
    "paused": "stopped",
    "interrupted": "stopped",
    "cancelled": "stopped",
    "failed": "failed",
}
#: Of several runs of one member, which counts.
_BEST_FIRST: tuple[MemberState, ...] = ("done", "training", "waiting", "stopped", "failed", "missing")


@dataclass(frozen=True)
class PlannedVariant:
    """A variant with its network.

    Attributes:
        design: None: it is not a network, or does not apply.
        totals: its figures; None where there is no design.
        problem: why there is none; else "".
        same_as: an earlier variant with the same network and recipe, whose runs are its own too.
    """

    variant: SweepVariant
    design: Design | None
    totals: Totals | None
    problem: str = ""
    same_as: int | None = None


@dataclass(frozen=True)
class Member:
    """One run of a sweep, or its place.

    Attributes:
        index: of its variant.
        run: the one that counts; None: there is none.
    """

    index: int
    seed: int
    design: Design
    recipe: Recipe
    run: RunRecord | None = None

    @property
    def state(self) -> MemberState:
        return "missing" if self.run is None else _STATES[self.run.status]


@dataclass(frozen=True)
class Plan:
    """A sweep with its networks; the runs come from :meth:`members`, each time anew.

    Attributes:
        places: variant, seed, design and recipe of each run, those of variants that are the same once.
        keys: of the places.
    """

    sweep: Sweep
    variants: tuple[PlannedVariant, ...]
    places: tuple[Member, ...]
    keys: tuple[RunKey, ...]

    @property
    def left_out(self) -> tuple[PlannedVariant, ...]:
        """The variants that cannot be trained."""
        return tuple(one for one in self.variants if one.design is None)

    def members(self, records: Sequence[RunRecord]) -> tuple[Member, ...]:
        """The places with the runs that are there: whoever started them, and whenever."""
        there = matching([one for one in records if one.deleted_at is None], set(self.keys))
        return tuple(
            Member(place.index, place.seed, place.design, place.recipe, run_that_counts(there.get(key, [])))
            for place, key in zip(self.places, self.keys, strict=True)
        )


def plan(sweep: Sweep) -> Plan:
    """The networks of a sweep with their costs; a variant that cannot be made is left out with its reason.

    Raises:
        RecipeError: a setting of the recipe is out of its bounds.
        DesignError: none of the variants can be made; that of the first.
    """
    found: list[PlannedVariant] = []
    first: BnnDesignerError | None = None
    seen: dict[RunKey, int] = {}
    for index, variant in enumerate(sweep.variants):
        recipe = sweep.recipe_of(variant, sweep.seeds[0])
        try:
            design = sweep.design_of(variant)
            figures = totals(cost(design), ALL_FIGURES)
        except BnnDesignerError as error:
            first = first or error
            found.append(PlannedVariant(variant, None, None, str(error)))
            continue
        same = seen.setdefault(run_key(design, recipe), index)
        found.append(PlannedVariant(variant, design, figures, same_as=None if same == index else same))
    if first is not None and all(one.design is None for one in found):
        raise first
    places = []
    for index, seed in members(sweep):
        planned = found[index]
        if planned.design is not None and planned.same_as is None:
            places.append(Member(index, seed, planned.design, sweep.recipe_of(planned.variant, seed)))
    return Plan(sweep, tuple(found), tuple(places), tuple(run_key(one.design, one.recipe) for one in places))


def run_that_counts(runs: Sequence[RunRecord]) -> RunRecord | None:
    """Of several runs of one member that which is furthest; of two alike the newest, which comes first."""
    return min(runs, key=lambda run: _BEST_FIRST.index(_STATES[run.status]), default=None)
