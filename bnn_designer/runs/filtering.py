"""Which runs of a list are meant: by words, status, data, engine, recipe, tags and sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bnn_designer.runs.known import of_recipe
from bnn_designer.runs.records import RunRecord

#: What a run has that has not begun: no engine yet.
NOT_YET = "not known yet"

#: What runs are filtered by beside words, each with what a run has of it: one value, several, or none.
FACETS: dict[str, Callable[[RunRecord], tuple[str, ...]]] = {
    "status": lambda run: (run.status,),
    "data": lambda run: (of_recipe(run).data,),
    "engine": lambda run: (run.engine_used or NOT_YET,),
    "recipe": lambda run: (of_recipe(run).text,),
    "tag": lambda run: run.tags,
    "sweep": lambda run: (run.sweep,) if run.sweep else (),
}


@dataclass(frozen=True)
class RunFilter:
    """What a run must have to be shown; nothing chosen lets every run through.

    Attributes:
        words: each must stand in the run's id, name, tags or note, in any case.
        chosen: facets with values, of which a run must have one; of tags all.
    """

    words: str = ""
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        """Whether it may leave out a run."""
        return bool(self.words.split()) or any(values for _, values in self.chosen)

    def lets_through(self, run: RunRecord) -> bool:
        text = "\n".join((run.id, run.name, *run.tags, run.note)).casefold()
        if not all(word in text for word in self.words.casefold().split()):
            return False
        return all(_has(run, facet, values) for facet, values in self.chosen if values)

    def of(self, runs: Iterable[RunRecord]) -> list[RunRecord]:
        """Those that it lets through, in their order."""
        return [run for run in runs if self.lets_through(run)]


def _has(run: RunRecord, facet: str, values: Sequence[str]) -> bool:
    own = FACETS[facet](run)
    wanted = (value in own for value in values)
    return all(wanted) if facet == "tag" else any(wanted)


def values_of(runs: Iterable[RunRecord], facet: str) -> tuple[str, ...]:
    """What the runs have of a facet, each value once, in the order of the alphabet."""
    found = {value for run in runs for value in FACETS[facet](run)}
    return tuple(sorted(found, key=lambda value: (value.casefold(), value)))
