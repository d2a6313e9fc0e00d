from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design.presets import preset
from bnn_designer.runs.progress import MAX_POINTS, duration_s, last_lines, progress, thinned
from bnn_designer.runs.records import StoredEvent
from bnn_designer.runs.store import Store
from bnn_designer.training.events import (
    EpochEnd,
    Event,
    LatentWeights,
    Notice,
    Resumed,
    Started,
    StepWindow,
    WeightsTaken,
)
from bnn_designer.training.recipe import Recipe

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
STARTED = Started(
    engine="xnor", engine_reason=None, train_images=1000, validation_images=100, steps_per_epoch=20, epochs=3
)
END = EpochEnd(epoch=1, loss=1.0, accuracy=0.4, val_loss=1.0, val_accuracy=0.5, seconds=9.0)


def _window(epoch: int, step: int) -> StepWindow:
    return StepWindow(epoch=epoch, step=step, steps_per_epoch=20, loss=1.0, accuracy=0.1, images_per_second=7.0)


def _stored(*events: tuple[float, Event]) -> list[StoredEvent]:
    return [
        StoredEvent(number, "run", START + timedelta(seconds=seconds), event)
        for number, (seconds, event) in enumerate(events)
    ]


def test_before_the_first_event_nothing_is_known() -> None:
    done = progress([])
    assert (done.started, done.share, done.eta_s, done.images_per_second, done.notice) == (None,) * 5


def test_a_notice_is_all_that_is_known_of_a_run_that_prepares() -> None:
    done = progress(_stored((0, Notice(text="one")), (1, Notice(text="two"))))
    assert (done.notice, done.share) == ("two", None)


def test_the_rest_takes_as_long_an_image_as_those_so_far() -> None:
    done = progress(_stored((5, STARTED), (15, _window(1, 10))))
    assert done.share == 10 / (3 * 20)
    # 50 images a step at 7 a second; until a validation is measured: three of 100 images, a third of that time an image
    assert done.eta_s == pytest.approx(50 * (3 * 20 - 10) / 7 + 3 * 100 / 7 / 3)


def test_validations_count_by_themselves() -> None:
    """2 x 1,500 images, each time validated on all 10,000: half of the time is validation, and it was left out once."""
    started = STARTED.model_copy(
        update={"train_images": 1500, "validation_images": 10_000, "steps_per_epoch": 30, "epochs": 2}
    )
    window = StepWindow(epoch=1, step=30, steps_per_epoch=30, loss=1.0, accuracy=0.1, images_per_second=60.0)
    end = END.model_copy(update={"seconds": 55.0, "validation_s": 30.0, "validation_images": 10_000})
    done = progress(_stored((0, started), (25, window), (55, end)))
    assert done.eta_s == pytest.approx(1500 / 60 + 30)
    finished = [(80.0, window.model_copy(update={"epoch": 2})), (110.0, end.model_copy(update={"epoch": 2}))]
    assert progress(_stored((0, started), (25, window), (55, end), *finished)).eta_s == 0


def test_a_break_between_two_attempts_is_no_time_of_the_run() -> None:
    night = 8 * 3600
    before = progress(_stored((5, STARTED), (15, _window(1, 10))))
    after = progress(_stored((5, STARTED), (15, _window(1, 10)), (night, Resumed(epoch=1, step=10)), (night, STARTED)))
    assert after.eta_s == before.eta_s


def test_figures_of_an_end_that_is_none_any_more_are_gone() -> None:
    latent = LatentWeights(
        val_loss=1.0,
        val_accuracy=0.5,
        latent_val_loss=2.0,
        latent_val_accuracy=0.1,
        own_norms_val_loss=1.5,
        own_norms_val_accuracy=0.4,
    )
    taken = WeightsTaken(run="0123abcd", taken=("conv_1",))
    events: list[tuple[float, Event]] = [(0, taken), (1, STARTED), (2, END), (3, latent)]
    done = progress(_stored(*events))
    assert (done.weights_taken, done.latent) == (taken, latent)
    done = progress(_stored(*events, (4, Resumed(epoch=2, step=0))))
    assert (done.weights_taken, done.latent) == (taken, None)


def test_what_came_after_the_state_does_not_count_where_it_was_read_before() -> None:
    seen = [(1.0, _window(1, 10)), (2.0, _window(1, 20)), (3.0, END), (4.0, _window(2, 10))]
    done = progress(_stored((0, STARTED), *seen, (5, Resumed(epoch=1, step=10)), (6, _window(1, 20))))
    assert [(window.epoch, window.step) for window in done.windows] == [(1, 10), (1, 20)]
    assert done.epochs == ()
    assert done.share == 20 / (3 * 20)


def test_a_finished_epoch_counts_whole() -> None:
    done = progress(_stored((0, STARTED), (1, _window(1, 20)), (2, END)))
    assert done.share == 1 / 3
    assert done.epochs == (END,)


def test_the_validations_with_the_latent_weights_count_until_they_are_done() -> None:
    started = STARTED.model_copy(update={"latent_images": 40})
    window = [(5, started), (15, _window(1, 10))]
    # 40 images more, at a third of a training step's seconds an image
    assert progress(_stored(*window)).eta_s == pytest.approx(50 * (3 * 20 - 10) / 7 + (3 * 100 + 40) / 7 / 3)
    ends = [END.model_copy(update={"epoch": epoch, "validation_s": 5.0, "validation_images": 100}) for epoch in (1, 2)]
    last = ends[0].model_copy(update={"epoch": 3})
    done = [*window, (20, ends[0]), (30, ends[1]), (40, _window(3, 20)), (45, last)]
    # all epochs are done, and a validated image took 5 s / 100
    assert progress(_stored(*done)).eta_s == pytest.approx(40 * 5 / 100)
    latent = LatentWeights(
        val_loss=1,
        val_accuracy=0.5,
        latent_val_loss=2,
        latent_val_accuracy=0.4,
        own_norms_val_loss=1,
        own_norms_val_accuracy=0.45,
    )
    assert progress(_stored(*done, (50, latent))).eta_s == 0


@given(st.integers(0, 5000))
def test_a_long_curve_is_thinned_and_keeps_its_ends(count: int) -> None:
    windows = [_window(1, step) for step in range(count)]
    kept = thinned(windows)
    assert len(kept) <= MAX_POINTS + 1
    assert kept[:1] == windows[:1]
    assert kept[-1:] == windows[-1:]


def test_durations(tmp_path: Path) -> None:
    store = Store(home=tmp_path)
    ids = [store.create_run(preset("binarynet"), Recipe()) for _ in range(3)]
    store.claim_next(1)
    by_id = {run.id: run for run in store.runs()}
    assert duration_s(by_id[ids[1]], START) is None
    running = by_id[ids[0]]
    assert running.started_at is not None
    assert duration_s(running, running.started_at + timedelta(seconds=7)) == 7


def test_the_end_of_a_log() -> None:
    assert last_lines("a\nb\nc\n", count=2) == "b\nc"
