"""The loop on made-up images: it learns, repeats itself, stops when told, and says why it cannot go on."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer import kernels
from bnn_designer.design import Design
from bnn_designer.errors import DesignError
from bnn_designer.nn import QuantConv2D, build_model
from bnn_designer.training import loop
from bnn_designer.training.augment import PAD, augment, scale
from bnn_designer.training.cifar10 import Cifar10
from bnn_designer.training.data import load
from bnn_designer.training.events import EpochEnd, Event, LatentWeights, Started, StepWindow
from bnn_designer.training.loop import TrainingError, TrainResult, _batches, train
from bnn_designer.training.recipe import Recipe


@pytest.fixture(scope="module")
def data(synthetic_data: Path) -> Cifar10:
    return load(synthetic_data)


def curve(design: Design, recipe: Recipe, data: Cifar10) -> tuple[list[float], TrainResult]:
    """Every loss and accuracy of a run in order."""
    numbers: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, StepWindow):
            numbers.extend([event.loss, event.accuracy])
        elif isinstance(event, EpochEnd):
            numbers.extend([event.loss, event.accuracy, event.val_loss, event.val_accuracy])

    result = train(design, recipe, data, on_event=note, should_cancel=lambda: False)
    return numbers, result


def test_it_learns_and_the_same_seed_gives_the_same_curve(
    small_design: Design, quick_recipe: Recipe, data: Cifar10
) -> None:
    recipe = quick_recipe.model_copy(update={"epochs": 4})
    first, result = curve(small_design, recipe, data)
    again, _ = curve(small_design, recipe, data)
    other, _ = curve(small_design, recipe.model_copy(update={"seed": 1}), data)
    assert first == again
    assert first != other
    # chance is 0.1 for 10 classes
    assert result.epochs[-1].val_accuracy > 0.3


def test_latent_weights_stay_within_their_constraint(small_design: Design, data: Cifar10) -> None:
    # a weight that moves by up to 0.5 a step is far beyond 1 after 10 steps if nothing clips it
    recipe = Recipe(epochs=1, subset=100, batch_size=10, learning_rate=0.5, validation_subset=10, engine="float")
    _, result = curve(small_design, recipe, data)
    binary = [layer for layer in result.model.layers if isinstance(layer, QuantConv2D) and layer.kernel_quantizer]
    assert binary
    for layer in binary:
        assert np.abs(layer.kernel.numpy()).max() == 1


@pytest.mark.skipif(not kernels.available(), reason=f"no compiled op: {kernels.unavailable_reason()}")
def test_both_engines_give_the_same_curve(small_design: Design, quick_recipe: Recipe, data: Cifar10) -> None:
    in_float, _ = curve(small_design, quick_recipe.model_copy(update={"engine": "float"}), data)
    in_bits, _ = curve(small_design, quick_recipe.model_copy(update={"engine": "xnor"}), data)
    # equal but for the order in which float gradients are summed, over 20 steps
    assert in_bits == pytest.approx(in_float, abs=0.05)


@pytest.mark.skipif(not kernels.available(), reason=f"no compiled op: {kernels.unavailable_reason()}")
@pytest.mark.parametrize("gradients", ["float", "int16", "int8"])
def test_every_kind_of_gradients_repeats_itself_and_says_so(
    small_design: Design, quick_recipe: Recipe, data: Cifar10, gradients: Literal["float", "int16", "int8"]
) -> None:
    recipe = quick_recipe.model_copy(update={"engine": "xnor", "gradients": gradients, "epochs": 1})
    first, _ = curve(small_design, recipe, data)
    assert first == curve(small_design, recipe, data)[0]
    exact, _ = curve(small_design, recipe.model_copy(update={"gradients": "float"}), data)
    assert (first == exact) == (gradients == "float")
    assert first[0] == pytest.approx(exact[0], abs=0.5)


def test_the_float_engine_has_exact_gradients_whatever_was_asked_for(small_design: Design, data: Cifar10) -> None:
    recipe = Recipe(epochs=1, subset=20, batch_size=10, validation_subset=10, engine="float", gradients="int8")
    events: list[Event] = []
    train(small_design, recipe, data, on_event=events.append, should_cancel=lambda: False)
    (started,) = (event for event in events if isinstance(event, Started))
    assert started.gradients == "float"


def test_events_in_order_with_the_right_counts(small_design: Design, data: Cifar10) -> None:
    # 130 images / 10 = 13 steps: windows of 10 and 3
    recipe = Recipe(epochs=2, subset=130, batch_size=10, validation_subset=30, engine="float", augment=False)
    events: list[Event] = []
    result = train(small_design, recipe, data, on_event=events.append, should_cancel=lambda: False)
    assert result.status == "done"
    started, *others, latent = events
    assert isinstance(started, Started)
    assert (started.engine, started.engine_reason) == ("float", "engine='float' was asked for")
    assert [layer.name for layer in started.layers] == ["conv_1", "binary_conv_1", "head_1.dense"]
    assert {(layer.engine, layer.gradients) for layer in started.layers} == {("float", "multiplied")}
    assert (started.train_images, started.validation_images, started.steps_per_epoch) == (130, 30, 13)
    places = [(event.epoch, getattr(event, "step", None)) for event in others]  # type: ignore[union-attr]
    assert places == [(1, 10), (1, 13), (1, None), (2, 10), (2, 13), (2, None)]
    first, last, end = others[:3]
    assert isinstance(first, StepWindow)
    assert isinstance(last, StepWindow)
    assert isinstance(end, EpochEnd)
    assert isinstance(latent, LatentWeights)
    assert (latent.val_loss, latent.val_accuracy) == (result.epochs[-1].val_loss, result.epochs[-1].val_accuracy)
    # the epoch's mean is the windows' mean, weighted by their steps
    assert end.loss == pytest.approx((10 * first.loss + 3 * last.loss) / 13)
    assert end.accuracy == pytest.approx((10 * first.accuracy + 3 * last.accuracy) / 13)


def test_the_checkpoint_is_the_model_of_the_last_epoch(small_design: Design, data: Cifar10, tmp_path: Path) -> None:
    recipe = Recipe(epochs=1, subset=100, validation_subset=30, engine="float")
    path = tmp_path / "run" / "model.keras"
    result = train(
        small_design, recipe, data, on_event=lambda _: None, should_cancel=lambda: False, checkpoint_path=path
    )
    loaded = keras.saving.load_model(path)
    images = scale(tf.constant(data.test_images[:20]))
    np.testing.assert_array_equal(loaded(images, training=False), result.model(images, training=False))
    assert [file.name for file in path.parent.iterdir()] == ["model.keras"]


def test_a_checkpoint_that_cannot_be_written(small_design: Design, data: Cifar10, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recipe = Recipe(epochs=1, subset=20, batch_size=10, validation_subset=10, engine="float")
    with pytest.raises(TrainingError, match=r"model.keras: the checkpoint cannot be written.*BNN_HOME"):
        train(
            small_design,
            recipe,
            data,
            on_event=lambda _: None,
            should_cancel=lambda: False,
            checkpoint_path=tmp_path / "file" / "model.keras",
        )


def test_it_stops_before_the_next_step_when_told(small_design: Design, quick_recipe: Recipe, data: Cifar10) -> None:
    # asked before each of 10 steps, then before the one batch of 200 validation images, then in epoch 2
    for calls, finished in [(0, 0), (10, 0), (11, 1), (14, 1)]:
        asked = itertools.count()
        result = train(
            small_design,
            quick_recipe,
            data,
            on_event=lambda _: None,
            should_cancel=lambda asked=asked, calls=calls: next(asked) >= calls,  # type: ignore[misc]
        )
        assert (result.status, len(result.epochs)) == ("cancelled", finished)
        assert next(asked) == calls + 1


def test_every_epoch_says_what_was_measured(small_design: Design, data: Cifar10) -> None:
    recipe = Recipe(epochs=2, subset=130, batch_size=10, validation_subset=30, engine="float", schedule="constant")
    _, result = curve(small_design, recipe, data)
    for end in result.epochs:
        assert [layer.name for layer in end.layers] == ["binary_conv_1"]
        assert end.layers[0].flip_ratio is not None
        assert 0 < end.layers[0].flip_ratio < 1
        assert end.layers[0].clipped_share is not None
        assert end.layers[0].positive_share is not None
        assert end.learning_rate == recipe.learning_rate
        assert None not in (end.steps_s, end.validation_s, end.saving_s, end.measuring_s, end.images_per_second)
        phases = end.steps_s + end.validation_s + end.saving_s + end.measuring_s  # type: ignore[operator]
        assert phases == pytest.approx(end.seconds)
        assert end.images_per_second == pytest.approx(130 / end.steps_s)  # type: ignore[operator]


def test_bop_leaves_no_latent_weights_to_look_at(small_design: Design, data: Cifar10) -> None:
    recipe = Recipe(epochs=1, subset=20, batch_size=10, validation_subset=10, engine="float", optimizer="adam_bop")
    events: list[Event] = []
    result = train(small_design, recipe, data, on_event=events.append, should_cancel=lambda: False)
    assert not any(isinstance(event, LatentWeights) for event in events)
    assert [(layer.name, layer.clipped_share) for layer in result.epochs[0].layers] == [("binary_conv_1", None)]


@pytest.mark.parametrize("fields", [{"optimizer": "adam_bop"}, {"optimizer": "sgd"}, {"label_smoothing": 0.1}])
def test_every_optimizer_learns_and_repeats_itself(
    small_design: Design, quick_recipe: Recipe, data: Cifar10, fields: dict[str, Any]
) -> None:
    recipe = Recipe.from_fields(**{"epochs": 4, "subset": 500, "validation_subset": 200} | fields)
    first, result = curve(small_design, recipe, data)
    assert first == curve(small_design, recipe, data)[0]
    plain = recipe.model_copy(update={"optimizer": "adam", "label_smoothing": 0.0})
    assert first != curve(small_design, plain, data)[0]
    # chance is 0.1 for 10 classes
    assert result.epochs[-1].val_accuracy > 0.3


@pytest.mark.parametrize("engine", ["float", "auto"])
def test_a_loss_that_is_no_number_ends_the_run_with_its_step(
    small_design: Design, quick_recipe: Recipe, data: Cifar10, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    built: list[keras.Model] = []
    monkeypatch.setattr(
        loop, "build_model", lambda *args, **kwargs: built.append(build_model(*args, **kwargs)) or built[0]
    )
    asked = itertools.count()

    def poison() -> bool:
        """Asked before each of 10 steps, before the validation, and before step 1 and 2 of epoch 2."""
        if next(asked) == 12:
            stem = built[0].trainable_variables[0]
            stem.assign(np.full(stem.shape, np.nan))
        return False

    recipe = quick_recipe.model_copy(update={"engine": engine})
    with pytest.raises(TrainingError, match=r"Epoch 2, step 2: the loss became (nan|NaN). Lower the learning rate"):
        train(small_design, recipe, data, on_event=lambda _: None, should_cancel=poison)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "input_shape",
            [28, 28, 1],
            "small/input_shape: the input is 28 x 28 x 1, and CIFAR-10 images are 32 x 32 x 3",
        ),
        ("classes", 100, "small/classes: the design has 100 classes, and CIFAR-10 has 10"),
    ],
)
def test_a_design_that_does_not_fit_the_data(
    small_design: Design, quick_recipe: Recipe, data: Cifar10, field: str, value: object, message: str
) -> None:
    design = Design.from_data(small_design.model_dump(mode="json") | {field: value})
    with pytest.raises(DesignError, match=message):
        train(design, quick_recipe, data, on_event=lambda _: None, should_cancel=lambda: False)


@given(seed=st.integers(0, 100), epoch=st.integers(1, 100), count=st.integers(2, 300), data=st.data())
def test_batches_hold_each_image_at_most_once(seed: int, epoch: int, count: int, data: st.DataObject) -> None:
    batch_size = data.draw(st.integers(1, count))
    batches = _batches(seed, epoch, count, batch_size)
    assert batches.shape == (count // batch_size, batch_size)
    assert len(set(batches.ravel().tolist())) == batches.size
    assert set(batches.ravel().tolist()) <= set(range(count))
    assert (batches == _batches(seed, epoch, count, batch_size)).all()


def test_scale() -> None:
    assert scale(tf.constant([0, 255], tf.uint8)).numpy().tolist() == [-1, 1]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), step=st.integers(0, 2**40))
def test_every_augmented_image_is_a_crop_of_itself_or_of_its_mirror(seed: int, step: int) -> None:
    images = np.random.default_rng(seed).random((6, 8, 8, 3)).astype(np.float32)
    key = tf.constant([seed, step], tf.int64)
    result = augment(tf.constant(images), key).numpy()
    assert (result == augment(tf.constant(images), key).numpy()).all()
    for image, changed in zip(images, result, strict=True):
        padded = np.pad(image, [(PAD, PAD), (PAD, PAD), (0, 0)])
        crops = (
            source[dy : dy + 8, dx : dx + 8]
            for source in (padded, padded[:, ::-1])
            for dy in range(2 * PAD + 1)
            for dx in range(2 * PAD + 1)
        )
        assert any((crop == changed).all() for crop in crops)


def test_shifts_and_mirrors_are_drawn_evenly() -> None:
    """9 x 9 shifts times 2, on 20,000 images: each about 20,000 / 162 = 123 times, within 5 standard deviations."""
    marked = np.zeros((20_000, 32, 32, 1), np.float32)
    marked[:, 16, 12] = 1
    result = augment(tf.constant(marked), tf.constant([3, 4], tf.int64)).numpy()[..., 0]
    places = np.unravel_index(result.reshape(len(result), -1).argmax(axis=1), (32, 32))
    # mirrored, column 12 becomes 31 - 12 = 19: shifts put one at 8 .. 16, the other at 15 .. 23
    counts = np.zeros((32, 32))
    np.add.at(counts, places, 1)
    seen = counts[12:21, 8:24]
    assert seen.sum() == 20_000
    expected = np.full((9, 16), 20_000 / 162)
    expected[:, 7:9] *= 2
    assert (np.abs(seen - expected) < 5 * np.sqrt(expected)).all()
