"""Runs of one network with one recipe together: what is a group, and which of its runs its mean is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bnn_designer.compare import TrainedGroup, TrainedRun
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.shared.trained_runs import trained_run
from bnn_designer.units import counted

#: What is drawn: each run by itself, the mean over the seeds of a network with a recipe, or that within each sweep.
By = Literal["run", "seeds", "sweep"]


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ by their seeds at most.

    Attributes:
        title: what they are, as a chart and a table name them.
        counted: the ids of the runs that the mean is over, and their seeds.
        left_out: why others are not, in words; "" where none is.
    """

    title: str
    counted: tuple[str, ...]
    seeds: tuple[int, ...]
    left_out: str

    @property
    def seeds_text(self) -> str:
        """Such as "3 seeds (0, 1, 2)"."""
        numbers = ", ".join(str(seed) for seed in self.seeds)
        return f"{counted(len(self.seeds), 'seed')} ({numbers})"


@dataclass(frozen=True)
class Grouped:
    """The groups, in the order in which the first run of each comes, and the runs that no group can have."""

    groups: tuple[SeedGroup, ...]
    unreadable: tuple[RunRecord, ...]


def grouped_by_seeds(runs: Sequence[RunRecord], by: Literal["seeds", "sweep"]) -> Grouped:
    """The runs in groups.

    Args:
        runs: the newest first, so that of a seed that was run twice the newest counts.
        by: "sweep": runs of different sweeps, or of none, are never in one group.
    """
    found: dict[tuple[str, str, str], list[TrainedRun]] = {}
    unreadable = []
    for record in runs:
        run = trained_run(record)
        if run is None:
            unreadable.append(record)
        else:
            sweep = (record.sweep or "") if by == "sweep" else ""
            found.setdefault((sweep, run.network, run.recipe), []).append(run)
    groups = (
        _group(sweep, TrainedGroup(network, recipe, tuple(members)))
        for (sweep, network, recipe), members in found.items()
    )
    return Grouped(_told_apart(list(groups)), tuple(unreadable))


def _group(sweep: str, group: TrainedGroup) -> SeedGroup:
    own = sorted(group.counted, key=lambda run: run.seed)
    not_done = sum(run.status != "done" for run in group.runs)
    again = len(group.runs) - not_done - len(own)
    reasons = [
        *([f"{counted(not_done, 'run')} not done"] if not_done else []),
        *([f"{counted(again, 'run')} of a seed that counts already"] if again else []),
    ]
    title = f"{group.runs[0].name}, {group.recipe}"
    return SeedGroup(
        f"sweep {sweep}: {title}" if sweep else title,
        tuple(run.id for run in own),
        tuple(run.seed for run in own),
        ", ".join(reasons),
    )


def _told_apart(groups: list[SeedGroup]) -> tuple[SeedGroup, ...]:
    """Networks that differ may have one name: a number is put behind the second and the later ones."""
    seen: dict[str, int] = {}
    result = []
    for group in groups:
        seen[group.title] = number = seen.get(group.title, 0) + 1
        title = group.title if number == 1 else f"{group.title} (another network, {number})"
        result.append(SeedGroup(title, group.counted, group.seeds, group.left_out))
    return tuple(result)
