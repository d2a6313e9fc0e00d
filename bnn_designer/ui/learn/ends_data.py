"""What the pieces of the lesson on the first and the last layer are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.classroom.own_ends import OwnRun
from bnn_designer.lessons import ends
from bnn_designer.ui.learn.own_ends_view import own_runs
from bnn_designer.units import bytes_text, count_text

_MISSING = "The runs of this program are not here: it was installed without the folder of results."


def curves() -> Mapping[str, Any]:
    """Accuracies after each epoch, 0 to 1: as published, as kept with the program, and of the student or the class.

    Raises:
        ResultError: the file of the runs cannot be read.
        StoreFault: the store cannot be read now.
    """
    kept, (owners, own) = ends.trained(), own_runs()
    precisions = []
    for name, title in ends.PRECISIONS.items():
        found = () if kept is None else ends.curve(kept, name)
        precisions.append(
            {
                "name": name,
                "title": title,
                "published": ends.PUBLISHED[name],
                "here": [spread.mean for spread in found],
                "runs": min((spread.count for spread in found), default=0),
                "own": None if (run := own.get((name, name))) is None else _own(run),
            }
        )
    return {"precisions": precisions, "missing": _MISSING, "owners": owners}


def _own(run: OwnRun) -> Mapping[str, Any]:
    return {
        "curve": run.curve,
        "whose": run.whose,
        "trained": f"{run.trained}{', still training' if run.goes_on else ''}",
        "run": run.run_id,
    }


def plane() -> Mapping[str, Any]:
    """The nine pairs with what they cost, and the accuracy of those that were trained; raises as :func:`curves`."""
    kept, (owners, own) = ends.trained(), own_runs()
    pairs = []
    for pair in ends.pairs():
        best, run = ends.best(kept, pair), own.get((pair.first, pair.last))
        pairs.append(
            {
                "first": pair.first,
                "last": pair.last,
                "weight_bytes": pair.weight_bytes,
                "file_bytes": pair.file_bytes,
                "texts": [
                    *map(bytes_text, (pair.weight_bytes, pair.file_bytes, pair.arena_bytes)),
                    *map(count_text, (pair.binary_macs, pair.float_macs)),
                ],
                "says": pair.says,
                "accuracy": None if best is None else best.mean,
                "runs": 0 if best is None else best.count,
                "own": None if run is None else _own(run),
            }
        )
    return {
        "precisions": [{"name": name, "title": title} for name, title in ends.PRECISIONS.items()],
        "pairs": pairs,
        "owners": owners,
    }
