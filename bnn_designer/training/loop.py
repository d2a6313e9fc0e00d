"""The training loop, top to bottom: seeds, model, steps in their order, validation, what is kept.

Runs in the process that trains, never in a page. The same design, recipe, engine and number of threads on one machine
give the same numbers, whether the run went through or was stopped and resumed any number of times; ``xnor`` and
``float`` differ in the order of their sums (batch norms and gradients), so their curves drift apart by the noise of
that rounding. docs/training.md says what is kept and why that suffices.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

import bnn_designer
from bnn_designer.cost.latency.calibration import machine_name
from bnn_designer.design import Design
from bnn_designer.graph import lower
from bnn_designer.nn import build_model
from bnn_designer.training.amounts import validation_images_at
from bnn_designer.training.checkpoint import Checkpoint, Identity, Position, check_is_of, restore
from bnn_designer.training.data.fits import check_fits
from bnn_designer.training.data.images import Images
from bnn_designer.training.events import EpochEnd, Event, FirstStep, Notice, Started, StepWindow, best_epoch
from bnn_designer.training.failures import Diverged, TrainingError
from bnn_designer.training.keeping import Keeper
from bnn_designer.training.layers_run import engine_of, layers_of
from bnn_designer.training.optimizers import optimizer_for
from bnn_designer.training.other_runs import CheckpointOf, start_from_another, teacher_of, weights_sha256
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.schedule import recipe_rate
from bnn_designer.training.steps import Steps
from bnn_designer.training.threads import threads_in_use

__all__ = ["WINDOW_STEPS", "TrainResult", "TrainingError", "train"]

# Steps between two points of the live curve. Fixed, not timed: the same run draws the same points.
WINDOW_STEPS = 10


@dataclass(frozen=True)
class TrainResult:
    """How a run ended; ``epochs`` are the finished ones, ``model`` has the weights of the last step."""

    status: Literal["done", "stopped"]
    epochs: tuple[EpochEnd, ...]
    model: keras.Model


def train(
    design: Design,
    recipe: Recipe,
    data: Images,
    *,
    on_event: Callable[[Event], None],
    should_cancel: Callable[[], bool],
    folder: Path | None = None,
    resume: Checkpoint | None = None,
    save_every_s: float | None = None,
    checkpoint_of: CheckpointOf | None = None,
) -> TrainResult:
    """Trains a design on a data set.

    Args:
        design: takes the images of the data set, and has its classes.
        recipe: the hyper-parameters.
        data: the images; the first ``recipe.subset`` of the training set and ``recipe.validation_subset`` of the
            test set are used.
        on_event: called in this thread with WeightsTaken if there are any, Started and FirstStep, then StepWindow and
            EpochEnd events in order, and LatentWeights; with a Notice where a run that is resumed may not go on to the
            last bit.
        should_cancel: asked before every step; True ends the run after the last finished step.
        folder: one that is there; gets the model after every epoch, that of the best one, and the whole state after
            every epoch, every ``save_every_s`` seconds and when the run is stopped; see
            :mod:`bnn_designer.training.keeping`.
        resume: the state to go on from. What follows is what an uninterrupted run would have given.
        save_every_s: seconds between two states; None: see :func:`bnn_designer.training.keeping.save_every_s`.
        checkpoint_of: finds the models of other runs, for recipes that start from one or have a teacher.

    Raises:
        DesignError: the design does not fit the data, or cannot be lowered.
        RecipeError: the recipe does not fit the design, or names a run that does not.
        Diverged: the loss or a weight became infinite or NaN.
        CheckpointError: ``resume`` is of another run.
        CheckpointNotWritten: the folder cannot be written to, or the disk is full.
        FolderGone: there is no such folder, or not any more.
    """
    check_fits(design, data)
    # Python, NumPy, TensorFlow and Keras; and the variants of TensorFlow's ops that sum in a fixed order.
    # The latter cost about a fifth of the speed (bi-real-cifar, batch 50, 2 busy cores, medians of 8 windows each:
    # 179 images/s instead of 225 with xnor, 134 instead of 175 in float); a curve that can be repeated is worth it.
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()

    model = build_model(lower(design), engine=recipe.engine, seed=recipe.seed, gradients=recipe.gradients_used)
    # a run that is resumed has its weights, and the other run may be gone by now; its teacher is needed to the end
    if resume is None and (taken := start_from_another(model, recipe, checkpoint_of)) is not None:
        on_event(taken)
    teacher = teacher_of(model, recipe, checkpoint_of)
    optimizer = optimizer_for(recipe, model)
    # adds to the optimizer's variables what stages and measures remember: all of it is in its state
    steps = Steps(model, optimizer, recipe, data, teacher)
    # The last, smaller batch of an epoch is left out: batch norm on 2 images is noise. The order changes every epoch.
    count, batch_size = steps.train_count, steps.batch_size
    steps_per_epoch = count // batch_size
    total_steps = recipe.epochs * steps_per_epoch

    identity = _identity(design, recipe, model, steps, teacher)
    keeper = Keeper(folder, identity, model, optimizer, steps.flips, save_every_s)
    at = Position()
    if resume is not None:
        check_is_of(resume, identity)
        restore(resume.arrays, model, optimizer)
        steps.flips.restore(resume.arrays)
        at = resume.position.model_copy(deep=True)
        if resume.identity.versions != identity.versions:
            on_event(Notice(text=_other_versions(resume.identity.versions, identity.versions)))

    engine, engine_reason = engine_of(model)
    on_event(
        Started(
            engine=engine,
            engine_reason=engine_reason,
            gradients=recipe.gradients_used if engine == "xnor" else "float",
            layers=layers_of(model),
            train_images=count,
            validation_images=validation_images_at(1, recipe, count, steps.validation_count),
            last_validation_images=validation_images_at(recipe.epochs, recipe, count, steps.validation_count),
            steps_per_epoch=steps_per_epoch,
            epochs=recipe.epochs,
            threads=identity.threads,
            latent_images=steps.latent_images,
            machine=machine_name(),
            version=bnn_designer.__version__,
        )
    )

    watch = _Stopwatch()
    window_s, window_timed, is_first = 0.0, 0, True  # of the steps that this process has done
    while at.epoch <= recipe.epochs:
        for indices in _batches(recipe.seed, at.epoch, count, batch_size)[at.step :]:
            if should_cancel():
                keeper.save(at)
                return TrainResult("stopped", tuple(at.epochs), model)
            global_step = (at.epoch - 1) * steps_per_epoch + at.step
            rate = recipe_rate(recipe, global_step, total_steps)
            stage = steps.float_kernels
            with _nan_as_divergence(at.epoch, at.step + 1):
                loss_sum, hits = steps.train(indices, global_step, rate)
            if not math.isfinite(loss_sum):
                _diverged(at.epoch, at.step + 1, str(loss_sum))
            at.step += 1
            at.window_steps += 1
            at.window_loss_sum += loss_sum
            at.window_hits += hits
            step_s = watch.lap()
            at.train_s += step_s
            window_s, window_timed = window_s + step_s, window_timed + 1
            if is_first:
                on_event(FirstStep(epoch=at.epoch, step=at.step, seconds=step_s))
            if is_first or stage != steps.float_kernels:  # either has recorded a graph
                is_first = False
                if at.step != steps_per_epoch and at.step % WINDOW_STEPS:
                    window_s, window_timed = 0.0, 0  # tracing says nothing of the speed
            if at.step % WINDOW_STEPS == 0 or at.step == steps_per_epoch:
                images_seen = at.window_steps * batch_size
                at.events += 1
                on_event(
                    StepWindow(
                        epoch=at.epoch,
                        step=at.step,
                        steps_per_epoch=steps_per_epoch,
                        loss=at.window_loss_sum / images_seen,
                        accuracy=at.window_hits / images_seen,
                        images_per_second=window_timed * batch_size / window_s,
                    )
                )
                at.loss_sum += at.window_loss_sum
                at.hits += at.window_hits
                at.window_loss_sum, at.window_hits, at.window_steps = 0.0, 0.0, 0
                window_s, window_timed = 0.0, 0
            keeper.save_if_due(at)

        watch.lap()
        validation_images = validation_images_at(at.epoch, recipe, steps.train_count, steps.validation_count)
        with _nan_as_divergence(at.epoch, steps_per_epoch):
            validation = steps.validate(should_cancel, validation_images)
            if validation is None:
                keeper.save(at)
                return TrainResult("stopped", tuple(at.epochs), model)
            if not math.isfinite(validation[0]):
                _diverged(at.epoch, steps_per_epoch, str(validation[0]))
            validation_s = watch.lap()
            layers = steps.measure()
        measuring_s = watch.lap()
        end = EpochEnd(
            epoch=at.epoch,
            loss=at.loss_sum / (steps_per_epoch * batch_size),
            accuracy=at.hits / (steps_per_epoch * batch_size),
            val_loss=validation[0],
            val_accuracy=validation[1],
            seconds=at.train_s + validation_s + measuring_s,
            validation_images=validation_images,
            learning_rate=recipe_rate(recipe, at.epoch * steps_per_epoch - 1, total_steps),
            images_per_second=steps_per_epoch * batch_size / at.train_s,
            steps_s=at.train_s,
            validation_s=validation_s,
            measuring_s=measuring_s,
            float_kernels=steps.float_kernels,
            layers=layers,
        )
        keeper.save_model(is_best=best_epoch([*at.epochs, end]) is end)
        saving_s = watch.lap()
        end = end.model_copy(update={"saving_s": saving_s, "seconds": end.seconds + saving_s})
        at = Position(epoch=at.epoch + 1, run_s=at.run_s + end.seconds, events=at.events + 1, epochs=[*at.epochs, end])
        on_event(end)
        keeper.save(at)
        watch.lap()

    if steps.has_latent_weights:
        last = at.epochs[-1]
        with _nan_as_divergence(last.epoch, steps_per_epoch):
            latent = steps.latent_weights((last.val_loss, last.val_accuracy), should_cancel)
        if latent is None:
            return TrainResult("stopped", tuple(at.epochs), model)
        if math.isfinite(latent.latent_val_loss) and math.isfinite(latent.own_norms_val_loss):
            on_event(latent)
    return TrainResult("done", tuple(at.epochs), model)


class _Stopwatch:
    def __init__(self) -> None:
        self._at = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self._at = self._at, time.perf_counter()
        return self._at - before


def _identity(
    design: Design, recipe: Recipe, model: keras.Model, steps: Steps, teacher: keras.Model | None
) -> Identity:
    settings = recipe.model_dump(mode="json", exclude={"epochs"}) | {"gradients": recipe.gradients_used}
    return Identity(
        design_sha256=hashlib.sha256(design.to_json().encode()).hexdigest(),
        recipe=settings,
        layers={layer.name: f"{layer.engine}, gradients {layer.gradients}" for layer in layers_of(model)},
        data_sha256=steps.data_sha256,
        teacher_sha256=None if teacher is None else weights_sha256(teacher),
        threads=threads_in_use(),
        versions={"bnn-designer": bnn_designer.__version__, "tensorflow": tf.__version__, "keras": keras.__version__},
    )


def _other_versions(there: dict[str, str], here: dict[str, str]) -> str:
    changed = ", ".join(
        f"{name} {there.get(name)} then, {here[name]} now" for name in here if there.get(name) != here[name]
    )
    return f"Resumed with other versions ({changed}): the curve may differ in its last digits."


def _batches(seed: int, epoch: int, count: int, batch_size: int) -> npt.NDArray[np.int64]:
    """The order of one epoch: int64 [steps, batch_size], indices of images, each at most once."""
    order = np.random.default_rng((seed, epoch)).permutation(count)
    steps = count // batch_size
    return order[: steps * batch_size].reshape(steps, batch_size)


@contextmanager
def _nan_as_divergence(epoch: int, step: int) -> Iterator[None]:
    """The XNOR op refuses a NaN, which reaches it one step before the loss shows it."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if "nan" not in str(error).lower():
            raise
        _diverged(epoch, step, "NaN", error)


def _diverged(epoch: int, step: int, value: str, cause: Exception | None = None) -> NoReturn:
    raise Diverged(
        f"Epoch {epoch}, step {step}: the loss became {value}. "
        "Lower the learning rate, or put a batch norm after every binary layer."
    ) from cause
