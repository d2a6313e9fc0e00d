"""What can be done with a run that has stopped or ended: resume, retry, extend, clone. Each is one press or command."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bnn_designer.runs.awaiting import NO_TEACHER
from bnn_designer.runs.database import StoreError
from bnn_designer.runs.deleting import restore_run
from bnn_designer.runs.queue import dispatch, submit
from bnn_designer.runs.records import RunRecord, Status
from bnn_designer.runs.store import Store
from bnn_designer.training.failures import SAME_AGAIN, WAY_OUT
from bnn_designer.training.recipe import Recipe, RecipeError
from bnn_designer.training.schedule import recipe_rate

#: Stopped before their end: what resume and retry take.
STOPPED: tuple[Status, ...] = ("paused", "interrupted", "cancelled", "failed")
#: Settings whose values are never JSON.
_TEXTS = ("data", "teacher", "start_from")
# Steps of an epoch where their number is not known: so many that one more changes no digit that is shown.
_MANY_STEPS = 1000
#: What extend takes.
ENDED: tuple[Status, ...] = ("done", *STOPPED)


def resume(store: Store, run_id: str) -> Status:
    """Queues a run that has stopped, to go on from its last state; from its beginning where it has none.

    Raises:
        StoreError: there is no such run, it has not stopped, or it would end the same way at once.
    """
    run = _going_on(store, run_id)
    why = "It needs no resuming." if not run.ended else "Extend it to train it further."
    store.queue_again(run_id, allowed=STOPPED, why=why)
    dispatch(store)
    return store.run(run_id).status


def retry(store: Store, run_id: str) -> Status:
    """Queues a run that has stopped, from its beginning: its curve, its models and its state are dropped.

    Raises:
        StoreError: there is no such run, or it has not stopped.
    """
    run = _released(store, run_id)
    if run.status not in STOPPED:
        raise StoreError(
            f"Run {run_id}: it is {run.status}. Only a run that has stopped is tried again; clone this one."
        )
    store.check_admitted(run_id)  # before anything is dropped
    for path in kept_files(store, run_id):
        with contextlib.suppress(OSError):
            path.unlink()
    store.rewind(run_id, (), 0, epoch=1, step=0)
    store.queue_again(run_id, allowed=STOPPED, why="Cancel it first.", spent_s=0.0, started_at=None)
    dispatch(store)
    return store.run(run_id).status


def retry_teacher(store: Store, run_id: str) -> Status:
    """Queues the run again that a run failed for want of, and with it that run; one that was deleted is restored.

    A teacher that is done by now is waited for no longer. One that failed goes on from its last state where that helps.

    Raises:
        StoreError: there is no such run, it waited for none, or that one was removed for good.
    """
    run = _for_want_of_teacher(store, run_id)
    assert run.waits_for is not None
    teacher = restore_run(store, run.waits_for)
    if teacher.status == "failed" and teacher.failure in SAME_AGAIN:
        retry(store, teacher.id)
    elif teacher.status in STOPPED:
        resume(store, teacher.id)
    if store.run(run_id).status == "failed":  # its teacher was not queued again, as it needed none of it
        store.queue_again(run_id, allowed=("failed",), why="It needs no teacher.")
    dispatch(store)
    return store.run(run_id).status


def without_teacher(store: Store, run_id: str) -> Status:
    """Queues a run that failed for want of its teacher, to be trained without one.

    Raises:
        StoreError: there is no such run, or it did not fail for that.
    """
    alone = _for_want_of_teacher(store, run_id).recipe.changed(teacher=None)
    why = "It needs no other teacher."
    store.queue_again(run_id, allowed=("failed",), why=why, recipe=alone.to_json(), waits_for=None)
    dispatch(store)
    return store.run(run_id).status


def _for_want_of_teacher(store: Store, run_id: str) -> RunRecord:
    run = store.run(run_id)
    if run.failure != NO_TEACHER or run.waits_for is None:
        raise StoreError(f"Run {run_id}: it is {run.status}, and not for want of its teacher. See what else it offers.")
    return run


def kept_files(store: Store, run_id: str) -> Sequence[Path]:
    """The models and states in a run's folder, the one before the last included."""
    state = store.state_path(run_id)
    return (store.checkpoint_path(run_id), store.best_path(run_id), state, state.with_name(f"{state.name}.previous"))


