"""A run that was stopped or killed anywhere and resumed gives the numbers of one that went through, to the bit."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from bnn_designer import kernels
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, Dropout, GlobalPool, Head, Shortcut
from bnn_designer.training.checkpoint import load as load_state
from bnn_designer.training.data import load
from bnn_designer.training.data.images import Images
from bnn_designer.training.events import EpochEnd, Event, FirstStep, LatentWeights, StepWindow, WeightsTaken
from bnn_designer.training.failures import CheckpointError, Diverged
from bnn_designer.training.folder import BEST_FILE, MODEL_FILE, STATE_FILE
from bnn_designer.training.loop import TrainResult, train
from bnn_designer.training.recipe import Recipe

# 120 images / 10 = 12 steps, in windows of 10 and 2; 400 validation images / 200 = 2 batches
RECIPE = Recipe(epochs=2, subset=120, batch_size=10, validation_subset=400, learning_rate=0.01)
CALLS_AN_EPOCH = 12 + 2

Numbers = list[tuple[float | None, ...]]


class Killed(BaseException):
    """What a SIGKILL is to the loop: nothing of it runs any more."""


@pytest.fixture(scope="module")
def data(synthetic_data: Path) -> Images:
    return load(synthetic_data)


@pytest.fixture(scope="module")
def design() -> Design:
    """A binary convolution, batch norms with statistics, and a dropout, whose draws are a state of their own."""
    norm = BatchNormOptions(momentum=0.8)
    body = (BinaryConv(filters=8, batch_norm=norm), Dropout(rate=0.3))
    return Design(
        name="small",
        blocks=(Conv(filters=8, strides=(4, 4), batch_norm=norm), Shortcut(body=body), GlobalPool(), Head()),
    )


def numbers_of(event: Event) -> tuple[float | None, ...] | None:
    """All that an event says, but for times and speeds."""
    if isinstance(event, StepWindow):
        return (event.epoch, event.step, event.loss, event.accuracy)
    if isinstance(event, EpochEnd):
        layers = [(layer.flip_ratio, layer.clipped_share, layer.positive_share) for layer in event.layers]
        figures = (event.loss, event.accuracy, event.val_loss, event.val_accuracy, event.learning_rate)
        return (event.epoch, event.float_kernels, *figures, *itertools.chain(*layers))
    if isinstance(event, LatentWeights):
        return (event.val_loss, event.latent_val_loss, event.own_norms_val_loss, event.own_norms_val_accuracy)
    return None


def go(
    design: Design,
    recipe: Recipe,
    data: Images,
    folder: Path,
    numbers: Numbers,
    *,
    stop_at: int | None = None,
    kill: bool = False,
    save_every_s: float = 1e9,
    other: Path | None = None,
) -> TrainResult | None:
    """Trains from what is in the folder on, to the end or the given question whether to stop; None: killed there.

    As the store does, drops from ``numbers`` what was reported after the state was kept.
    """
    asked = itertools.count()
    state = load_state(folder / STATE_FILE)
    del numbers[state.position.events if state else 0 :]

    def should_cancel() -> bool:
        if next(asked) != stop_at:
            return False
        if kill:
            raise Killed
        return True

    def note(event: Event) -> None:
        if (found := numbers_of(event)) is not None:
            numbers.append(found)

    folder.mkdir(exist_ok=True)
    try:
        return train(
            design,
            recipe,
            data,
            on_event=note,
            should_cancel=should_cancel,
            folder=folder,
            resume=state,
            save_every_s=save_every_s,
            checkpoint_of=None if other is None else lambda _: other,
        )
    except Killed:
        return None


def weights(result: TrainResult | None) -> list[bytes]:
    assert result is not None
    assert result.status == "done"
    return [variable.value.numpy().tobytes() for variable in result.model.variables]


def check_equal(one: Path, other: Path) -> None:
    """The last states are the same in every variable, those of the optimizer and of the dropout included."""
    first, second = load_state(one / STATE_FILE), load_state(other / STATE_FILE)
    assert first is not None
    assert second is not None
    assert {name: array.tobytes() for name, array in first.arrays.items()} == {
        name: array.tobytes() for name, array in second.arrays.items()
    }
    assert any("seed_generator_state" in name for name in first.arrays)


@pytest.mark.parametrize(
    ("engine", "gradients"), [("float", "float"), ("xnor", "float"), ("xnor", "int16"), ("xnor", "int8")]
)
def test_stopped_and_killed_anywhere_it_ends_in_the_very_same_curve_and_weights(
    design: Design,
    data: Images,
    tmp_path: Path,
    engine: Literal["xnor", "float"],
    gradients: Literal["float", "int16", "int8"],
) -> None:
    if engine == "xnor" and not kernels.available():
        pytest.skip(f"no compiled op: {kernels.unavailable_reason()}")
    recipe = RECIPE.model_copy(update={"engine": engine, "gradients": gradients})
    through: Numbers = []
    whole = weights(go(design, recipe, data, tmp_path / "whole", through))
    assert len(through) == 2 * (2 + 1) + 1

    # stopped in epoch 1 or its validation; killed where the last state is some steps old; then to the end
    draw = random.Random(f"{engine} {gradients}")
    pieces: Numbers = []
    stopped = go(design, recipe, data, tmp_path / "pieces", pieces, stop_at=draw.randrange(1, CALLS_AN_EPOCH))
    assert stopped is not None
    assert stopped.status == "stopped"
    assert go(design, recipe, data, tmp_path / "pieces", pieces, stop_at=draw.randrange(9, 14), kill=True) is None
    assert weights(go(design, recipe, data, tmp_path / "pieces", pieces)) == whole
    assert pieces == through
    check_equal(tmp_path / "whole", tmp_path / "pieces")


RUN = "0123abcd"
TWO_STAGES = {"epochs": 3, "first_stage_epochs": 1, "schedule": "step", "warmup": 0.2}


@pytest.fixture(scope="module")
def teacher(design: Design, data: Images, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of a run of another seed."""
    folder = tmp_path_factory.mktemp("teacher")
    go(design, RECIPE.changed(engine="float", epochs=1, seed=7), data, folder, [])
    return folder / MODEL_FILE


