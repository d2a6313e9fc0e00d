"""Carries out one run in this process: data, training, events into the store, and an end that is always recorded."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import Owner, hearing
from bnn_designer.runs import last_words
from bnn_designer.runs.database import RunDeleted
from bnn_designer.runs.heartbeat import Heartbeat, Lost
from bnn_designer.runs.last_words import LastWords
from bnn_designer.runs.records import RunRecord, Status
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.runs.teacher import teacher_design
from bnn_designer.training.amounts import threads_wanted
from bnn_designer.training.data import Images, Loading, load
from bnn_designer.training.events import DataRead, Event, Failed, Notice
from bnn_designer.training.failures import Failure, failure_of, is_disk_full
from bnn_designer.training.memory import check_memory
from bnn_designer.training.recipe import Recipe, RecipeError

LOG = logging.getLogger(__name__)

OnEvent = Callable[[Event], None]

# How long a failure is tried to be written where the store cannot be, and how often.
INSIST_S = 10.0
INSIST_EVERY_S = 1.0


class _Stopped(Exception):  # noqa: N818 - a way out of a download, not an error
    """Asked to stop before the first step."""


def run_in_foreground(
    store: Store, design: Design, recipe: Recipe, *, on_event: OnEvent | None = None, person: str | None = None
) -> RunRecord:
    """Stores a run that belongs to this process from the start, carries it out and returns how it ended.

    Ctrl-C ends it as cancelled: the first after its state is kept, a second one at once.

    Raises:
        BnnDesignerError: what went wrong; the run is stored as failed.
    """
    run_id = store.create_run(design, recipe, owner=Owner.of_process(), person=person)
    stop = threading.Event()
    with _interrupts(stop):
        return execute_run(store, run_id, on_event=on_event, stop=stop, stopped_as="cancelled")


def execute_run(
    store: Store,
    run_id: str,
    *,
    on_event: OnEvent | None = None,
    stop: threading.Event | None = None,
    stopped_as: Status = "interrupted",
    on_gone: Callable[[], None] = lambda: None,
) -> RunRecord:
    """Carries out a run that is held by this process, downloading its data set if that is not there.

    Where the run has a state, it goes on from it.

    Args:
        store: where events and the end are recorded; also watched for a request to stop.
        run_id: the run; :meth:`Store.attach` or :meth:`Store.create_run` has named this process its owner.
        on_event: told of every event after the store was, but for Failed: that error is raised.
        stop: set it to have the run keep its state and end, from a signal handler for instance.
        stopped_as: what the run is then, if nobody asked the store to cancel or pause it.
        on_gone: called in another thread where the store or the run's folder was deleted or moved away: soon this ends.

    Raises:
        BnnDesignerError: an error of the user's; the run is stored as failed with its text. StoreFault and FolderGone:
            nothing of it can be kept any more.
        Exception: any other error; stored as failed likewise.
    """
    stop = stop or threading.Event()
    lease = store.run(run_id).lease or ""

    def report(event: Event) -> None:
        if store.add_event(run_id, event, lease=lease) is None:
            raise Lost
        if on_event:
            on_event(event)

    try:
        _tidy(store, run_id)
        last_words.reserve(store.run_folder(run_id))
        with Heartbeat(store, run_id, lease, stop, on_gone) as beat:
            done = _train(store, store.run(run_id), report, beat)
        if done:
            store.finish(run_id, "done", lease=lease)
        else:
            _note_stop(store, run_id, lease, stopped_as)
    except Lost:
        LOG.warning("run %s: another process has it by now", run_id)
    except _Stopped:
        _note_stop(store, run_id, lease, stopped_as)
    except KeyboardInterrupt:
        _note_stop(store, run_id, lease, "cancelled")
    except Exception as error:
        reason = _reason(store, run_id, error)
        _note_failure(store, run_id, lease, reason, failure_of(error))
        raise
    return store.run(run_id)


def _tidy(store: Store, run_id: str) -> None:
    """Removes what an earlier attempt was writing when it was killed; a state may be as large as three networks."""
    attempt_at = store.run(run_id).attempt_at
    for path in store.run_folder(run_id).glob(".*"):
        with contextlib.suppress(OSError):
            if attempt_at is not None and path.stat().st_mtime < attempt_at.timestamp():
                path.unlink()


def _note_stop(store: Store, run_id: str, lease: str, otherwise: Status) -> None:
    """What was asked for; else what the caller says it is."""
    run = store.run(run_id)
    status = "cancelled" if run.cancel_requested else "paused" if run.pause_requested else otherwise
    error = "Its process was told to end, as by a machine that shuts down." if status == "interrupted" else None
    store.finish(run_id, status, error, lease=lease)


def _note_failure(store: Store, run_id: str, lease: str, reason: str, failure: Failure) -> None:
    """The end first: whatever else fails, the run must not stay held.

    Where the store itself cannot be written to, that is tried for a while; meanwhile the words lie in the run's folder.
    """
    deadline = time.monotonic() + INSIST_S
    while True:
        try:
            store.finish(run_id, "failed", reason, failure=failure, lease=lease)
            store.add_event(run_id, Failed(reason=reason))
            return
        except (StoreError, SQLAlchemyError) as error:
            LOG.warning("run %s: its end is not written: %s", run_id, error)
            with contextlib.suppress(OSError):
                last_words.leave(store.run_folder(run_id), LastWords(failure, reason))
            if time.monotonic() > deadline:
                return
            time.sleep(INSIST_EVERY_S)


@contextmanager
def _interrupts(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C sets ``stop`` the first time, and raises KeyboardInterrupt after that."""

    def hear(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    with hearing(signal.SIGINT, hear):
        yield


def _train(store: Store, run: RunRecord, report: OnEvent, beat: Heartbeat) -> bool:
    """Trains to the end, or to where it was told to stop; whether it is done."""
    design, recipe = run.design, run.recipe
    data = load(recipe.data, download=True, progress=_LoadingReport(report, beat))
    report(_data_read(data))
    images = len(data.train_images[: recipe.subset]) + len(data.test_images[: recipe.validation_subset])
    check_memory(design, recipe, teacher=teacher_design(store, recipe), images=images)
    report(Notice(text="Building the model."))

    # here and not above: TensorFlow takes seconds to import, and pages import this module's neighbors
    from bnn_designer.training import checkpoint
    from bnn_designer.training.loop import train
    from bnn_designer.training.threads import pin_threads

    state = checkpoint.load(store.state_path(run.id))
    at = state.position if state else checkpoint.Position()
    store.rewind(run.id, at.epochs, at.events, epoch=at.epoch, step=at.step)
    # of a run that was begun, what it was begun with: on other processors, too, it is to end in the same digits
    pin_threads(state.identity.threads if state else run.threads or threads_wanted())
    if state is not None and state.fallback:
        report(Notice(text=f"The newest checkpoint is damaged; the one before it is read. {state.fallback}"))
    result = train(
        design,
        recipe,
        data,
        on_event=report,
        should_cancel=beat.should_stop,
        folder=store.run_folder(run.id),
        resume=state,
        checkpoint_of=lambda other: _checkpoint_of(store, other),
    )
    return result.status == "done"


def _checkpoint_of(store: Store, run_id: str) -> Path:
    """Where the model of another run lies; raises RecipeError for a run that is only there to be restored."""
    try:
        store.run(run_id)
    except RunDeleted as error:
        raise RecipeError(f"Recipe: {error}") from error
    except StoreError:
        pass  # whoever reads the model says that there is none
    return store.checkpoint_path(run_id)


def _data_read(data: Images) -> DataRead:
    return DataRead(
        title=data.title,
        shape=data.facts.shape,
        classes=data.facts.classes,
        train_images=len(data.train_images),
        test_images=len(data.test_images),
        sha256=data.sha256,
    )


class _LoadingReport:
    """Reports a download or the reading of many files at every tenth of it, and ends it once the run is to stop."""

    def __init__(self, report: OnEvent, beat: Heartbeat) -> None:
        self._report = report
        self._beat = beat
        self._told = ("", -1)

    def __call__(self, loading: Loading) -> None:
        if self._beat.should_stop():
            raise _Stopped
        now = (loading.doing, loading.tenths)
        if now != self._told:
            self._told = now
            self._report(Notice(text=f"{loading}."))


def _reason(store: Store, run_id: str, error: Exception) -> str:
    """Why a run failed, for the user."""
    if isinstance(error, BnnDesignerError):
        return str(error)
    if is_disk_full(error):
        return (
            f"Run {run_id}: the disk is full, so that nothing more of it can be kept in {store.home}. Free some space."
        )
    first_line = next(iter(str(error).strip().splitlines()), "no message")
    return (
        f"Run {run_id} stopped on an unexpected error, {type(error).__name__}: {first_line} "
        f"The full traceback is in {store.log_path(run_id)}, or on the terminal for a run in the foreground."
    )
