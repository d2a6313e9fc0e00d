"""What a search has found: the front, with the designs of its points; from the store, or as it goes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bnn_designer.design import Design
from bnn_designer.runs.sweeps import SweepRecord
from bnn_designer.search.definition import Search, SearchError
from bnn_designer.search.trials import State, Trial, front

_MOST_NAME = 80


@dataclass(frozen=True)
class Found:
    """A search with all that it has tried.

    Attributes:
        id: of the search.
        trials: in order.
    """

    id: str
    search: Search
    trials: tuple[Trial, ...]

    @cached_property
    def front(self) -> tuple[Trial, ...]:
        """The trials that no other beats, from the most accurate to the least."""
        return front(self.trials, self.search.limits)

    @property
    def counts(self) -> Counter[State]:
        return Counter(one.state for one in self.trials)

    @property
    def nearest(self) -> Trial | None:
        """Of those that are over budget the one that is least so; None: none is."""
        over = [one for one in self.trials if one.state == "over"]
        return min(over, key=lambda one: max(each.over(one.figures) for each in self.search.limits), default=None)

    def number(self, trial: Trial) -> int:
        """A trial's place among those that were trained, from 1."""
        return [one.point for one in self.trials if one.is_trained].index(trial.point) + 1

    def changes(self, trial: Trial) -> str:
        """What a trial changes of the design, in words."""
        return self.search.space.changes(trial.point)

    def design(self, trial: Trial) -> Design:
        """A trial's design, with a name that tells it from the others."""
        end = f", trial {self.number(trial)}"
        made = self.search.space.at(trial.point)
        return made.model_copy(update={"name": f"{made.name[: _MOST_NAME - len(end)]}{end}"})

    def file_name(self, trial: Trial) -> str:
        """Where its design is saved: the same search gives the same file."""
        stem = re.sub(r"[^A-Za-z0-9]+", "-", self.search.design.name).strip("-").lower() or "design"
        return f"{stem}-{self.id}-{self.number(trial)}.json"

    def to_data(self) -> dict[str, Any]:
        """As ``bnn-designer search --json`` prints it."""
        return {
            "search": self.id,
            "design": self.search.design.name,
            "recipe": self.search.recipe.model_dump(mode="json"),
            "limits": {limit.figure: limit.most for limit in self.search.limits},
            "points": self.search.space.size,
            "degrees": {one.name: list(one.values) for one in self.search.space.degrees},
            "counts": dict(self.counts),
            "front": [self._trial_data(one) for one in self.front],
            "trials": [self._trial_data(one) for one in self.trials if one.is_trained],
        }

    def _trial_data(self, trial: Trial) -> dict[str, Any]:
        return {"trial": self.number(trial), "changes": self.changes(trial)} | trial.to_data()


def found_of(record: SweepRecord) -> Found:
    """What a search in the store has found.

    Raises:
        BnnDesignerError: it is no search, or cannot be read.
    """
    if record.kind != "search":
        raise SearchError(f"{record.id}: it is a sweep, not a search. See it with `bnn-designer sweeps {record.id}`.")
    return Found(record.id, Search.from_json(record.definition), trials_of(record.trials))


def trials_of(data: Sequence[dict[str, Any]]) -> tuple[Trial, ...]:
    """Trials as the store has them; raises SearchError where one cannot be read."""
    return tuple(Trial.from_data(one) for one in data)
