"""What of several runs is drawn, and the best and last of each."""

from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.runs.curves import (
    MEASURES,
    BestAndLast,
    Point,
    best_and_last,
    epoch_counts,
    epochs_of,
    points,
)
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd, LayerMeasures, Notice
from bnn_designer.training.recipe import Recipe


def end(epoch: int, accuracy: float, images: int | None = 100, *, first_stage: bool = False) -> EpochEnd:
    return EpochEnd(
        epoch=epoch,
        loss=3.0 - epoch,
        accuracy=0.5,
        val_loss=1 - accuracy,
        val_accuracy=accuracy,
        seconds=2,
        validation_images=images,
        float_kernels=first_stage,
    )


def test_the_epochs_of_several_runs_come_in_one_query(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    first, second, empty = (store.create_run(small_design, quick_recipe) for _ in range(3))
    for number in (1, 2):
        for run_id in (first, second):
            store.add_event(run_id, end(number, number / 10))
            store.add_event(run_id, Notice(text='{"kind":"epoch_end"'))
    store.add_event(second, end(3, 0.3))
    found = epochs_of(store, [first, second, empty])
    assert {run_id: [epoch.epoch for epoch in epochs] for run_id, epochs in found.items()} == {
        first: [1, 2],
        second: [1, 2, 3],
        empty: [],
    }
    assert epoch_counts(store, [first, second, empty]) == {first: 2, second: 3, empty: 0}
    assert epochs_of(store, []) == epoch_counts(store, []) == {}


def test_the_best_is_among_those_that_were_validated_on_the_most_images() -> None:
    epochs = [end(1, 0.9, first_stage=True), end(2, 0.6, 20), end(3, 0.4), end(4, 0.5), end(5, 0.45)]
    assert best_and_last(epochs, MEASURES["val_accuracy"]) == BestAndLast(Point(4, 0.5), Point(5, 0.45))
    assert best_and_last(epochs, MEASURES["val_loss"]) == BestAndLast(Point(4, 0.5), Point(5, 1 - 0.45))
    assert best_and_last(epochs, MEASURES["loss"]) == BestAndLast(Point(5, -2.0), Point(5, -2.0))
    assert best_and_last(epochs[:1], MEASURES["val_accuracy"]) == BestAndLast(None, Point(1, 0.9))
    assert best_and_last([], MEASURES["val_accuracy"]) == BestAndLast(None, None)


def test_of_layers_the_mean_is_drawn_and_what_was_not_measured_is_left_out() -> None:
    layers = (
        LayerMeasures(name="a", flip_ratio=0.5, clipped_share=0.1),
        LayerMeasures(name="b", flip_ratio=0.25),
        LayerMeasures(name="c"),
    )
    epochs = [end(1, 0.1), end(2, 0.2).model_copy(update={"layers": layers})]
    assert points(epochs, MEASURES["flip_ratio"]) == (Point(2, (0.5 + 0.25) / 2),)
    assert points(epochs, MEASURES["clipped_share"]) == (Point(2, 0.1),)
    assert points(epochs, MEASURES["learning_rate"]) == ()
    assert best_and_last(epochs, MEASURES["flip_ratio"]) == BestAndLast(None, Point(2, 0.375))
