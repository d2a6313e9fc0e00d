"""Starting from another run's weights, and learning from another run's network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower
from bnn_designer.nn import build_model
from bnn_designer.training.data import load
from bnn_designer.training.data.images import Images
from bnn_designer.training.events import Event, LayerLeft, WeightsTaken
from bnn_designer.training.folder import MODEL_FILE
from bnn_designer.training.loop import train
from bnn_designer.training.other_runs import start_from_another, take_weights, teacher_of
from bnn_designer.training.recipe import Recipe, RecipeError

RUN = "0123abcd"
NORM = BatchNormOptions(momentum=0.8)


@pytest.fixture(scope="module")
def data(synthetic_data: Path) -> Images:
    return load(synthetic_data)


@pytest.fixture
def checkpoint(small_design: Design, data: Images, tmp_path: Path) -> Path:
    """The model of a short run of the small design's twin."""
    recipe = Recipe(epochs=1, subset=100, batch_size=10, validation_subset=10, engine="float")
    twin = full_precision_twin(small_design)
    train(twin, recipe, data, on_event=lambda _: None, should_cancel=lambda: False, folder=tmp_path)
    return tmp_path / MODEL_FILE


def test_weights_are_taken_where_id_and_shapes_match() -> None:
    body = (BinaryConv(id="same", filters=8, batch_norm=NORM), BinaryConv(id="wide", filters=8, batch_norm=NORM))
    source = Design(blocks=(Conv(filters=8, strides=(4, 4)), *body, GlobalPool(), Head()))
    body = (BinaryConv(id="same", filters=8, batch_norm=NORM), BinaryConv(id="wide", filters=16, batch_norm=NORM))
    new = BinaryConv(id="new", filters=8, batch_norm=None)
    target = Design(blocks=(Conv(filters=8, strides=(4, 4)), *body, new, GlobalPool(), Head()))
    there = build_model(lower(source), engine="float", seed=0)
    here = build_model(lower(target), engine="float", seed=1)
    # kernels of a float network may be larger than a latent weight may
    there.get_layer("same").kernel.assign(np.full((3, 3, 8, 8), -3.0))
    before = here.get_layer("new").kernel.numpy()
    taken = take_weights(here, there, RUN)
    assert taken.taken == ("conv_1", "same", "same.batch_norm", "head_1.dense")
    assert taken.left == (
        LayerLeft(name="wide", reason="it has kernel 3x3x8x8 there, kernel 3x3x8x16 here"),
        LayerLeft(
            name="wide.batch_norm",
            reason="it has gamma 8, beta 8, moving_mean 8, moving_variance 8 there, "
            "gamma 16, beta 16, moving_mean 16, moving_variance 16 here",
        ),
        LayerLeft(name="new", reason="there is no such layer with weights"),
    )
    assert taken.text().startswith("Starts from the weights of run 0123abcd in 4 layers; wide keeps its own (it has")
    np.testing.assert_array_equal(here.get_layer("conv_1").kernel.numpy(), there.get_layer("conv_1").kernel.numpy())
    assert (here.get_layer("same").kernel.numpy() == -1).all()
    np.testing.assert_array_equal(here.get_layer("new").kernel.numpy(), before)


def test_a_run_starts_where_the_other_ended(small_design: Design, data: Images, checkpoint: Path) -> None:
    recipe = Recipe(epochs=1, subset=100, batch_size=10, validation_subset=100, engine="float", learning_rate=1e-8)
    events: list[Event] = []
    arguments = {"on_event": events.append, "should_cancel": lambda: False, "checkpoint_of": lambda run_id: checkpoint}
    from_scratch = train(small_design, recipe, data, **arguments)  # type: ignore[arg-type]
    result = train(small_design, recipe.changed(start_from=RUN), data, **arguments)  # type: ignore[arg-type]
    (taken,) = (event for event in events if isinstance(event, WeightsTaken))
    assert taken.left == ()
    assert result.epochs[0].val_accuracy > from_scratch.epochs[0].val_accuracy


def test_a_run_learns_from_a_teacher(small_design: Design, data: Images, checkpoint: Path) -> None:
    recipe = Recipe(epochs=2, subset=100, batch_size=10, validation_subset=100, engine="float")
    arguments = {"on_event": lambda _: None, "should_cancel": lambda: False, "checkpoint_of": lambda run_id: checkpoint}
    alone = train(small_design, recipe, data, **arguments)  # type: ignore[arg-type]
    taught = [
        train(small_design, recipe.changed(teacher=RUN, teacher_share=share), data, **arguments)  # type: ignore[arg-type]
        for share in (0, 0.5, 0.5)
    ]
    # a teacher that has no share changes nothing
    assert [end.loss for end in taught[0].epochs] == pytest.approx([end.loss for end in alone.epochs], rel=1e-4)
    assert [end.loss for end in taught[1].epochs] != [end.loss for end in alone.epochs]
    assert [end.loss for end in taught[1].epochs] == [end.loss for end in taught[2].epochs]


def test_what_cannot_be_taken_says_why(small_design: Design, checkpoint: Path, tmp_path: Path) -> None:
    def none_there(run_id: str) -> Path:
        raise BnnDesignerError(f"Run {run_id}: there is no such run.")

    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"no model")
    model = build_model(lower(small_design), engine="float", seed=0)
    for recipe, take in (
        (Recipe(start_from=RUN), start_from_another),
        (Recipe(teacher=RUN), teacher_of),
    ):
        field = "start_from" if recipe.teacher is None else "teacher"
        for checkpoint_of, message in (
            (None, f"{field}: run {RUN} cannot be looked up here"),
            (none_there, f"{field}: Run {RUN}: there is no such run"),
            (lambda _: tmp_path / "missing.keras", f"{field}: run {RUN} has no checkpoint in"),
            (lambda _: broken, f"{field}: .*broken.keras cannot be read as a Keras model"),
        ):
            with pytest.raises(RecipeError, match=message):
                take(model, recipe, checkpoint_of)
        assert take(model, Recipe(), None) is None


def test_a_run_of_another_network_is_refused(small_design: Design, checkpoint: Path) -> None:
    body = Shortcut(body=(BinaryConv(id="b", filters=4),))
    other = Design(classes=5, blocks=(Conv(id="stem", filters=4), body, GlobalPool(), Head(id="h")))
    model = build_model(lower(other), engine="float", seed=0)
    with pytest.raises(RecipeError, match=r"start_from: no layer of run 0123abcd has .*stem: there is no"):
        start_from_another(model, Recipe(start_from=RUN), lambda _: checkpoint)
    with pytest.raises(RecipeError, match=r"teacher: .* run 0123abcd has classes of shape \(10,\), this one \(5,\)"):
        teacher_of(model, Recipe(teacher=RUN), lambda _: checkpoint)
