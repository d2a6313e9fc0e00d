"""The board of a class: the size of the deployed file against the validation accuracy, a board for each data set.

Accuracies on different data do not compare, so that each data set has a Pareto front of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from bnn_designer.compare import Unknown, pareto_front
from bnn_designer.compare.figures import deployed_figure
from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.errors import DesignError
from bnn_designer.runs.known import of_recipe
from bnn_designer.runs.records import RunRecord, Status

#: Who a run is of that is of the given network, and of nobody in the class.
NOBODY = "The class's network"

_file_bytes = deployed_figure("file_bytes")


@dataclass(frozen=True)
class Entry:
    """A run on the board.

    Attributes:
        who: a nickname, or :data:`NOBODY`.
        name: of its design.
        file_bytes: of the file that Larq Compute Engine makes of it; unknown where it makes none.
        accuracy: the best validation accuracy so far, 0 to 1; None: no epoch has ended.
        on_front: whether no other run of the board is at least as small and as accurate, and better in one of them.
    """

    run_id: str
    who: str
    name: str
    status: Status
    file_bytes: float | Unknown
    accuracy: float | None
    on_front: bool = False

    @property
    def point(self) -> tuple[float, float] | None:
        """Bytes and accuracy; None where one of them is not known."""
        if isinstance(self.file_bytes, Unknown) or self.accuracy is None:
            return None
        return float(self.file_bytes), self.accuracy


@dataclass(frozen=True)
class Board:
    """The runs on one data set: the front first, from the smallest file; then the others, the most accurate first."""

    data: str
    entries: tuple[Entry, ...]


def boards(runs: Iterable[tuple[RunRecord, str | None]]) -> tuple[Board, ...]:
    """The boards, that with the most runs first.

    Args:
        runs: each with the nickname of whose it is; None: it is of the given network, by nobody of the class.
    """
    by_data: dict[str, list[Entry]] = {}
    for run, nickname in runs:
        size = file_bytes_of(run.design_json)
        entry = Entry(run.id, nickname or NOBODY, run.name, run.status, size, run.best_val_accuracy)
        by_data.setdefault(of_recipe(run).data, []).append(entry)
    found = [Board(data, _ranked(entries)) for data, entries in by_data.items()]
    return tuple(sorted(found, key=lambda board: (-len(board.entries), board.data)))


@lru_cache(maxsize=1024)
def file_bytes_of(design_json: str) -> float | Unknown:
    """The size of a design's deployed file in bytes, worked out once."""
    try:
        return _file_bytes(cost(Design.from_json(design_json)))
    except DesignError as error:
        return Unknown(str(error))


def _ranked(entries: list[Entry]) -> tuple[Entry, ...]:
    placed = [entry for entry in entries if entry.point is not None]
    points = [point for entry in placed if (point := entry.point) is not None]
    front = [placed[index] for index in pareto_front(points, ("less", "more"))]
    others = sorted((entry for entry in entries if entry not in front), key=lambda entry: -(entry.accuracy or 0))
    return (*(replace(entry, on_front=True) for entry in front), *others)
