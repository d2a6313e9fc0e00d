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
from bnn_designer.training.amounts import SHORT_VALIDATION, validation_images_at
from bnn_designer.training.augment import augment, scale, shift
from bnn_designer.training.data import load
from bnn_designer.training.data.cifar10 import AUGMENTATION
from bnn_designer.training.data.images import Augmentation, Images
from bnn_designer.training.events import EpochEnd, Event, FirstStep, LatentWeights, Started, StepWindow
from bnn_designer.training.folder import BEST_FILE, MODEL_FILE, STATE_FILE
from bnn_designer.training.loop import (
    TrainingError,
    TrainResult,
    _batches,
    train,
)
from bnn_designer.training.recipe import Recipe


@pytest.fixture(scope="module")
def data(synthetic_data: Path) -> Images:
    return load(synthetic_data)


def curve(design: Design, recipe: Recipe, data: Images) -> tuple[list[float], TrainResult]:
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
    small_design: Design, quick_recipe: Recipe, data: Images
) -> None:
    recipe = quick_recipe.model_copy(update={"epochs": 4})
    first, result = curve(small_design, recipe, data)
    again, _ = curve(small_design, recipe, data)
    other, _ = curve(small_design, recipe.model_copy(update={"seed": 1}), data)
    assert first == again
    assert first != other
    # chance is 0.1 for 10 classes
    assert result.epochs[-1].val_accuracy > 0.3


def test_latent_weights_stay_within_their_constraint(small_design: Design, data: Images) -> None:
    # a weight that moves by up to 0.5 a step is far beyond 1 after 10 steps if nothing clips it
    recipe = Recipe(epochs=1, subset=100, batch_size=10, learning_rate=0.5, validation_subset=10, engine="float")
    _, result = curve(small_design, recipe, data)
    binary = [layer for layer in result.model.layers if isinstance(layer, QuantConv2D) and layer.kernel_quantizer]
    assert binary
    for layer in binary:
        assert np.abs(layer.kernel.numpy()).max() == 1


@pytest.mark.skipif(not kernels.available(), reason=f"no compiled op: {kernels.unavailable_reason()}")
def test_both_engines_give_the_same_curve(small_design: Design, quick_recipe: Recipe, data: Images) -> None:
    in_float, _ = curve(small_design, quick_recipe.model_copy(update={"engine": "float"}), data)
    in_bits, _ = curve(small_design, quick_recipe.model_copy(update={"engine": "xnor"}), data)
    # equal but for the order in which float gradients are summed, over 20 steps
    assert in_bits == pytest.approx(in_float, abs=0.05)


@pytest.mark.skipif(not kernels.available(), reason=f"no compiled op: {kernels.unavailable_reason()}")
@pytest.mark.parametrize("gradients", ["float", "int16", "int8"])
def test_every_kind_of_gradients_repeats_itself_and_says_so(
    small_design: Design, quick_recipe: Recipe, data: Images, gradients: Literal["float", "int16", "int8"]
) -> None:
    recipe = quick_recipe.model_copy(update={"engine": "xnor", "gradients": gradients, "epochs": 1})
    first, _ = curve(small_design, recipe, data)
    assert first == curve(small_design, recipe, data)[0]
    exact, _ = curve(small_design, recipe.model_copy(update={"gradients": "float"}), data)
    assert (first == exact) == (gradients == "float")
    assert first[0] == pytest.approx(exact[0], abs=0.5)


def test_the_float_engine_has_exact_gradients_whatever_was_asked_for(small_design: Design, data: Images) -> None:
    recipe = Recipe(epochs=1, subset=20, batch_size=10, validation_subset=10, engine="float", gradients="int8")
    events: list[Event] = []
    train(small_design, recipe, data, on_event=events.append, should_cancel=lambda: False)
    (started,) = (event for event in events if isinstance(event, Started))
    assert started.gradients == "float"


def test_events_in_order_with_the_right_counts(small_design: Design, data: Images) -> None:
    # 130 images / 10 = 13 steps: windows of 10 and 3
    recipe = Recipe(epochs=2, subset=130, batch_size=10, validation_subset=30, engine="float", augment=False)
    events: list[Event] = []
    result = train(small_design, recipe, data, on_event=events.append, should_cancel=lambda: False)
    assert result.status == "done"
    started, first_step, *others, latent = events
    assert isinstance(started, Started)
    assert isinstance(first_step, FirstStep)
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


def test_a_short_run_validates_on_a_part_until_its_end(small_design: Design, data: Images, tmp_path: Path) -> None:
    events: list[Event] = []
    recipe = Recipe(epochs=2, subset=20, batch_size=10, engine="float")
    train(small_design, recipe, data, on_event=events.append, should_cancel=lambda: False, folder=tmp_path)
    started, *_ = events
    assert isinstance(started, Started)
    assert (started.validation_images, started.last_validation_images) == (SHORT_VALIDATION, 10_000)
    first, last = (event for event in events if isinstance(event, EpochEnd))
    assert (first.validation_images, last.validation_images) == (SHORT_VALIDATION, 10_000)
    # the last figure is known best, so its model is the best one
    assert (tmp_path / BEST_FILE).read_bytes() == (tmp_path / MODEL_FILE).read_bytes()
    # a long run, and one that was told how many, always take all
    assert validation_images_at(1, Recipe(epochs=100), 50_000, 10_000) == 10_000
    assert validation_images_at(1, Recipe(epochs=2, subset=20, validation_subset=9_000), 20, 9_000) == 9_000


