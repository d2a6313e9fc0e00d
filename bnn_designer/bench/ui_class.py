"""A class of thirty on one server, five of them training; beside the same class with nobody training."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bnn_designer.bench import targets
from bnn_designer.bench.browser.server import APP, served
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.cases.ui import MEDIAN, P95, RUN, planned_class
from bnn_designer.bench.classroom import RECIPE, Heard, Pace, hold
from bnn_designer.bench.request import Request
from bnn_designer.bench.rows import Row, Sample
from bnn_designer.bench.ui import OURS
from bnn_designer.bench.ui_clients import p95
from bnn_designer.design.presets import preset

#: Seconds from an answer to a student's next question, on average; and that a run is watched for.
PACE = Pace(every_s=6.0, watch_s=60.0)
#: What everybody changes and some train: the smallest preset that the course itself opens.
DESIGN = "bi-real-cifar"
QUIET = "the same class, nobody trains"


def measure(request: Request) -> Iterator[Row]:
    """The class with and without training, one after the other; one round each, as a class lasts minutes."""
    for (students, training), texts in wanted(request, planned_class(request)).items():
        busy, quiet, runs = [], [], []
        for _ in range(request.rounds or 1):
            heard, ended = _class(students, training)
            busy.append(heard)
            runs += [1e3 * seconds for seconds in ended]
            if set(texts) & {P95, MEDIAN}:
                quiet.append(_class(students, 0)[0])
        for way, text in texts.items():
            if way == RUN:
                note = f"{len(runs)} runs of {RECIPE.epochs} epochs of {RECIPE.subset:,} images: soonest, median"
                yield Row(text, 1, Sample.of(OURS, runs), None, note=note)
                continue
            figure = p95 if way == P95 else statistics.median
            ours, peer = (
                Sample.of(name, [figure(one.asked) for one in rounds])
                for name, rounds in ((OURS, busy), (QUIET, quiet))
            )
            drawn = round(statistics.mean(len(one.drawn) for one in busy))
            note = (
                f"{len(busy[0].asked)} answers; pages drew {drawn} parts anew by themselves, and the teacher's page "
                f"took {statistics.median(busy[0].taught):.0f} ms, 95th percentile {p95(busy[0].taught):.0f} ms"
            )
            yield Row(text, 1, ours, peer, targets.CLASS_P95 if way == P95 else None, note=note)


def _class(students: int, training: int) -> tuple[Heard, list[float]]:
    with TemporaryDirectory() as home, served(APP, Path(home)) as server:
        return hold(server, Path(home), students, training, PACE, preset(DESIGN))
