"""What a run takes from others: weights to start from where blocks match, and a teacher."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import keras

from bnn_designer.errors import BnnDesignerError
from bnn_designer.nn.saved import UnreadableModel, load_saved
from bnn_designer.training.events import LayerLeft, WeightsTaken
from bnn_designer.training.recipe import Recipe, RecipeError

#: Where the model of the run of an id lies.
CheckpointOf = Callable[[str], Path]


def start_from_another(model: keras.Model, recipe: Recipe, checkpoint_of: CheckpointOf | None) -> WeightsTaken | None:
    """Gives a new model the weights of the run that its recipe names, where layers match; None where it names none.

    Raises:
        RecipeError: that run cannot be read, or none of its layers match.
    """
    if recipe.start_from is None:
        return None
    taken = take_weights(model, _model_of("start_from", recipe.start_from, checkpoint_of), recipe.start_from)
    if not taken.taken:
        reasons = "; ".join(f"{layer.name}: {layer.reason}" for layer in taken.left[:3])
        raise RecipeError(
            f"Recipe: start_from: no layer of run {recipe.start_from} has the id and shapes of one here ({reasons}). "
            "Name a run of a design that this one was made from."
        )
    return taken


def take_weights(model: keras.Model, source: keras.Model, run_id: str) -> WeightsTaken:
    """Copies the weights of all layers that have the same name, which is the block's id, and shapes in both models.

    Constraints of this model are applied: the kernels of a float network may lie outside of them.
    """
    others = {layer.name: layer for layer in source.layers if layer.weights}
    taken, left = [], []
    for layer in model.layers:
        if not layer.weights:
            continue
        other = others.get(layer.name)
        reason = "there is no such layer with weights" if other is None else _difference(layer, other)
        if other is None or reason is not None:
            left.append(LayerLeft(name=layer.name, reason=reason or ""))
            continue
        for variable, value in zip(layer.weights, other.weights, strict=True):
            constraint = variable.constraint
            variable.assign(value if constraint is None else constraint(keras.ops.convert_to_tensor(value)))
        taken.append(layer.name)
    return WeightsTaken(run=run_id, taken=tuple(taken), left=tuple(left))


def teacher_of(model: keras.Model, recipe: Recipe, checkpoint_of: CheckpointOf | None) -> keras.Model | None:
    """The network that a recipe's run learns from; None where it names none.

    Raises:
        RecipeError: that run cannot be read, or its network takes other images or has other classes.
    """
    if recipe.teacher is None:
        return None
    teacher = _model_of("teacher", recipe.teacher, checkpoint_of)
    for what, mine, its in (
        ("images", model.input_shape, teacher.input_shape),
        ("classes", model.output_shape, teacher.output_shape),
    ):
        if mine != its:
            raise RecipeError(
                f"Recipe: teacher: the network of run {recipe.teacher} has {what} of shape {its[1:]}, this one "
                f"{mine[1:]}. Name a run of a design for the same images and classes."
            )
    teacher.trainable = False
    return teacher


def weights_sha256(model: keras.Model) -> str:
    """Of all variables of a model, in their order."""
    digest = hashlib.sha256()
    for variable in model.variables:
        digest.update(variable.value.numpy().tobytes())
    return digest.hexdigest()


def _model_of(field: str, run_id: str, checkpoint_of: CheckpointOf | None) -> keras.Model:
    if checkpoint_of is None:
        raise RecipeError(f"Recipe: {field}: run {run_id} cannot be looked up here. Leave that field empty.")
    try:
        path = checkpoint_of(run_id)
    except BnnDesignerError as error:
        raise RecipeError(f"Recipe: {field}: {error}") from error
    if not path.is_file():
        raise RecipeError(
            f"Recipe: {field}: run {run_id} has no checkpoint in {path.parent}: it finished no epoch, or was deleted. "
            "Name another run, or leave that field empty."
        )
    try:
        return load_saved(path)
    except UnreadableModel as error:
        raise RecipeError(
            f"Recipe: {field}: {path} cannot be read as a Keras model ({error}). "
            "Name another run, or leave that field empty."
        ) from error


def _difference(mine: keras.layers.Layer, its: keras.layers.Layer) -> str | None:
    """Why the weights of one layer cannot be another's; None where they can."""
    here = [(variable.name, tuple(variable.shape)) for variable in mine.weights]
    there = [(variable.name, tuple(variable.shape)) for variable in its.weights]
    if here == there:
        return None
    return f"it has {_shapes(there)} there, {_shapes(here)} here"


def _shapes(weights: list[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape)) or 'of one number'}" for name, shape in weights)
