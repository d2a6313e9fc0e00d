"""The curves of several runs: what can be drawn of an epoch, and the best and the last of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from bnn_designer.runs.database import EVENTS
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd, LayerMeasures, best_epoch, event_from_json

# How pydantic writes it: the kind is the first field.
_EPOCH_ENDS = EVENTS.c.event.startswith('{"kind":"epoch_end"', autoescape=True)


def epoch_counts(store: Store, run_ids: Sequence[str]) -> dict[str, int]:
    """How many epochs each run has finished, in one query; 0 for one that has none."""
    mine = EVENTS.c.run_id.in_(run_ids) & _EPOCH_ENDS & store.of_mine
    with store.engine.connect() as connection:
        rows = connection.execute(select(EVENTS.c.run_id, func.count()).where(mine).group_by(EVENTS.c.run_id)).all()
    return dict.fromkeys(run_ids, 0) | {row[0]: row[1] for row in rows}


def epochs_of(store: Store, run_ids: Sequence[str]) -> dict[str, tuple[EpochEnd, ...]]:
    """The finished epochs of each run, in order, in one query.

    Raises:
        BnnDesignerError: an event cannot be read.
    """
    mine = EVENTS.c.run_id.in_(run_ids) & _EPOCH_ENDS & store.of_mine
    with store.engine.connect() as connection:
        rows = connection.execute(select(EVENTS.c.run_id, EVENTS.c.event).where(mine).order_by(EVENTS.c.id)).all()
    found: dict[str, list[EpochEnd]] = {run_id: [] for run_id in run_ids}
    for run_id, text in rows:
        event = event_from_json(text)
        assert isinstance(event, EpochEnd)
        found[run_id].append(event)
    return {run_id: tuple(epochs) for run_id, epochs in found.items()}


# ---- what can be drawn

Unit = Literal["share", "number", "rate", "seconds"]


@dataclass(frozen=True)
class Measure:
    """A quantity of an epoch.

    Attributes:
        label: what it is, as an axis and a list name it.
        unit: "share" is of 1 and shown in percent; "rate" is a small number, on a logarithmic axis.
        better: which way is better; None: neither.
        value: of an epoch; None where it was not measured or does not apply.
        help: a sentence on what it is; "" where the label says it.
    """

    label: str
    unit: Unit
    better: Literal["more", "less"] | None
    value: Callable[[EpochEnd], float | None]
    help: str = ""


def _mean_of_layers(name: str) -> Callable[[EpochEnd], float | None]:
    def mean(epoch: EpochEnd) -> float | None:
        values = [value for layer in epoch.layers if (value := getattr(layer, name)) is not None]
        return math.fsum(values) / len(values) if values else None

    assert name in LayerMeasures.model_fields
    return mean


#: What can be drawn, by the word that addresses use.
MEASURES: dict[str, Measure] = {
    "val_accuracy": Measure("Validation accuracy", "share", "more", lambda epoch: epoch.val_accuracy),
    "accuracy": Measure("Training accuracy", "share", "more", lambda epoch: epoch.accuracy),
    "val_loss": Measure("Validation loss", "number", "less", lambda epoch: epoch.val_loss),
    "loss": Measure("Training loss", "number", "less", lambda epoch: epoch.loss),
    "flip_ratio": Measure(
        "Flip ratio",
        "share",
        None,
        _mean_of_layers("flip_ratio"),
        "Share of the binary weights whose sign changed in the epoch, the mean of the layers.",
    ),
    "clipped_share": Measure(
        "Clipped weights",
        "share",
        None,
        _mean_of_layers("clipped_share"),
        "Share of the latent weights that are at the limit of their constraint, the mean of the layers.",
    ),
    "learning_rate": Measure("Learning rate", "rate", None, lambda epoch: epoch.learning_rate, "Of the last step."),
    "images_per_second": Measure(
        "Images per second",
        "number",
        "more",
        lambda epoch: epoch.images_per_second,
        "Of the training steps alone. It depends on the machine and on what else it did.",
    ),
    "seconds": Measure("Seconds per epoch", "seconds", "less", lambda epoch: epoch.seconds, "With the validation."),
}


@dataclass(frozen=True)
class Point:
    epoch: int
    value: float


def points(epochs: Sequence[EpochEnd], measure: Measure) -> tuple[Point, ...]:
    """The curve of a measure; epochs of which it is not known are left out."""
    found = ((epoch.epoch, measure.value(epoch)) for epoch in epochs)
    return tuple(Point(number, value) for number, value in found if value is not None)


@dataclass(frozen=True)
class BestAndLast:
    """The best and the last figure of a curve, each with its epoch; None: there is none.

    Of a validation the best is among the epochs that were validated on the most images (see
    :func:`bnn_designer.training.events.best_epoch`). ``best`` is None too where neither way is better.
    """

    best: Point | None
    last: Point | None


def best_and_last(epochs: Sequence[EpochEnd], measure: Measure) -> BestAndLast:
    """The best and the last of one run."""
    curve = points(_comparable(epochs, measure), measure)
    last = next(iter(points(epochs, measure)[-1:]), None)
    if not curve or measure.better is None:
        return BestAndLast(None, last)
    pick = max if measure.better == "more" else min
    return BestAndLast(pick(curve, key=lambda point: point.value), last)


def _comparable(epochs: Sequence[EpochEnd], measure: Measure) -> Sequence[EpochEnd]:
    """Those whose figures are of the network itself, and of validations those on the most images."""
    own = [epoch for epoch in epochs if not epoch.float_kernels]
    if measure not in (MEASURES["val_accuracy"], MEASURES["val_loss"]):
        return own
    best = best_epoch(own)
    images = best.validation_images if best else None
    return [epoch for epoch in own if epoch.validation_images == images]
