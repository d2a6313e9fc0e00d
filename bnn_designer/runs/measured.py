"""What runs took on this machine: seconds an image and what comes on top, out of their records and events.

An image's time is the median of the windows' (docs/training.md): a moment in which something else kept the machine busy
does not count, and how far the windows lie apart says how sure it is. Runs of other machines are left out: their
host's name tells them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import RunRecord, StoredEvent
from bnn_designer.runs.store import Store
from bnn_designer.training.events import DataRead, EpochEnd, Event, LatentWeights, StepWindow
from bnn_designer.training.recipe import Recipe

# So many runs, the newest: what was measured long ago was another program's.
MAX_RUNS = 200
# Of each, the last windows, and the ends of epochs.
MAX_WINDOWS = 60
MAX_EPOCHS = 100


@dataclass(frozen=True)
class Manner:
    """How a run trains, as far as the seconds an image takes follow from it and not from the network.

    Attributes:
        engine: as the recipe asks for it; "auto" means the same layers in bits on the same machine.
        first_stage_share: of the epochs, with float kernels.
        teacher: of which run; its network computes each image too.
    """

    engine: str
    gradients: str
    optimizer: str
    threads: int
    first_stage_share: float
    teacher: str | None

    @classmethod
    def of(cls, recipe: Recipe, threads: int) -> Manner:
        share = recipe.first_stage_epochs / recipe.epochs
        gradients = "float" if recipe.engine == "float" else recipe.gradients_used
        return cls(recipe.engine, gradients, recipe.optimizer, threads, share, recipe.teacher)


@dataclass(frozen=True)
class Measured:
    """What one run took; None: it has not come so far, or of before it was measured.

    Attributes:
        design_json: what was trained.
        batch_size: of a step.
        image_s: seconds of an image's training step.
        fast_image_s, slow_image_s: the quartiles of the windows.
        validated_image_s: seconds of an image's validation.
        epoch_rest_s: seconds of measuring and saving at an epoch's end.
        preparing_s: from the start of the process to the end of the first step.
        ending_image_s: seconds after the last epoch, by the images of its validation.
        data: the recipe's data set.
        set_images: training and test images of that set.
    """

    run_id: str
    design_json: str
    manner: Manner
    batch_size: int
    image_s: float
    fast_image_s: float
    slow_image_s: float
    validated_image_s: float | None = None
    epoch_rest_s: float | None = None
    preparing_s: float | None = None
    ending_image_s: float | None = None
    data: str = ""
    set_images: tuple[int, int] | None = None


def measured_here(store: Store) -> tuple[Measured, ...]:
    """What the newest runs of this machine took, whosever; the newest first. Runs that cannot be read are left out.

    What a run that has ended took is read once.
    """
    store = store.everybody  # how fast a machine is, is nobody's own
    found = (_measured_once(store, run) for run in store.trained_on(socket.gethostname(), MAX_RUNS))
    return tuple(one for one in found if one is not None)


_KEPT: dict[tuple[str, str, float], Measured | None] = {}


def _measured_once(store: Store, run: RunRecord) -> Measured | None:
    if not run.ended or run.finished_at is None:
        return _measured(store, run)
    key = (store.url, run.id, run.finished_at.timestamp())
    if key not in _KEPT:
        if len(_KEPT) > 10 * MAX_RUNS:
            _KEPT.clear()
        _KEPT[key] = _measured(store, run)
    return _KEPT[key]


def _measured(store: Store, run: RunRecord) -> Measured | None:
    try:
        recipe = run.recipe
        windows = store.events_of(run.id, "step_window", MAX_WINDOWS)
        ends = store.events_of(run.id, "epoch_end", MAX_EPOCHS)
        read = store.events_of(run.id, "data_read", 1, newest=False)
        after = store.events(run.id, after=ends[-1].id) if ends else []
    except BnnDesignerError:  # of a newer program, or damaged
        return None
    return measured(
        run, recipe, [*read, *windows, *ends, *(item for item in after if isinstance(item.event, LatentWeights))]
    )


def measured(run: RunRecord, recipe: Recipe, events: Iterable[StoredEvent]) -> Measured | None:
    """What a run's events say; None before its first window, and of a run of before threads were noted."""
    by_kind: dict[type[Event], list[StoredEvent]] = {}
    for item in events:
        by_kind.setdefault(type(item.event), []).append(item)
    windows = [item.event for item in by_kind.get(StepWindow, []) if isinstance(item.event, StepWindow)]
    ends = [item.event for item in by_kind.get(EpochEnd, []) if isinstance(item.event, EpochEnd)]
    if run.threads is None:
        return None
    times = _image_times(recipe, windows, ends)
    if not times:
        return None
    low, _, high = quantiles(times, n=4) if len(times) > 1 else times * 3
    datas = [item.event for item in by_kind.get(DataRead, []) if isinstance(item.event, DataRead)]
    return Measured(
        run_id=run.id,
        design_json=run.design_json,
        manner=Manner.of(recipe, run.threads),
        batch_size=recipe.batch_size,
        image_s=median(times),
        fast_image_s=max(low, min(times)),
        slow_image_s=min(high, max(times)),
        validated_image_s=_median([_validated_image_s(end) for end in ends if not end.float_kernels]),
        epoch_rest_s=_median([_rest_s(end) for end in ends]),
        preparing_s=_preparing_s(run),
        ending_image_s=_ending_image_s(by_kind.get(EpochEnd, []), by_kind.get(LatentWeights, [])),
        data=recipe.data,
        set_images=(datas[-1].train_images, datas[-1].test_images) if datas else None,
    )


def _image_times(recipe: Recipe, windows: Sequence[StepWindow], ends: Sequence[EpochEnd]) -> list[float]:
    """Seconds an image took, one value a window; of a run in two stages one value, as many epochs as each has."""
    if not recipe.first_stage_epochs:
        return [1 / window.images_per_second for window in windows if window.images_per_second > 0]
    stages = [
        _median(
            [1 / end.images_per_second if end.images_per_second else None for end in ends if end.float_kernels is of]
        )
        for of in (True, False)
    ]
    first, second = stages
    share = recipe.first_stage_epochs / recipe.epochs
    return [] if first is None or second is None else [share * first + (1 - share) * second]


def _validated_image_s(end: EpochEnd) -> float | None:
    return end.validation_s / end.validation_images if end.validation_s is not None and end.validation_images else None


def _rest_s(end: EpochEnd) -> float | None:
    return None if end.measuring_s is None or end.saving_s is None else end.measuring_s + end.saving_s


def _preparing_s(run: RunRecord) -> float | None:
    if run.attempt_at is None or run.training_at is None:
        return None
    return max(0.0, (run.training_at - run.attempt_at).total_seconds())


def _ending_image_s(ends: Sequence[StoredEvent], latent: Sequence[StoredEvent]) -> float | None:
    """The validations with the latent weights, which are of as many images as the last one."""
    if not ends or not latent or latent[-1].id < ends[-1].id:
        return None
    last = ends[-1].event
    images = last.validation_images if isinstance(last, EpochEnd) else None
    return (latent[-1].created_at - ends[-1].created_at).total_seconds() / images if images else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
