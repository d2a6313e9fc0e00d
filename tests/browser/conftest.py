"""A real server, a real browser, and real images; a test that cannot have one of them is skipped and says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bnn_designer.bench.browser.chromium import chromium
from bnn_designer.bench.browser.server import APP, served
from bnn_designer.bench.request import BenchError
from bnn_designer.training.data import describe_data

# A chart takes seconds to load on a busy machine, more than the 5 that are allowed without this.
TIMEOUT_MS = 30_000
expect.set_options(timeout=TIMEOUT_MS)

GUARD = Path(__file__).parent / "guard"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(chromium())
        except BenchError as error:
            pytest.skip(f"{error}: it runs the tests in a real browser")
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(TIMEOUT_MS)
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
    with served(APP, tmp_path / "home", guarded(tmp_path / "reached")) as address:
        yield address


def guarded(notes: Path) -> dict[str, str]:
    """The environment of a server that notes in a file, and refuses, what would leave the machine."""
    return {"PYTHONPATH": f"{GUARD}{os.pathsep}{APP.parent}", "BNN_GUARD_FILE": str(notes)}
