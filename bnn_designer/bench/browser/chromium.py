"""The system's Chromium, driven by Playwright: no browser of Playwright's own is ever downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bnn_designer.bench.request import BenchError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name but the server's leads anywhere, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def chromium_path() -> str:
    """The program; raises BenchError where it is not installed."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise BenchError("Chromium is not installed. Install it: apt-get install chromium")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, without a window.

    Raises:
        BenchError: Playwright or Chromium is not installed; how to get it.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise BenchError(
            "Playwright is not installed, which drives the browser. It comes with the development requirements: "
            "pip install -r requirements-dev.txt"
        ) from error
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
