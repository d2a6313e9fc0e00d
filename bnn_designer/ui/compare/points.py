"""Designs as points of two figures: which there are, what each is, and which are on the Pareto front."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bnn_designer.compare import (
    FIGURES_BY_NAME,
    Better,
    Figure,
    Moment,
    Spread,
    TrainedGroup,
    Unknown,
    dominates,
    figure_text,
    pareto_front,
)
from bnn_designer.design import Design
from bnn_designer.design.presets import PRESETS, PUBLISHED, preset
from bnn_designer.training.data import SETS
from bnn_designer.ui.compare.known import known
from bnn_designer.units import percent_text, shape_text

#: What a point is. "published": a network of the literature, with its published accuracy; "trained": a design with an
#: accuracy that it reached here; "design": one that stands side by side, or the draft; "variant": a variant of the
#: draft; "preset": one without a published accuracy. Of a search: "front": of which no other is better in all figures;
#: "beaten": one that is done and not there; "pruned": one that was cancelled early.
Kind = Literal["published", "trained", "design", "variant", "preset", "front", "beaten", "pruned"]
KINDS: dict[Kind, str] = {
    "published": "Published network",
    "trained": "Trained here",
    "design": "Chosen design",
    "variant": "Variant of the draft",
    "preset": "Preset",
    "front": "On the search's front",
    "beaten": "Trained to the end, beaten",
    "pruned": "Cancelled early",
}


@dataclass(frozen=True)
class Axis:
    """What one axis shows.

    Attributes:
        figure: a cost; None: accuracy.
        moment: of the accuracy of designs that were trained here.
    """

    name: str
    label: str
    help: str
    figure: Figure | None = None
    moment: Moment = "best"

    @property
    def better(self) -> Better:
        return "more" if self.figure is None else "less"


_PUBLISHED_ACCURACY = "Of published networks the top-1 accuracy on test images as their authors or Larq Zoo give it."
AXES: dict[str, Axis] = {
    axis.name: axis
    for axis in (
        Axis(
            "accuracy",
            "Accuracy (best epoch)",
            f"Of designs trained here the validation accuracy of the best epoch. {_PUBLISHED_ACCURACY}",
            moment="best",
        ),
        Axis(
            "final_accuracy",
            "Accuracy (last epoch)",
            f"Of designs trained here the validation accuracy after the last epoch. {_PUBLISHED_ACCURACY}",
            moment="final",
        ),
        *(Axis(name, figure.heading, figure.help, figure) for name, figure in FIGURES_BY_NAME.items()),
    )
}


#: By the images and the classes.
_DATA_SETS: dict[tuple[tuple[int, ...], int], str] = {((32, 32, 3), 10): "CIFAR-10", ((224, 224, 3), 1000): "ImageNet"}


@dataclass(frozen=True)
class Task:
    """What a network is for: accuracies and costs of different tasks do not compare."""

    shape: tuple[int, ...]
    classes: int

    @property
    def name(self) -> str:
        """As the address has it: ``32x32x3-10``."""
        return f"{'x'.join(str(size) for size in self.shape)}-{self.classes}"

    @property
    def label(self) -> str:
        words = f"{shape_text(self.shape)}, {self.classes:,} classes"
        known_as = _DATA_SETS.get((self.shape, self.classes))
        return f"{known_as}: {words}" if known_as else words


def is_about(of: Task, data: str) -> bool:
    """Whether an accuracy that was reached with a data set, as a recipe names it, may stand among those of a task.

    A task that is known by one set's name has accuracies of that set alone: images of one's own may have its size.
    """
    known_as = _DATA_SETS.get((of.shape, of.classes))
    source = SETS.get(data)
    return known_as is None or (source is not None and source.title == known_as)


def task(design: Design) -> Task:
    return Task(design.input_shape, design.classes)


@dataclass(frozen=True)
class Candidate:
    """A design that may become a point.

    Attributes:
        note: what it is, in a few words.
        published: top-1 accuracy, 0 to 1; None: nothing was published.
        trained: the runs here with one recipe; None for a candidate that is not about runs.
        source: where published figures stand.
    """

    name: str
    kind: Kind
    design: Design
    note: str
    published: float | None = None
    trained: TrainedGroup | None = None
    source: str = ""


@dataclass(frozen=True)
class Value:
    """A figure of a point.

    Attributes:
        low, high: where it lies over several seeds; twice the figure itself where it is one.
        note: what stands beside it: where an accuracy is from, the error of an estimate.
    """

    number: float
    text: str
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Point:
    candidate: Candidate
    x: Value
    y: Value


def published_candidates(of: Task) -> list[Candidate]:
    """The presets of a task, with what was published about each."""
    found = []
    for name in PRESETS:
        design = preset(name)
        if task(design) != of:
            continue
        figures = PUBLISHED.get(name)
        percent = figures.top1_percent if figures else None
        found.append(
            Candidate(
                name,
                "published" if percent is not None else "preset",
                design,
                f"arXiv {figures.paper}" if figures else "a design of this project's own",
                None if percent is None else percent / 100,
                source=figures.source if figures else "",
            )
        )
    return found


def points(candidates: Iterable[Candidate], x: Axis, y: Axis) -> tuple[list[Point], dict[str, list[str]]]:
    """The points of those candidates that have both figures; the others by the reason why they have not."""
    found: list[Point] = []
    without: dict[str, list[str]] = {}
    for one in candidates:
        horizontal, vertical = _value(one, x), _value(one, y)
        if isinstance(horizontal, Unknown) or isinstance(vertical, Unknown):
            reason = horizontal if isinstance(horizontal, Unknown) else vertical
            assert isinstance(reason, Unknown)
            without.setdefault(reason.reason, []).append(one.name)
        else:
            found.append(Point(one, horizontal, vertical))
    return found, without


def front_of(found: Sequence[Point], x: Axis, y: Axis) -> tuple[int, ...]:
    """Which points are on the Pareto front, from the best of ``x`` to the best of ``y``."""
    return pareto_front([(one.x.number, one.y.number) for one in found], (x.better, y.better))


def beaten_by(found: Sequence[Point], front: Sequence[int], x: Axis, y: Axis) -> Mapping[int, int]:
    """For each point that is not on the front one on it that beats it: the first in the front's order."""
    pairs = [(one.x.number, one.y.number) for one in found]
    better = (x.better, y.better)
    return {
        index: next(member for member in front if dominates(pairs[member], pairs[index], better))
        for index in range(len(found))
        if index not in front
    }


def spans_decades(values: Sequence[float]) -> bool:
    """Whether a logarithmic axis shows the values better: all are positive, and the largest is 10 times the least."""
    return bool(values) and min(values) > 0 and max(values) >= 10 * min(values)


def _value(one: Candidate, axis: Axis) -> Value | Unknown:
    if axis.figure is not None:
        number = known(one.design).totals[axis.figure.name]
        if isinstance(number, Unknown):
            return number
        note = known(one.design).notes.get(axis.figure.name, "")
        return Value(number, figure_text(axis.figure, number), number, number, note)
    if one.trained is not None:
        return _accuracy(one.trained.accuracy(axis.moment))
    if one.published is not None and math.isfinite(one.published):
        return Value(one.published, percent_text(one.published), one.published, one.published, "published")
    if one.kind in ("published", "preset"):
        return Unknown("no accuracy was published")
    return Unknown("an accuracy takes a training run, which is then a point of its own")


def _accuracy(found: Spread | None) -> Value | Unknown:
    if found is None:
        return Unknown("no run with this recipe is done")
    seeds = "1 seed" if found.count == 1 else f"mean of {found.count} seeds {found.deviation_text}"
    return Value(found.mean, percent_text(found.mean), found.least, found.most, f"trained here, {seeds}")
