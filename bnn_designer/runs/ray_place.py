"""A run's place on a node of a Ray cluster: an actor that starts the worker there, signals it, and goes with it.

Ray imports this module on the node and keeps the cores and the memory of the place while the actor lives. The worker is
a process of its own, as on one machine. It hears of the end of this one by its standard input, so that no worker goes
on in a place that is no longer held for it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bnn_designer import __version__
from bnn_designer.processes import Owner, search_path

LOG = logging.getLogger(__name__)

# Whoever asked for the place may be gone when it is granted, and nobody would give it back then.
START_WITHIN_S = 60.0

# What a node says of itself goes before what the supervisor says.
OF_THE_NODE = ("BNN_DATA_DIR", "BNN_KERNELS", "BNN_FLOAT_KERNELS")


class Place:
    """The actor. It ends its process when the worker has ended, or was not started in time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._unused = threading.Timer(START_WITHIN_S, os._exit, (0,))
        self._unused.daemon = True
        self._unused.start()

    def start(self, version: str, command: tuple[str, ...], log: str, environment: Mapping[str, str]) -> dict[str, Any]:
        """Starts the worker.

        Args:
            version: of the program that asks.
            command: the arguments of this node's Python.
            log: gets the worker's output; in the folder that all machines share.
            environment: variables for the worker.

        Returns:
            The fields of its :class:`~bnn_designer.processes.Owner`.

        Raises:
            RuntimeError: this node has another version of the program.
            OSError: the log cannot be written, or the process cannot be started.
        """
        self._unused.cancel()
        try:
            if version != __version__:
                raise RuntimeError(f"the node has BNN Designer {__version__}, and the supervisor {version}")
            os.environ.update({name: text for name, text in environment.items() if not _is_own(name)})
            path = Path(log)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as output:
                process = subprocess.Popen(
                    [sys.executable, *command],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, "PYTHONPATH": search_path()},
                    start_new_session=True,
                )
        except BaseException:
            threading.Timer(1.0, os._exit, (0,)).start()  # once the answer is on its way
            raise
        self._process = process
        owner = Owner.of_process(process.pid)
        threading.Thread(target=self._wait, args=(process,), name=f"wait-{process.pid}").start()
        return asdict(owner)

    def send(self, number: int) -> None:
        """Sends a signal to the worker, if it is still there."""
        if self._process is not None:
            self._process.send_signal(signal.Signals(number))

    @staticmethod
    def _wait(process: subprocess.Popen[bytes]) -> None:
        """Gives the place back. The store is told of a worker that was killed: others would wait for its lease."""
        try:
            if process.wait() < 0:
                from bnn_designer.runs.queue import dispatch
                from bnn_designer.runs.store import Store

                with contextlib.closing(Store()) as store:
                    dispatch(store)
        except Exception:
            LOG.exception("the store is not told that process %d was killed", process.pid)
        finally:
            os._exit(0)


def _is_own(name: str) -> bool:
    return name in OF_THE_NODE and name in os.environ
