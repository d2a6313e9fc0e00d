"""How long a design with a recipe will take on this machine, before it is trained: out of the store's own runs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

from bnn_designer.compare.identity import network_key
from bnn_designer.cost.larq import count, total
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower
from bnn_designer.measuring.pace import Estimate, Sample, Work, estimate
from bnn_designer.runs.measured import Manner, measured_here
from bnn_designer.runs.progress import progress
from bnn_designer.runs.records import RunRecord, StoredEvent
from bnn_designer.runs.store import Store
from bnn_designer.training.amounts import amounts, threads_wanted
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import duration_text

# Many pages ask about one store; a run's windows come every few seconds.
_KEEP_S = 5.0

#: What a run that only measures trains for: three windows of ten steps.
_MEASURE_STEPS = 30
_MEASURE_VALIDATION = 500


@dataclass(frozen=True)
class NoEstimate:
    """Why nobody can say, in a sentence; and whether a short run would tell."""

    reason: str
    measurable: bool


def training_time(store: Store, design: Design, recipe: Recipe, *, threads: int | None = None) -> Estimate | NoEstimate:
    """How long it will take here, from the first process to the end, once it starts.

    Args:
        store: with the runs that tell.
        design: can be lowered.
        recipe: of the run.
        threads: that it is to have; None: those that a new run takes.

    Raises:
        DesignError: the design cannot be lowered.
        TrainingError: BNN_THREADS cannot be read.
    """
    work = work_of(design)
    samples = _samples(store)
    images = _images(recipe, samples)
    if images is None:
        return NoEstimate("How many images the set has is known once a run has read it.", measurable=True)
    threads = threads_wanted() if threads is None else threads
    manner = Manner.of(recipe, threads)
    found = estimate(work, manner, recipe.batch_size, amounts(recipe, *images), samples)
    if found is None:
        return NoEstimate(
            f"Nothing was trained in this manner (engine {manner.engine}, gradients {manner.gradients}, "
            f"{manner.optimizer}, {threads} thread{'s' * (threads != 1)}) on this machine yet.",
            measurable=True,
        )
    return found


def estimate_text(found: Estimate) -> str:
    """Such as "About 12:40 (11:05 to 14:30): ... measured here in 3 runs of this network"."""
    about = f"About {duration_text(found.total_s)}"
    if found.least_s is not None and found.most_s is not None:
        about += f" ({duration_text(found.least_s)} to {duration_text(found.most_s)})"
    parts = [f"training steps {duration_text(found.training_s)}", f"validation {duration_text(found.validation_s)}"]
    if found.preparing_s is not None:
        parts.append(f"start {duration_text(found.preparing_s)}")
    if found.rest_s >= 1:
        parts.append(f"measuring and saving {duration_text(found.rest_s)}")
    runs = "1 run" if found.runs == 1 else f"{found.runs} runs"
    if found.basis == "same":
        source = f"As measured here in {runs} of this network."
    else:
        networks = "1 other network" if found.networks == 1 else f"{found.networks} other networks"
        source = f"This network was not trained here in this manner yet; from {runs} of {networks}, by their MACs."
        source += " How far off that is is not known." if found.least_s is None else ""
    return f"{about}: {', '.join(parts)}. {source}"


def short_run(design: Design, recipe: Recipe) -> tuple[Design, Recipe]:
    """What to train for a minute or so to know how long the whole takes: some steps, in the very same manner."""
    stages = 2 if recipe.first_stage_epochs else 1
    images = _MEASURE_STEPS * recipe.batch_size
    share_kept = {"epochs": stages, "first_stage_epochs": stages - 1}
    changes = {
        "subset": min(images, recipe.subset or images),
        "validation_subset": min(_MEASURE_VALIDATION, recipe.validation_subset or _MEASURE_VALIDATION),
        # what "auto" means follows from the length of the run
        "gradients": recipe.gradients_used,
    }
    name = f"{design.name} (to measure the time)"
    return design.model_copy(update={"name": name}), Recipe.from_fields(**recipe.model_dump() | changes | share_kept)


def length_s(store: Store, run: RunRecord) -> float | None:
    """How long a run that waits will take once it starts; None: not known.

    Of one that is resumed or extended, its own curve tells what is left.
    """
    if run.started_at is not None and (left_s := progress(_events(store, run)).eta_s) is not None:
        return left_s
    return _whole_s(store, run)


def left_s(store: Store, run: RunRecord, events: list[StoredEvent] | None = None) -> float | None:
    """How long a run that is held goes on; None: not known.

    Args:
        store: has the run.
        run: that is held.
        events: its events, where they were read; None: they are read here.
    """
    known = progress(_events(store, run) if events is None else events).eta_s
    if known is not None:
        return known
    whole_s = _whole_s(store, run)
    begun = run.attempt_at.timestamp() if run.attempt_at is not None else time.time()
    return None if whole_s is None else max(0.0, whole_s - (time.time() - begun))


def _whole_s(store: Store, run: RunRecord) -> float | None:
    try:
        found = training_time(store, run.design, run.recipe, threads=run.threads)
    except BnnDesignerError:  # it will fail, and nobody knows when
        return None
    return found.total_s if isinstance(found, Estimate) else None


def _events(store: Store, run: RunRecord) -> list[StoredEvent]:
    return store.events(run.id)


def work_of(design: Design) -> Work:
    """What a design computes; raises DesignError where it cannot be lowered."""
    return _work(design.to_json())


@lru_cache(maxsize=1024)
def _work(design_json: str) -> Work:
    design = Design.from_json(design_json)
    graph = lower(design)
    macs = total(
        [count(layer.op, graph.input_shapes(layer), layer.output.shape) for layer in graph.layers]
    ).macs_by_bits
    return Work(network_key(design), macs.get(1, 0), sum(number for bits, number in macs.items() if bits > 1))


_kept: dict[str, tuple[float, tuple[Sample, ...]]] = {}


def _samples(store: Store) -> tuple[Sample, ...]:
    """What the runs of this machine took, as of a moment ago."""
    now = time.monotonic()
    at, samples = _kept.get(store.url, (-_KEEP_S, ()))
    if now - at >= _KEEP_S:
        found = []
        for took in measured_here(store):
            try:
                found.append(Sample(_work(took.design_json), took))
            except BnnDesignerError:  # of a newer program
                continue
        samples = tuple(found)
        _kept[store.url] = (now, samples)
    return samples


def _images(recipe: Recipe, samples: tuple[Sample, ...]) -> tuple[int, int] | None:
    """Training and validation images in use; of a set of one's own, as a run has read it."""
    train, validation = recipe.most_train_images, recipe.most_validation_images
    if train is not None and validation is not None:
        own = next(
            (one.took.set_images for one in samples if one.took.data == recipe.data and one.took.set_images), None
        )
        return (train, validation) if own is None else (min(train, own[0]), min(validation, own[1]))
    for sample in samples:
        if sample.took.data == recipe.data and sample.took.set_images is not None:
            there = sample.took.set_images
            return min(recipe.subset or there[0], there[0]), min(recipe.validation_subset or there[1], there[1])
    return None
