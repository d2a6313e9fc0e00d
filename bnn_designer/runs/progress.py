"""How far a run is, out of its record and its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bnn_designer.runs.records import HELD, RunRecord, StoredEvent
from bnn_designer.training.events import (
    DataRead,
    EpochEnd,
    LatentWeights,
    Notice,
    Resumed,
    Started,
    StepWindow,
    WeightsTaken,
)

# More points than pixels only make the page slow.
MAX_POINTS = 600


# What the forward pass takes of a training step, which beside it computes two gradients of as many products each. Only
# until the first validation is measured.
FORWARD_SHARE = 1 / 3

# The speed now, rather than that of a night ago: the median of so many windows.
RECENT_WINDOWS = 30


@dataclass(frozen=True)
class RunProgress:
    """What the events of a run say; None is "not known yet".

    Attributes:
        started: the latest start.
        windows, epochs: the curve, in order.
        share: of all steps that are done, 0 to 1.
        eta_s: seconds to go, if steps, validations and what comes on top go on as they went, each counted by itself.
        notice: what the worker is busy with before its first step.
        data: what it trains on, once that is read; runs of older versions do not say it.
        weights_taken: from another run, before the first step.
        latent: the validation with the latent weights, at the run's end.
    """

    started: Started | None
    windows: tuple[StepWindow, ...]
    epochs: tuple[EpochEnd, ...]
    notice: str | None
    share: float | None
    eta_s: float | None
    data: DataRead | None = None
    weights_taken: WeightsTaken | None = None
    latent: LatentWeights | None = None

    @property
    def images_per_second(self) -> float | None:
        return self.windows[-1].images_per_second if self.windows else None


def progress(events: Sequence[StoredEvent]) -> RunProgress:
    """What the events of one run, in their order, say."""
    started: Started | None = None
    windows: list[StepWindow] = []
    epochs: list[EpochEnd] = []
    notice: str | None = None
    data: DataRead | None = None
    taken: WeightsTaken | None = None
    latent: LatentWeights | None = None
    for item in events:
        match item.event:
            case Started():
                started, notice = item.event, "Recording the network: the first step takes longer than others."
            case Resumed():
                # the store has dropped what came after; who read it before has not
                place = (item.event.epoch, item.event.step)
                windows = [window for window in windows if (window.epoch, window.step) <= place]
                epochs = [end for end in epochs if end.epoch < item.event.epoch]
                latent = None
            case StepWindow():
                windows.append(item.event)
            case EpochEnd():
                epochs.append(item.event)
            case Notice():
                notice = item.event.text
            case DataRead():
                data = item.event
            case WeightsTaken():
                taken = item.event
            case LatentWeights():
                latent = item.event
    share, eta_s = None, None
    if started is not None:
        total = started.steps_per_epoch * started.epochs
        in_windows = max(((w.epoch - 1) * w.steps_per_epoch + w.step for w in windows), default=0)
        done = max(in_windows, len(epochs) * started.steps_per_epoch)
        share = done / total
        eta_s = _eta_s(started, windows, epochs, total - done, latent is not None)
    return RunProgress(started, tuple(windows), tuple(epochs), notice, share, eta_s, data, taken, latent)


def _eta_s(
    started: Started, windows: Sequence[StepWindow], epochs: Sequence[EpochEnd], steps_left: int, is_over: bool
) -> float | None:
    """The steps that are left, the validations, and measuring and saving, at the seconds that each takes here.

    Args:
        is_over: whether the validations with the latent weights are done, which come last.
    """
    if not windows:
        return None
    image_s = 1 / median(window.images_per_second for window in windows[-RECENT_WINDOWS:])
    batch = started.train_images / started.steps_per_epoch
    epochs_left = started.epochs - len(epochs)
    rest_s = (epochs[-1].measuring_s or 0.0) + (epochs[-1].saving_s or 0.0) if epochs else 0.0
    measured = [end for end in epochs if end.validation_s is not None and end.validation_images]
    validated_image_s = (
        (measured[-1].validation_s or 0.0) / (measured[-1].validation_images or 1)
        if measured
        else image_s * FORWARD_SHARE
    )
    to_validate = max(0, epochs_left - 1) * started.validation_images
    if epochs_left > 0:
        to_validate += started.last_validation_images or started.validation_images
    if not is_over:
        to_validate += started.latent_images
    return steps_left * batch * image_s + to_validate * validated_image_s + epochs_left * rest_s


def thinned(windows: Sequence[StepWindow]) -> list[StepWindow]:
    """At most about MAX_POINTS windows: every n-th, and the last one."""
    step = -(-len(windows) // MAX_POINTS) or 1
    kept = list(windows[::step])
    return kept if not windows or kept[-1] is windows[-1] else [*kept, windows[-1]]


def duration_s(run: RunRecord, now: datetime) -> float | None:
    """Seconds that a run was worked on, or has been so far, over all its attempts; None if it never started."""
    if run.started_at is None:
        return None
    if run.stored_status not in HELD:
        # of before attempts were counted: one from start to end
        return run.spent_s or ((run.finished_at or now) - run.started_at).total_seconds()
    return run.spent_s + ((run.finished_at or now) - (run.attempt_at or run.started_at)).total_seconds()


def last_lines(text: str, count: int = 30) -> str:
    """The end of a log."""
    return "\n".join(text.splitlines()[-count:])
