"""The server's own connections: a guard notes what would leave the machine, and it notes something when it should."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from bnn_designer.bench.browser.server import APP
from tests.browser.conftest import guarded


def test_the_guard_notes_and_refuses(tmp_path: Path) -> None:
    notes = tmp_path / "reached"
    program = "import socket; socket.create_connection(('localhost', 9), 1)"
    for host in ("localhost", "example.com"):
        command = [sys.executable, "-c", program.replace("localhost", host)]
        done = subprocess.run(command, env=os.environ | guarded(notes), capture_output=True, text=True, check=False)
        assert ("no test reaches another machine" in done.stderr) == (host == "example.com")
    assert notes.read_text() == "socket.getaddrinfo example.com\n"


def test_a_server_without_a_screen_does_not_ask_the_internet_for_its_own_address(tmp_path: Path) -> None:
    """As on a machine that others reach over the network: without --server.address."""
    notes, log = tmp_path / "reached", tmp_path / "log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless=true", f"--server.port={port}"]
    with open(log, "wb") as out:
        process = subprocess.Popen(command, env=os.environ | guarded(notes), stdout=out, stderr=out, cwd=APP.parent)
    try:
        deadline = time.monotonic() + 60
        while not (said := re.search(r"URL: (\S+)", log.read_text())) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert said is not None, log.read_text()
    assert said[1] == f"http://localhost:{port}"
    assert not notes.exists(), notes.read_text()