def extend(store: Store, run_id: str, epochs: int) -> Status:
    """Queues a run that has ended for so many epochs more than it was to have; see :func:`extension_text`.

    Raises:
        RecipeError: it would be more epochs than a recipe may have.
        StoreError: there is no such run, it has not ended, there is no state to go on from, or it would end the same
            way at once.
    """
    if epochs < 1:
        raise StoreError(f"Run {run_id}: it cannot be extended by {epochs} epochs. Give a number of at least 1.")
    run = _going_on(store, run_id)
    if run.status == "done" and not store.state_path(run_id).exists():
        raise StoreError(f"Run {run_id}: it has no state to go on from. Clone it with more epochs.")
    longer = extended(run.recipe, epochs)
    why = "Wait for its end, or pause it first."
    store.queue_again(run_id, allowed=ENDED, why=why, recipe=longer.to_json())
    dispatch(store)
    return store.run(run_id).status


def extended(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe with more epochs; the gradients stay as they were, where "auto" would choose by the length."""
    changes = {"epochs": recipe.epochs + epochs, "gradients": recipe.gradients_used}
    return Recipe.from_fields(**recipe.model_dump() | changes)


def extension_text(recipe: Recipe, epochs: int) -> str:
    """What more epochs do to the learning rate, and whether the curve is that of a longer run, in words.

    How many images there are of one's own is not known: then the rates are those of a curve of many steps, and "about".
    """
    longer = extended(recipe, epochs)
    images = recipe.most_train_images
    about = "about " if images is None else ""
    steps = _MANY_STEPS if images is None else max(1, images // recipe.batch_size)
    before, last = _rate(recipe, recipe.epochs * steps - 1, steps), recipe.epochs * steps
    after = _rate(longer, last, steps)
    whole = f"a run of {longer.epochs} epochs"
    if all(_rate(recipe, step, steps) == _rate(longer, step, steps) for step in range(0, last, max(1, last // 100))):
        return f"The rate stays as it is, so this ends as {whole} from the start would."
    return (
        f"The rate follows the curve of {whole}: it was {about}{before:.2g} after epoch {recipe.epochs} and goes on at "
        f"{about}{after:.2g}. The first {recipe.epochs} epochs had the shorter curve's, so this is not what {whole} "
        "from the start gives; for that, clone it with more epochs."
    )


def clone(store: Store, run_id: str, *, person: str | None = None, **changes: Any) -> str:
    """Queues a new run of the same design, with the same recipe but for the changes; returns its id.

    Args:
        store: has the run.
        run_id: what is copied.
        person: whose the copy is; None: nobody's in particular, whosever the run is.
        **changes: settings of the recipe.

    Raises:
        LimitReached: the server lets no such run in now.
        RecipeError: an unknown setting, or a value out of its bounds.
        StoreError: there is no such run.
    """
    run = store.run(run_id)
    return submit(store, run.design, run.recipe.changed(**changes), parent=run_id, person=person)


def _rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    return recipe_rate(recipe, step, recipe.epochs * steps_per_epoch)


def _going_on(store: Store, run_id: str) -> RunRecord:
    """As :func:`_released`; raises StoreError for a run that its last state leads to the same end again."""
    run = _released(store, run_id)
    if run.status == "failed" and run.failure in SAME_AGAIN:
        raise StoreError(f"Run {run_id}: it would end the same way again. {WAY_OUT[run.failure]}")
    return run


def _released(store: Store, run_id: str) -> RunRecord:
    """The run, after its hold by a process that is gone has been ended."""
    store.release(store.run(run_id))
    return store.run(run_id)


def settings_of(texts: Sequence[str]) -> dict[str, Any]:
    """The settings that ``NAME=VALUE`` texts name; a value is read as JSON where it is, else as it stands.

    A run's id stays a text, even if it looks like a number.

    Raises:
        RecipeError: a text without a name, or a setting that a recipe does not have.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in Recipe.model_fields:
            raise RecipeError(
                f"{text}: it is no setting of a recipe. Give NAME=VALUE, with one of {', '.join(Recipe.model_fields)}."
            )
        found[name] = value
        if name not in _TEXTS:
            with contextlib.suppress(json.JSONDecodeError):
                found[name] = json.loads(value)
    return found