@pytest.mark.parametrize(
    "fields",
    [
        {"optimizer": "adam_bop", "bop_gamma": 0.1, "bop_threshold": 1e-4},
        {"optimizer": "sgd", "momentum": 0.9, "label_smoothing": 0.1},
        TWO_STAGES,
        {"teacher": RUN, "teacher_share": 0.7},
        TWO_STAGES | {"optimizer": "sgd", "teacher": RUN, "start_from": RUN},
    ],
    ids=["bop", "sgd", "two stages", "teacher", "two stages, sgd, teacher, start"],
)
def test_what_recipes_remember_is_in_the_state(
    design: Design, data: Images, teacher: Path, tmp_path: Path, fields: dict[str, Any]
) -> None:
    """Killed within each epoch, within the validation between two stages, and stopped before the last figures."""
    recipe = RECIPE.changed(engine="float", **fields)
    through: Numbers = []
    whole = weights(go(design, recipe, data, tmp_path / "whole", through, other=teacher))
    pieces: Numbers = []
    # a state after every step. In epoch 1 and in its validation, the same of epoch 2, and in the validation of a third
    for steps in (5, 7 + 1, 2 + 4, 8 + 1, *[CALLS_AN_EPOCH] * (recipe.epochs - 2)):
        killed = go(
            design, recipe, data, tmp_path / "run", pieces, stop_at=steps, kill=True, save_every_s=0, other=teacher
        )
        assert killed is None
    state = load_state(tmp_path / "run" / STATE_FILE)
    assert state is not None
    assert (state.position.epoch, state.position.step) == (recipe.epochs, 12)
    if recipe.optimizer != "adam_bop":  # 2 batches of the validation are left; then the latent weights' are asked for
        stopped = go(design, recipe, data, tmp_path / "run", pieces, stop_at=2, other=teacher)
        assert stopped is not None
        assert stopped.status == "stopped"
    assert weights(go(design, recipe, data, tmp_path / "run", pieces, other=teacher)) == whole
    assert pieces == through
    check_equal(tmp_path / "whole", tmp_path / "run")


def test_the_best_model_is_never_that_of_a_first_stage(design: Design, data: Images, tmp_path: Path) -> None:
    recipe = RECIPE.changed(engine="float", first_stage_epochs=1)
    go(design, recipe, data, tmp_path, [], stop_at=CALLS_AN_EPOCH)
    assert (tmp_path / MODEL_FILE).exists()
    assert not (tmp_path / BEST_FILE).exists()
    go(design, recipe, data, tmp_path, [])
    assert (tmp_path / BEST_FILE).read_bytes() == (tmp_path / MODEL_FILE).read_bytes()


def test_weights_of_another_run_are_taken_once(design: Design, data: Images, teacher: Path, tmp_path: Path) -> None:
    recipe = RECIPE.changed(engine="float", epochs=1, start_from=RUN)
    events: list[Event] = []

    def go_on(stop_at: int, other: Path) -> None:
        asked = itertools.count()
        train(
            design,
            recipe,
            data,
            on_event=events.append,
            should_cancel=lambda: next(asked) == stop_at,
            folder=tmp_path,
            resume=load_state(tmp_path / STATE_FILE),
            checkpoint_of=lambda _: other,
        )

    go_on(3, teacher)
    go_on(-1, tmp_path / "deleted.keras")
    assert sum(isinstance(event, WeightsTaken) for event in events) == 1
    assert sum(isinstance(event, EpochEnd) for event in events) == 1


