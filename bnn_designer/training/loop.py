"""The training loop, top to bottom: seeds, model, steps in their order, validation, checkpoint.

Runs in the process that trains, never in a page. The same design, recipe and engine on one machine give the same
numbers; ``xnor`` and ``float`` differ in the order of their sums (batch norms and gradients), so their curves drift
apart by the noise of that rounding.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.graph import lower
from bnn_designer.nn import build_model, engines, gradients_of
from bnn_designer.training.cifar10 import CLASSES, IMAGE_SHAPE, Cifar10
from bnn_designer.training.events import EpochEnd, Event, LayerRun, Started, StepWindow
from bnn_designer.training.optimizers import optimizer_for
from bnn_designer.training.other_runs import CheckpointOf, start_from_another, teacher_of
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.schedule import recipe_rate
from bnn_designer.training.steps import Steps

# Steps between two points of the live curve. Fixed, not timed: the same run draws the same points.
WINDOW_STEPS = 10


class TrainingError(BnnDesignerError):
    """Training cannot go on: the loss is not a finite number any more, or the checkpoint cannot be written."""


@dataclass(frozen=True)
class TrainResult:
    """How a run ended; ``epochs`` are the finished ones, ``model`` has the weights of the last step."""

    status: Literal["done", "cancelled"]
    epochs: tuple[EpochEnd, ...]
    model: keras.Model


def train(
    design: Design,
    recipe: Recipe,
    data: Cifar10,
    *,
    on_event: Callable[[Event], None],
    should_cancel: Callable[[], bool],
    checkpoint_path: Path | None = None,
    checkpoint_of: CheckpointOf | None = None,
) -> TrainResult:
    """Trains a design on CIFAR-10.

    Args:
        design: takes 32 x 32 x 3 images and has 10 classes.
        recipe: the hyper-parameters.
        data: the images; the first ``recipe.subset`` of the training set and ``recipe.validation_subset`` of the
            test set are used.
        on_event: called in this thread with Started, then StepWindow and EpochEnd events in order.
        should_cancel: asked before every step; True ends the run after the last finished step.
        checkpoint_of: finds the checkpoints of other runs, for recipes that start from one or have a teacher.
        checkpoint_path: where the model is saved after every epoch (``.keras``), in one piece or not at all.

    Raises:
        DesignError: the design does not fit the data, or cannot be lowered.
        RecipeError: the recipe does not fit the design, or names a run that does not.
        TrainingError: the loss became infinite or NaN, or the checkpoint cannot be written.
    """
    _check_fits(design)
    # Python, NumPy, TensorFlow and Keras; and the variants of TensorFlow's ops that sum in a fixed order.
    # The latter cost about a fifth of the speed (bi-real-cifar, batch 50, 2 busy cores, medians of 8 windows each:
    # 179 images/s instead of 225 with xnor, 134 instead of 175 in float); a curve that can be repeated is worth it.
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()

    model = build_model(lower(design), engine=recipe.engine, seed=recipe.seed, gradients=recipe.gradients_used)
    if (taken := start_from_another(model, recipe, checkpoint_of)) is not None:
        on_event(taken)
    teacher = teacher_of(model, recipe, checkpoint_of)
    steps = Steps(model, optimizer_for(recipe, model), recipe, data, teacher)
    # The last, smaller batch of an epoch is left out: batch norm on 2 images is noise. The order changes every epoch.
    count, batch_size = steps.train_count, steps.batch_size
    steps_per_epoch = count // batch_size
    total_steps = recipe.epochs * steps_per_epoch

    engine, engine_reason = _engine_of(model)
    on_event(
        Started(
            engine=engine,
            engine_reason=engine_reason,
            gradients=recipe.gradients_used if engine == "xnor" else "float",
            layers=_layers_of(model),
            train_images=count,
            validation_images=steps.validation_count,
            steps_per_epoch=steps_per_epoch,
            epochs=recipe.epochs,
        )
    )

    finished: list[EpochEnd] = []
    for epoch in range(1, recipe.epochs + 1):
        epoch_start = window_start = time.perf_counter()
        epoch_sums, window_sums = np.zeros(2), np.zeros(2)
        window_first = 1
        batches = _batches(recipe.seed, epoch, count, batch_size)
        for step, indices in enumerate(batches, start=1):
            if should_cancel():
                return TrainResult("cancelled", tuple(finished), model)
            global_step = (epoch - 1) * steps_per_epoch + step - 1
            rate = recipe_rate(recipe, global_step, total_steps)
            try:
                loss_sum, hits = steps.train(indices, global_step, rate)
            except tf.errors.InvalidArgumentError as error:
                # the XNOR op refuses a NaN, which reaches it one step before the loss shows it
                if "nan" not in str(error).lower():
                    raise
                raise _diverged(epoch, step, "NaN") from error
            if not math.isfinite(loss_sum):
                raise _diverged(epoch, step, str(loss_sum))
            window_sums += [loss_sum, hits]
            if step % WINDOW_STEPS == 0 or step == steps_per_epoch:
                now = time.perf_counter()
                images_seen = (step - window_first + 1) * batch_size
                on_event(
                    StepWindow(
                        epoch=epoch,
                        step=step,
                        steps_per_epoch=steps_per_epoch,
                        loss=window_sums[0] / images_seen,
                        accuracy=window_sums[1] / images_seen,
                        images_per_second=images_seen / (now - window_start),
                    )
                )
                epoch_sums += window_sums
                window_sums, window_start, window_first = np.zeros(2), now, step + 1

        steps_end = time.perf_counter()
        validation = steps.validate(should_cancel)
        if validation is None:
            return TrainResult("cancelled", tuple(finished), model)
        if not math.isfinite(validation[0]):
            raise _diverged(epoch, steps_per_epoch, str(validation[0]))
        validation_end = time.perf_counter()
        layers = steps.measure()
        measuring_end = time.perf_counter()
        if checkpoint_path is not None:
            _save(model, checkpoint_path)
        saving_end = time.perf_counter()
        end = EpochEnd(
            epoch=epoch,
            loss=epoch_sums[0] / (steps_per_epoch * batch_size),
            accuracy=epoch_sums[1] / (steps_per_epoch * batch_size),
            val_loss=validation[0],
            val_accuracy=validation[1],
            seconds=saving_end - epoch_start,
            learning_rate=recipe_rate(recipe, epoch * steps_per_epoch - 1, total_steps),
            images_per_second=steps_per_epoch * batch_size / (steps_end - epoch_start),
            steps_s=steps_end - epoch_start,
            validation_s=validation_end - steps_end,
            saving_s=saving_end - measuring_end,
            float_kernels=steps.float_kernels,
            measuring_s=measuring_end - validation_end,
            layers=layers,
        )
        finished.append(end)
        on_event(end)
    last = (finished[-1].val_loss, finished[-1].val_accuracy)
    if (latent := steps.latent_weights(last, should_cancel)) is not None:
        on_event(latent)
    return TrainResult("done", tuple(finished), model)


def _check_fits(design: Design) -> None:
    if tuple(design.input_shape) != IMAGE_SHAPE:
        found = " x ".join(map(str, design.input_shape))
        rule = f"the input is {found}, and CIFAR-10 images are 32 x 32 x 3"
        raise DesignError(f"{design.name}/input_shape", rule, "Set the input shape to 32 x 32 x 3 to train it")
    if design.classes != CLASSES:
        rule = f"the design has {design.classes} classes, and CIFAR-10 has {CLASSES}"
        raise DesignError(f"{design.name}/classes", rule, f"Set the number of classes to {CLASSES} to train it")


def _batches(seed: int, epoch: int, count: int, batch_size: int) -> npt.NDArray[np.int64]:
    """The order of one epoch: int64 [steps, batch_size], indices of images, each at most once."""
    order = np.random.default_rng((seed, epoch)).permutation(count)
    steps = count // batch_size
    return order[: steps * batch_size].reshape(steps, batch_size)


def _engine_of(model: keras.Model) -> tuple[Literal["xnor", "float"], str | None]:
    """What the model's binary layers run on; where that is float, every reason its layers give, once."""
    choices = engines(model).values()
    if any(choice.used == "xnor" for choice in choices):
        return "xnor", None
    return "float", "; ".join(dict.fromkeys(choice.reason for choice in choices)) or "no layer that could be binary"


def _layers_of(model: keras.Model) -> tuple[LayerRun, ...]:
    gradients = gradients_of(model)
    return tuple(
        LayerRun(
            name=name,
            engine=engine.used,
            gradients=gradients[name].used,
            # Of XNOR it goes without saying: both operands are signs.
            reason=gradients[name].reason if engine.used == "xnor" else engine.reason,
        )
        for name, engine in engines(model).items()
    )


def _diverged(epoch: int, step: int, value: str) -> TrainingError:
    return TrainingError(
        f"Epoch {epoch}, step {step}: the loss became {value}. "
        "Lower the learning rate, or put a batch norm after every binary layer."
    )


def _save(model: keras.Model, path: Path) -> None:
    """Writes beside the target and renames, so that whoever reads it sees the old model or the new one."""
    partial = path.with_name(f".{path.stem}.partial.keras")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save(partial)
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise TrainingError(
            f"{path}: the checkpoint cannot be written ({error}). Free some space, or set BNN_HOME to another folder."
        ) from error
