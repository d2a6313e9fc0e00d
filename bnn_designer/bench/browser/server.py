"""A Streamlit server for as long as it is needed: the app, or the bare page beside it, with a store of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

import bnn_designer
from bnn_designer.bench.request import BenchError

APP = Path(bnn_designer.__file__).parent.parent / "app.py"

#: A button that changes one text, and a second page: what Streamlit itself takes.
BARE = Path(__file__).parents[1] / "peer_scripts" / "bare_pages.py"

#: The module that serves a script, where that is not Streamlit's own: as ``bnn-designer app`` does.
SERVERS = {APP: "bnn_designer.ui.serve"}

_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 30.0


@contextmanager
def served(script: Path, home: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a script of Streamlit's, served until the block ends; its workers end with it.

    Both scripts run beside app.py, where Streamlit finds the app's settings.

    Args:
        script: `APP`, or `BARE`.
        home: the folder of drafts and runs, as ``BNN_HOME``.
        environment: variables besides those of this process.

    Raises:
        BenchError: the script is missing, or the server does not come up.
    """
    if not script.exists():
        raise BenchError(f"{script}: the file is missing. Run from a checkout of the project.")
    port = _free_port()
    # 127.0.0.1: nobody else gets to see it. What else the app needs is in its own settings.
    options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": "true"}
    flags = [f"--{name}={value}" for name, value in options.items()]
    variables = {name: value for name, value in os.environ.items() if name != "BNN_STORE_URL"}
    variables |= {"BNN_HOME": str(home), "PYTHONPATH": str(APP.parent)} | dict(environment or {})
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", SERVERS.get(script, "streamlit"), "run", str(script), *flags],
            env=variables,
            cwd=APP.parent,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _answers(f"http://127.0.0.1:{port}/_stcore/health", process):
                log.seek(0)
                raise BenchError(f"{script}: the server did not come up. It said: {log.read()[-2000:].strip()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the server, and the workers that the app has started."""
    if process.poll() is not None:
        return
    workers = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    for worker in workers:
        try:
            worker.terminate()
        except psutil.NoSuchProcess:  # it has ended by itself
            continue
    psutil.wait_procs(workers, timeout=_END_TIMEOUT_S)
    process.wait(timeout=_END_TIMEOUT_S)
