"""How long a design with a recipe will take on this machine, before it is trained: out of the store's own runs."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, replace
from functools import lru_cache

from bnn_designer.compare.identity import network_key
from bnn_designer.cost.larq import count, total
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower
from bnn_designer.measuring.pace import Estimate, Sample, Work, estimate, taught
from bnn_designer.runs.measured import Manner, measured_here
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.amounts import Amounts, amounts, threads_wanted
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import counted, duration_text

# Many pages ask about one store, again and again. What a run has taken that still trains changes little; one that has
# ended may be the one that was to tell. Who asks for each run of a queue, every second or so, need not see it at once.
_KEEP_S = 30.0
_LOOK_EVERY_S = 2.0

#: What a run that only measures trains for: three windows of ten steps.
_MEASURE_STEPS = 30
_MEASURE_VALIDATION = 500


@dataclass(frozen=True)
class NoEstimate:
    """Why nobody can say, in a sentence. A short run would tell."""

    reason: str


def training_time(
    store: Store, design: Design, recipe: Recipe, *, threads: int | None = None, teacher: Design | None = None
) -> Estimate | NoEstimate:
    """How long it will take here, from the first process to the end, once it starts.

    Args:
        store: with the runs that tell.
        design: can be lowered.
        recipe: of the run.
        threads: that it is to have; None: those that a new run takes.
        teacher: the design that it is to learn from; None: that of the run which the recipe names, if it names one.

    Raises:
        DesignError: the design cannot be lowered.
        TrainingError: BNN_THREADS cannot be read.
    """
    of_teacher = _teachers_work(store, recipe) if teacher is None else work_of(teacher)
    return _told(_known(store), work_of(design), recipe, threads, of_teacher)


def _teachers_work(store: Store, recipe: Recipe) -> Work | None:
    """None: the recipe has no teacher, or none that can be read."""
    if recipe.teacher is None:
        return None
    try:
        return _work(store.run(recipe.teacher).design_json)
    except BnnDesignerError:
        return None


def _told(
    known: _Known, work: Work, recipe: Recipe, threads: int | None, teacher: Work | None
) -> Estimate | NoEstimate:
    images = _images(recipe, known.samples)
    if images is None:
        return NoEstimate("How many images the set has is known once a run has read it.")
    threads = threads_wanted() if threads is None else threads
    manner, of = Manner.of(recipe, threads), amounts(recipe, *images)
    found = None if teacher and not recipe.teacher else known.estimate(work, manner, recipe.batch_size, of)
    if teacher is not None and (found is None or found.basis != "same"):
        found = known.taught(work, teacher, replace(manner, teacher=None), recipe.batch_size, of) or found
    if found is None:
        return NoEstimate(
            f"Nothing was trained in this manner (engine {manner.engine}, gradients {manner.gradients}, "
            f"{manner.optimizer}, {counted(threads, 'thread')}) on this machine yet."
        )
    return found


def estimate_text(found: Estimate) -> str:
    """Such as "About 12:40 (11:05 to 14:30): ... measured here in 3 runs of this network"."""
    about = f"About {duration_text(found.total_s)}"
    if found.least_s is not None and found.most_s is not None:
        about += f" ({duration_text(found.least_s)} to {duration_text(found.most_s)})"
    parts = [f"training steps {duration_text(found.training_s)}", f"validation {duration_text(found.validation_s)}"]
    if found.teacher_s:
        parts.insert(1, f"its teacher's outputs {duration_text(found.teacher_s)}")
    if found.preparing_s is not None:
        parts.append(f"start {duration_text(found.preparing_s)}")
    if found.rest_s >= 1:
        parts.append(f"measuring and saving {duration_text(found.rest_s)}")
    runs = counted(found.runs, "run")
    if found.basis == "same":
        source = f"As measured here in {runs} of this network."
    else:
        networks = counted(found.networks, "other network")
        source = f"This network was not trained here in this manner yet; from {runs} of {networks}, by their MACs."
        source += " How far off that is is not known." if found.least_s is None else ""
    if found.teacher_basis == "like":
        source += " Its teacher was not validated here yet; its share goes by what other networks took."
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


def whole_s(store: Store, run: RunRecord) -> float | None:
    """How long a run takes from its first process to its end; None: not known, or it cannot be trained."""
    try:
        recipe, known = run.recipe, _known(store, _LOOK_EVERY_S)
        found = _told(known, _work(run.design_json), recipe, run.threads, _teachers_work(store, recipe))
    except BnnDesignerError:  # it will fail, and nobody knows when
        return None
    return found.total_s if isinstance(found, Estimate) else None


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


class _Known:
    """What the runs of this machine took, and what was told from that: pages ask for the same again and again."""

    def __init__(self, samples: tuple[Sample, ...], last_end: float | None) -> None:
        self.samples = samples
        self.last_end = last_end
        self.read_at = self.looked_at = time.monotonic()
        self._told: dict[tuple[Work, Manner, int, Amounts], Estimate | None] = {}
        self._taught: dict[tuple[Work, Work, Manner, int, Amounts], Estimate | None] = {}

    def estimate(self, work: Work, manner: Manner, batch_size: int, of: Amounts) -> Estimate | None:
        key = (work, manner, batch_size, of)
        if key not in self._told:
            self._told[key] = estimate(work, manner, batch_size, of, self.samples)
        return self._told[key]

    def taught(self, work: Work, teacher: Work, manner: Manner, batch_size: int, of: Amounts) -> Estimate | None:
        """The time with a teacher, of what is known of each of the two; ``manner`` is without it."""
        key = (work, teacher, manner, batch_size, of)
        if key not in self._taught:
            own = self.estimate(work, manner, batch_size, of)
            found = None if own is None else taught(own, teacher, manner, batch_size, of, self.samples)
            self._taught[key] = found
        return self._taught[key]

    def is_fresh(self, store: Store, within_s: float) -> bool:
        """Whether no run has ended since, as of so many seconds ago at most, and it is not long ago."""
        now = time.monotonic()
        if now - self.read_at >= _KEEP_S:
            return False
        if now - self.looked_at >= within_s:
            self.looked_at = now
            return store.last_end_on(socket.gethostname()) == self.last_end
        return True


_kept: dict[str, _Known] = {}


def _known(store: Store, within_s: float = 0.0) -> _Known:
    known = _kept.get(store.url)
    if known is None or not known.is_fresh(store, within_s):
        last_end = store.last_end_on(socket.gethostname())
        found = []
        for took in measured_here(store):
            try:
                found.append(Sample(_work(took.design_json), took))
            except BnnDesignerError:  # of a newer program
                continue
        known = _kept[store.url] = _Known(tuple(found), last_end)
    return known


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
