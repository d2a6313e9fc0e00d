"""How far a run is, out of its record and its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bnn_designer.runs.records import RunRecord, StoredEvent
from bnn_designer.training.events import EpochEnd, LatentWeights, Notice, Started, StepWindow, WeightsTaken

# More points than pixels only make the page slow.
MAX_POINTS = 600


@dataclass(frozen=True)
class RunProgress:
    """What the events of a run say; None is "not known yet".

    Attributes:
        share: of all steps that are done, 0 to 1.
        eta_s: seconds to go, if the rest goes as fast as the steps so far, validations included.
        notice: what the worker is busy with before its first step.
        weights_taken: from another run, before the first step.
        latent: the validation with the latent weights, at the run's end.
    """

    started: Started | None
    windows: tuple[StepWindow, ...]
    epochs: tuple[EpochEnd, ...]
    notice: str | None
    share: float | None
    eta_s: float | None
    latent: LatentWeights | None = None
    weights_taken: WeightsTaken | None = None

    @property
    def images_per_second(self) -> float | None:
        return self.windows[-1].images_per_second if self.windows else None


def progress(events: Sequence[StoredEvent]) -> RunProgress:
    """What the events of one run, in their order, say."""
    started, started_at = _started(events)
    windows = tuple(item.event for item in events if isinstance(item.event, StepWindow))
    epochs = tuple(item.event for item in events if isinstance(item.event, EpochEnd))
    taken = [item.event for item in events if isinstance(item.event, WeightsTaken)]
    latents = [item.event for item in events if isinstance(item.event, LatentWeights)]
    notices = [item.event.text for item in events if isinstance(item.event, Notice)]
    share, eta_s = None, None
    if started is not None and started_at is not None:
        total = started.steps_per_epoch * started.epochs
        in_windows = max(((w.epoch - 1) * w.steps_per_epoch + w.step for w in windows), default=0)
        done = max(in_windows, len(epochs) * started.steps_per_epoch)
        share = done / total
        last = max(item.created_at for item in events)
        if done:
            eta_s = (last - started_at).total_seconds() / done * (total - done)
    notice, latent = notices[-1] if notices else None, latents[-1] if latents else None
    return RunProgress(started, windows, epochs, notice, share, eta_s, latent, taken[-1] if taken else None)


def _started(events: Sequence[StoredEvent]) -> tuple[Started | None, datetime | None]:
    for item in events:
        if isinstance(item.event, Started):
            return item.event, item.created_at
    return None, None


def thinned(windows: Sequence[StepWindow]) -> list[StepWindow]:
    """At most about MAX_POINTS windows: every n-th, and the last one."""
    step = -(-len(windows) // MAX_POINTS) or 1
    kept = list(windows[::step])
    return kept if not windows or kept[-1] is windows[-1] else [*kept, windows[-1]]


def queue_position(run: RunRecord, runs: Sequence[RunRecord]) -> int | None:
    """1 for the queued run that is next; None for a run that is not queued."""
    if run.status != "queued":
        return None
    return 1 + sum(
        other.status == "queued" and (other.created_at, other.id) < (run.created_at, run.id) for other in runs
    )


def duration_s(run: RunRecord, now: datetime) -> float | None:
    """Seconds a run took, or has taken so far; None if it never started."""
    if run.started_at is None:
        return None
    return ((run.finished_at or now) - run.started_at).total_seconds()


def last_lines(text: str, count: int = 30) -> str:
    """The end of a log."""
    return "\n".join(text.splitlines()[-count:])
