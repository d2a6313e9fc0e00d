"""A class's own runs for the lesson on the first and the last layer: those of its network, by what the ends are.

Which network a run is of is told by its content, so that a run counts whatever its design is called, and whichever way
it came into the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.lessons.ends import pair_of
from bnn_designer.runs.known import of_recipe
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.data.sets import DEFAULT
from bnn_designer.training.events import EpochEnd

#: Whose a run is, as the page says it.
YOURS, OF_CLASS, OF_SERVER = "yours", "your class's", "of this server"


@dataclass(frozen=True)
class OwnRun:
    """A run of the lesson's network.

    Attributes:
        whose: :data:`YOURS`, :data:`OF_CLASS` or :data:`OF_SERVER`: nobody else's name.
        trained: its recipe in a line of words.
        curve: validation accuracy after each epoch so far, 0 to 1.
        goes_on: whether more epochs come.
    """

    run_id: str
    whose: str
    trained: str
    curve: tuple[float, ...]
    goes_on: bool


def chosen_runs(runs: Iterable[tuple[RunRecord, str]]) -> dict[tuple[str, str], tuple[RunRecord, str]]:
    """Of each pair of precisions one run: the newest of one's own, or where there is none, the newest.

    The precisions are of the first layer and the last, names in :data:`bnn_designer.lessons.ends.PRECISIONS`.

    A run in two stages is left out, as its first epochs are of a network with float kernels, and so is one on other
    images than the lesson's.

    Args:
        runs: the newest first, each with whose it is.
    """
    found: dict[tuple[str, str], tuple[RunRecord, str]] = {}
    for run, whose in runs:
        pair = _pair_of(run.design_json) if _counts(run) else None
        if pair is None:
            continue
        if pair not in found or (whose == YOURS and found[pair][1] != YOURS):
            found[pair] = run, whose
    return found


def own_ends(
    chosen: Mapping[tuple[str, str], tuple[RunRecord, str]], epochs: Mapping[str, Sequence[EpochEnd]]
) -> dict[tuple[str, str], OwnRun]:
    """The runs of :func:`chosen_runs` that have a curve, by their pairs.

    Args:
        chosen: each with whose it is.
        epochs: by the id of the run.
    """
    found = {}
    for pair, (run, whose) in chosen.items():
        if curve := tuple(end.val_accuracy for end in epochs[run.id]):
            found[pair] = OwnRun(run.id, whose, of_recipe(run).text, curve, not run.ended)
    return found


def _counts(run: RunRecord) -> bool:
    recipe = of_recipe(run).recipe
    has_curve = run.best_val_accuracy is not None
    return has_curve and recipe is not None and recipe.data == DEFAULT and recipe.first_stage_epochs == 0


@lru_cache(maxsize=1024)
def _pair_of(design_json: str) -> tuple[str, str] | None:
    try:
        return pair_of(Design.from_json(design_json))
    except BnnDesignerError:  # it cannot be read any more
        return None
