"""Carries out one run in this process: data, training, events into the store, and an end that is always recorded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import Owner
from bnn_designer.runs.records import RunRecord, Status
from bnn_designer.runs.store import Store
from bnn_designer.training.data import load
from bnn_designer.training.events import Event, Failed, Notice
from bnn_designer.training.recipe import Recipe

LOG = logging.getLogger(__name__)

OnEvent = Callable[[Event], None]

# How soon a press on Cancel is heard, at the price of one small write a second.
HEARTBEAT_S = 1.0


class _Cancelled(Exception):  # noqa: N818 - a way out of a download, not an error
    """The user cancelled before the first step."""


class Heartbeat:
    """A thread that tells the store that the run is alive, and sets ``stop`` once it should end."""

    def __init__(self, store: Store, run_id: str, stop: threading.Event) -> None:
        self._store = store
        self._run_id = run_id
        self._stop = stop
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{run_id}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.is_set():
            try:
                if not self._store.heartbeat(self._run_id):
                    self._stop.set()
            except SQLAlchemyError:
                # a full or busy disk: the next beat may pass, and training needs none of it
                LOG.exception("run %s: heartbeat not written", self._run_id)
            self._over.wait(HEARTBEAT_S)


def run_in_foreground(store: Store, design: Design, recipe: Recipe, *, on_event: OnEvent | None = None) -> RunRecord:
    """Stores a run that belongs to this process from the start, carries it out and returns how it ended.

    Raises:
        BnnDesignerError: what went wrong; the run is stored as failed.
    """
    run_id = store.create_run(design, recipe, owner=Owner.of_process())
    return execute_run(store, run_id, on_event=on_event)


def execute_run(
    store: Store, run_id: str, *, on_event: OnEvent | None = None, stop: threading.Event | None = None
) -> RunRecord:
    """Carries out a run that is running in this process, downloading CIFAR-10 if it is not there.

    Args:
        store: where events and the end are recorded; also watched for a request to cancel.
        run_id: the run; :meth:`Store.attach` has named this process its owner.
        on_event: told of every event after the store was, but for Failed: that error is raised.
        stop: set it to end the run as cancelled, from a signal handler for instance.

    Raises:
        BnnDesignerError: an error of the user's; the run is stored as failed with its text.
        Exception: any other error; stored as failed likewise.
    """
    stop = stop or threading.Event()

    def report(event: Event) -> None:
        store.add_event(run_id, event)
        if on_event:
            on_event(event)

    try:
        with Heartbeat(store, run_id, stop):
            status = _train(store, store.run(run_id), report, stop)
    except (_Cancelled, KeyboardInterrupt):
        store.finish(run_id, "cancelled")
    except Exception as error:
        reason = str(error) if isinstance(error, BnnDesignerError) else _unexpected(store, run_id, error)
        # the end first: whatever else fails, the run must not stay "running"
        store.finish(run_id, "failed", reason)
        store.add_event(run_id, Failed(reason=reason))
        raise
    else:
        store.finish(run_id, status)
    return store.run(run_id)


def _train(store: Store, run: RunRecord, report: OnEvent, stop: threading.Event) -> Status:
    design, recipe = run.design, run.recipe
    data = load(download=True, progress=_DownloadReport(report, stop))
    report(Notice(text="Building the model."))

    # here and not above: TensorFlow takes seconds to import, and pages import this module's neighbors
    from bnn_designer.training.loop import train

    result = train(
        design,
        recipe,
        data,
        on_event=report,
        should_cancel=stop.is_set,
        checkpoint_path=store.checkpoint_path(run.id),
        checkpoint_of=store.checkpoint_path,
    )
    return result.status


class _DownloadReport:
    """Reports a download at every tenth of it, and ends it once the run is cancelled."""

    def __init__(self, report: OnEvent, stop: threading.Event) -> None:
        self._report = report
        self._stop = stop
        self._tenths_told = -1

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        if self._stop.is_set():
            raise _Cancelled
        tenths = 10 * done_bytes // total_bytes if total_bytes else 0
        if tenths > self._tenths_told:
            self._tenths_told = tenths
            size = f"{10 * tenths} % of {total_bytes / 1e6:.0f} MB" if total_bytes else "size not given by the server"
            self._report(Notice(text=f"Downloading CIFAR-10: {size}."))


def _unexpected(store: Store, run_id: str, error: Exception) -> str:
    first_line = next(iter(str(error).strip().splitlines()), "no message")
    return (
        f"Run {run_id} stopped on an unexpected error, {type(error).__name__}: {first_line} "
        f"The full traceback is in {store.log_path(run_id)}, or on the terminal for a run in the foreground."
    )
