"""A real server, a real browser, and real images; a test that cannot have one of them is skipped and says so."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bnn_designer.training.data import describe_data

# A chart takes seconds to load on a busy machine, more than the 5 that are allowed without this.
expect.set_options(timeout=30_000)

APP = Path(__file__).parents[2] / "app.py"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium runs the tests in a real browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def images() -> None:
    """Skips a test that trains where there is nothing to train on."""
    if "BNN_DATA_DIR" not in os.environ or describe_data().path is None:
        pytest.skip("BNN_DATA_DIR is not set to a folder with CIFAR-10: this test trains on the real images")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of the app, with a store of its own; its workers end with it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    environment = os.environ | {"BNN_HOME": str(tmp_path / "home"), "PYTHONPATH": str(APP.parent)}
    environment.pop("BNN_STORE_URL", None)
    log_path = tmp_path / "server.log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(APP), *flags],
            env=environment,
            cwd=APP.parent,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log_path)
        yield f"http://127.0.0.1:{port}"
    finally:
        workers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        for one in [*workers, process]:
            one.terminate()
        for one in [*workers, process]:
            one.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the server did not come up:\n{log_path.read_text()}")