def test_a_teacher_that_was_trained_further_is_told(
    design: Design, data: Images, teacher: Path, tmp_path: Path
) -> None:
    recipe = RECIPE.changed(engine="float", teacher=RUN)
    go(design, recipe, data, tmp_path / "run", [], stop_at=2, other=teacher)
    go(design, RECIPE.changed(engine="float", epochs=1, seed=8), data, tmp_path / "teacher", [])
    with pytest.raises(CheckpointError, match="another run: the teacher's weights"):
        go(design, recipe, data, tmp_path / "run", [], other=tmp_path / "teacher" / MODEL_FILE)


def test_killed_at_every_kind_of_place_in_turn(design: Design, data: Images, tmp_path: Path) -> None:
    """Before the first step, in a window, after the last step, in the validation, and after an epoch's end."""
    recipe = RECIPE.model_copy(update={"engine": "float"})
    through: Numbers = []
    whole = weights(go(design, recipe, data, tmp_path / "whole", through))
    pieces: Numbers = []
    # a state after every step: each piece goes on where the one before was killed
    for steps in (0, 4, 8, 1, CALLS_AN_EPOCH):
        assert go(design, recipe, data, tmp_path / "run", pieces, stop_at=steps, kill=True, save_every_s=0) is None, (
            "killed before its end"
        )
    assert weights(go(design, recipe, data, tmp_path / "run", pieces)) == whole
    assert pieces == through


def test_the_first_step_of_each_process_is_told(design: Design, data: Images, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"engine": "float", "epochs": 1})
    firsts = []
    for stop_at in (5, 14):
        asked = itertools.count()
        events: list[Event] = []
        train(
            design,
            recipe,
            data,
            on_event=events.append,
            should_cancel=lambda asked=asked, stop_at=stop_at: next(asked) == stop_at,  # type: ignore[misc]
            folder=tmp_path,
            resume=load_state(tmp_path / STATE_FILE),
        )
        firsts += [(event.epoch, event.step) for event in events if isinstance(event, FirstStep)]
    assert firsts == [(1, 1), (1, 6)]


def test_the_best_model_is_kept_beside_the_last(design: Design, data: Images, tmp_path: Path) -> None:
    # so high a rate that some epoch is worse than the one before
    recipe = RECIPE.changed(engine="float", epochs=4, learning_rate=0.2, schedule="constant", warmup=0)
    written: dict[int, bytes] = {}

    def note(event: Event) -> None:
        if isinstance(event, EpochEnd):
            written[event.epoch] = (tmp_path / MODEL_FILE).read_bytes()

    result = train(design, recipe, data, on_event=note, should_cancel=lambda: False, folder=tmp_path)
    best = max(result.epochs, key=lambda end: (end.val_accuracy, -end.epoch))
    assert best.epoch < 4, "the last epoch must not be the best, or this test shows nothing"
    assert (tmp_path / BEST_FILE).read_bytes() == written[best.epoch]
    assert (tmp_path / MODEL_FILE).read_bytes() == written[4]


def test_with_a_constant_rate_ten_more_epochs_are_those_of_a_longer_run(
    design: Design, data: Images, tmp_path: Path
) -> None:
    recipe = RECIPE.changed(engine="float", schedule="constant", warmup=0, epochs=1)
    numbers: Numbers = []
    go(design, recipe, data, tmp_path / "extended", numbers)
    longer = recipe.model_copy(update={"epochs": 2})
    extended = weights(go(design, longer, data, tmp_path / "extended", numbers))
    through: Numbers = []
    assert weights(go(design, longer, data, tmp_path / "whole", through)) == extended
    assert numbers == through


def test_a_state_of_another_run_is_refused_by_name(design: Design, data: Images, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"engine": "float"})
    go(design, recipe, data, tmp_path, [], stop_at=2)
    with pytest.raises(CheckpointError, match=r"another run: seed 0 there, 1 here"):
        go(design, recipe.model_copy(update={"seed": 1}), data, tmp_path, [])
    wider = Design.from_data(design.model_dump(mode="json") | {"name": "other"})
    with pytest.raises(CheckpointError, match="another run: the design"):
        go(wider, recipe, data, tmp_path, [])


def test_weights_that_are_no_numbers_never_replace_a_good_state(
    design: Design, data: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bnn_designer.training import loop

    recipe = RECIPE.model_copy(update={"engine": "float"})
    go(design, recipe, data, tmp_path, [], stop_at=6)
    built = []
    original = loop.build_model
    monkeypatch.setattr(loop, "build_model", lambda *a, **k: built.append(original(*a, **k)) or built[0])
    asked = itertools.count()

    def poison() -> bool:
        if next(asked) == 1:
            stem = built[0].trainable_variables[0]
            stem.assign(np.full(stem.shape, np.inf))
            return True
        return False

    state = load_state(tmp_path / STATE_FILE)
    with pytest.raises(Diverged, match="became NaN or infinite"):
        train(design, recipe, data, on_event=lambda _: None, should_cancel=poison, folder=tmp_path, resume=state)
    kept = load_state(tmp_path / STATE_FILE)
    assert kept is not None
    assert kept.position.step == 6
