"""The sign of life of a process that trains, and what it hears: to stop, or that what it works for is gone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.faults import StoreFault
from bnn_designer.runs.lease import heartbeat_s
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training.failures import FolderGone
from bnn_designer.training.folder import check_is_there

LOG = logging.getLogger(__name__)

#: A store or a folder that is missing for so many beats is gone; while a backup is put in its place it is missing, too.
BEATS_UNTIL_GONE = 5


class Lost(Exception):  # noqa: N818 - nothing of the run may be touched any more
    """Another process has the run, or it was deleted."""


class Heartbeat:
    """A thread that tells the store that a run is alive, and sets ``stop`` once it should end.

    Args:
        store, run_id, lease: of the run; its folder is there.
        stop: set where it should keep its state and end, and where there is nothing left to keep it in.
        on_gone: called by the thread, once, where the store or the run's folder was deleted or moved away.

    Attributes:
        lost: whether it is another's by now, see :data:`bnn_designer.runs.life.Beat`.
        gone: why nothing of it can be kept any more; None while it can.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        lease: str,
        stop: threading.Event,
        on_gone: Callable[[], None] = lambda: None,
    ) -> None:
        self.lost = False
        self.gone: BnnDesignerError | None = None
        self._store = store
        self._run_id = run_id
        self._lease = lease
        self._stop = stop
        self._on_gone = on_gone
        self._folder = store.run_folder(run_id)
        self._missing_beats = 0
        self._every_s = heartbeat_s()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name=f"heartbeat-{run_id}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def should_stop(self) -> bool:
        """Whether to keep the state and stop.

        Raises:
            Lost: that is another's business by now.
            StoreFault, FolderGone: it cannot be kept any more.
        """
        if self.gone is not None:
            raise self.gone
        if self.lost:
            raise Lost
        return self._stop.is_set()

    def _go_on(self) -> None:
        while not self._over.is_set() and self.gone is None:
            self._note(self._beat())
            self._over.wait(self._every_s)

    def _beat(self) -> BnnDesignerError | None:
        """One sign of life; returns what is missing for it."""
        try:
            heard = self._store.heartbeat(self._run_id, self._lease)
            check_is_there(self._folder)
        except FolderGone as error:
            return error
        except (StoreError, SQLAlchemyError) as error:
            # a full or busy disk: the next beat may pass, and training needs none of it
            LOG.warning("run %s: heartbeat not written: %s", self._run_id, error)
            return error if isinstance(error, StoreFault) and error.kind == "gone" else None
        self.lost = self.lost or heard == "lost"
        if heard != "go on":
            self._stop.set()
        return None

    def _note(self, missing: BnnDesignerError | None) -> None:
        self._missing_beats = 0 if missing is None else self._missing_beats + 1
        if missing is None or self._missing_beats < BEATS_UNTIL_GONE or self.lost:
            return
        LOG.error("run %s: it ends. %s", self._run_id, missing)
        self.gone = missing
        self._stop.set()
        self._on_gone()
