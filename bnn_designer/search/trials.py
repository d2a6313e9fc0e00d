"""What a search has tried: a point, what it costs, and what came of it; kept in the store as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from bnn_designer.compare.figures import Number, Unknown
from bnn_designer.compare.freedom import Point
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.search.definition import Limit, Search, SearchError

#: over: of a budget; never trained. unfit: no network, or one whose limited figures are not known; never trained.
#: pruned: cancelled, as it was clearly behind. failed: its run failed, or somebody cancelled or deleted it.
State = Literal["over", "unfit", "done", "pruned", "failed"]


@dataclass(frozen=True)
class Trial:
    """One proposal and what came of it.

    Attributes:
        point: the proposal.
        figures: those that are known, by name.
        accuracy: the best validation accuracy, 0 to 1; of a pruned one up to the epoch at which it was cancelled.
        run: its run's id.
        epochs: after which it was found to be behind.
        reason: why it is unfit, was pruned or failed, in words.
    """

    point: Point
    state: State
    figures: dict[str, Number]
    accuracy: float | None = None
    run: str | None = None
    epochs: int | None = None
    reason: str = ""

    @property
    def is_trained(self) -> bool:
        """Whether there was a run of it, which counts as one of ``--trials``."""
        return self.state in ("done", "pruned", "failed")

    def to_data(self) -> dict[str, Any]:
        return asdict(self) | {"point": dict(self.point)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Trial:
        """What :meth:`to_data` gave; raises SearchError where it is no trial."""
        try:
            trial = cls(**data)
            if trial.state not in get_args(State) or not isinstance(trial.point, dict):
                raise ValueError("no trial")
            return trial
        except (TypeError, ValueError) as error:
            raise SearchError(
                f"A trial of the search cannot be read ({error}). Start it with another --seed."
            ) from error


@dataclass(frozen=True)
class Priced:
    """A proposal after the cost model: its trial, if it ends here, else the design to train."""

    design: Design | None
    figures: dict[str, Number]
    trial: Trial | None


def priced(search: Search, point: Point) -> Priced:
    """Holds a proposal to the budgets, before anything of it is trained."""
    try:
        design = search.space.at(point)
        found = search.totals_of(design)
    except BnnDesignerError as error:
        return Priced(None, {}, Trial(point, "unfit", {}, reason=str(error)))
    figures = {name: number for name, number in found.items() if not isinstance(number, Unknown)}
    for limit in search.limits:
        number = found[limit.figure]
        if isinstance(number, Unknown):
            return Priced(None, figures, Trial(point, "unfit", figures, reason=number.reason))
    if any(limit.over(figures) > 0 for limit in search.limits):
        return Priced(None, figures, Trial(point, "over", figures))
    return Priced(design, figures, None)


def costs(figures: dict[str, Number], limits: Sequence[Limit]) -> tuple[Number, ...]:
    """The limited figures, in the order of the limits."""
    return tuple(figures[limit.figure] for limit in limits)


def no_dearer(one: Trial, figures: dict[str, Number], limits: Sequence[Limit]) -> bool:
    """Whether a trial has no more of any limited figure."""
    return all(a <= b for a, b in zip(costs(one.figures, limits), costs(figures, limits), strict=True))


def front(trials: Sequence[Trial], limits: Sequence[Limit]) -> tuple[Trial, ...]:
    """The trained trials that no other beats: none is as accurate and costs as little, and better in one of these.

    Trials that are equal in all of it do not beat each other.

    Returns:
        From the most accurate to the least.
    """
    done = [one for one in trials if one.state == "done" and one.accuracy is not None]
    kept = [one for one in done if not any(dominates(other, one, limits) for other in done)]
    return tuple(sorted(kept, key=lambda one: (-_goal(one, limits)[0], _goal(one, limits)[1:])))


def dominates(one: Trial, other: Trial, limits: Sequence[Limit]) -> bool:
    """Whether a trial is at least as accurate and costs no more, and is better in one of these."""
    (accuracy, *cost), (other_accuracy, *other_cost) = _goal(one, limits), _goal(other, limits)
    no_worse = accuracy >= other_accuracy and all(a <= b for a, b in zip(cost, other_cost, strict=True))
    return no_worse and (accuracy, *cost) != (other_accuracy, *other_cost)


def _goal(trial: Trial, limits: Sequence[Limit]) -> tuple[float, ...]:
    assert trial.accuracy is not None
    return (trial.accuracy, *costs(trial.figures, limits))