def test_the_checkpoint_is_the_model_of_the_last_epoch(small_design: Design, data: Images, tmp_path: Path) -> None:
    recipe = Recipe(epochs=1, subset=100, validation_subset=30, engine="float")
    folder = tmp_path / "run"
    folder.mkdir()
    result = train(small_design, recipe, data, on_event=lambda _: None, should_cancel=lambda: False, folder=folder)
    path = folder / MODEL_FILE
    loaded = keras.saving.load_model(path)
    images = scale(tf.constant(data.test_images[:20]))
    np.testing.assert_array_equal(loaded(images, training=False), result.model(images, training=False))
    assert {file.name for file in folder.iterdir()} == {MODEL_FILE, BEST_FILE, STATE_FILE}


def test_a_checkpoint_that_cannot_be_written(small_design: Design, data: Images, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recipe = Recipe(epochs=1, subset=20, batch_size=10, validation_subset=10, engine="float")
    with pytest.raises(TrainingError, match=r"model.keras: the checkpoint cannot be written.*BNN_HOME"):
        train(
            small_design,
            recipe,
            data,
            on_event=lambda _: None,
            should_cancel=lambda: False,
            folder=tmp_path / "file",
        )


def test_it_stops_before_the_next_step_when_told(small_design: Design, quick_recipe: Recipe, data: Images) -> None:
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
        assert (result.status, len(result.epochs)) == ("stopped", finished)
        assert next(asked) == calls + 1


def test_every_epoch_says_what_was_measured(small_design: Design, data: Images) -> None:
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


def test_bop_leaves_no_latent_weights_to_look_at(small_design: Design, data: Images) -> None:
    recipe = Recipe(epochs=1, subset=20, batch_size=10, validation_subset=10, engine="float", optimizer="adam_bop")
    events: list[Event] = []
    result = train(small_design, recipe, data, on_event=events.append, should_cancel=lambda: False)
    assert not any(isinstance(event, LatentWeights) for event in events)
    assert [(layer.name, layer.clipped_share) for layer in result.epochs[0].layers] == [("binary_conv_1", None)]


@pytest.mark.parametrize("fields", [{"optimizer": "adam_bop"}, {"optimizer": "sgd"}, {"label_smoothing": 0.1}])
def test_every_optimizer_learns_and_repeats_itself(
    small_design: Design, quick_recipe: Recipe, data: Images, fields: dict[str, Any]
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
    small_design: Design, quick_recipe: Recipe, data: Images, monkeypatch: pytest.MonkeyPatch, engine: str
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
    small_design: Design, quick_recipe: Recipe, data: Images, field: str, value: object, message: str
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
@given(
    seed=st.integers(0, 2**31 - 1),
    step=st.integers(0, 2**40),
    size=st.sampled_from([(8, 8), (32, 16), (1, 24), (28, 28)]),
    rule=st.builds(Augmentation, st.booleans(), st.sampled_from([-1.0, 0.0]), st.just("")),
)
def test_every_augmented_image_is_a_crop_of_itself_or_of_its_mirror(
    seed: int, step: int, size: tuple[int, int], rule: Augmentation
) -> None:
    height, width = size
    images = np.random.default_rng(seed).random((6, height, width, 3)).astype(np.float32)
    key = tf.constant([seed, step], tf.int64)
    result = augment(tf.constant(images), key, rule).numpy()
    assert (result == augment(tf.constant(images), key, rule).numpy()).all()
    down, right = shift(height), shift(width)
    for image, changed in zip(images, result, strict=True):
        padded = np.pad(image, [(down, down), (right, right), (0, 0)], constant_values=rule.fill)
        crops = (
            source[dy : dy + height, dx : dx + width]
            for source in ((padded, padded[:, ::-1]) if rule.mirror else (padded,))
            for dy in range(2 * down + 1)
            for dx in range(2 * right + 1)
        )
        assert any((crop == changed).all() for crop in crops)


def test_small_images_are_shifted_by_less_and_one_row_not_at_all() -> None:
    # 4 pixels of 32; 28 / 8 = 3.5 is rounded to even; 16 / 8 and 8 / 8; none of a row
    assert [shift(size) for size in (224, 32, 28, 16, 8, 1)] == [4, 4, 4, 2, 1, 0]


def test_shifts_and_mirrors_are_drawn_evenly() -> None:
    """9 x 9 shifts times 2, on 20,000 images: each about 20,000 / 162 = 123 times, within 5 standard deviations."""
    marked = np.zeros((20_000, 32, 32, 1), np.float32)
    marked[:, 16, 12] = 1
    result = augment(tf.constant(marked), tf.constant([3, 4], tf.int64), AUGMENTATION).numpy()[..., 0]
    places = np.unravel_index(result.reshape(len(result), -1).argmax(axis=1), (32, 32))
    # mirrored, column 12 becomes 31 - 12 = 19: shifts put one at 8 .. 16, the other at 15 .. 23
    counts = np.zeros((32, 32))
    np.add.at(counts, places, 1)
    seen = counts[12:21, 8:24]
    assert seen.sum() == 20_000
    expected = np.full((9, 16), 20_000 / 162)
    expected[:, 7:9] *= 2
    assert (np.abs(seen - expected) < 5 * np.sqrt(expected)).all()
