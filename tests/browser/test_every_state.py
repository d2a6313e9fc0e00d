"""Every page in every state, light and dark: what axe says, and whether anything leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Request, WebSocket

from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.server import APP, served
from tests.browser.conftest import TIMEOUT_MS, guarded
from tests.browser.states import STATES, State, World

SEVERE = ("serious", "critical")
THEMES = ("light", "dark")


class Visit:
    """One tab for all states, on one server; and every address that it asks for.

    Attributes:
        asked: all addresses so far, those of WebSockets too.
        reached: the file in which the server's processes note what would leave the machine.
    """

    def __init__(self, page: Page, server: str, world: World, reached: Path) -> None:
        self.page, self.server, self.world, self.reached = page, server, world, reached
        self.asked: list[str] = []
        page.on("request", self._ask)
        page.on("websocket", self._open)

    def _ask(self, request: Request) -> None:
        self.asked.append(request.url)

    def _open(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)

    def open(self, state: State) -> None:
        if state.trained and not self.world.runs:
            self.world.train()
        state.open(self.page, self.server, self.world)

    def outside(self) -> list[str]:
        """What was asked of others than the server; data: and blob: are no requests."""
        host = urlsplit(self.server).netloc
        parts = [urlsplit(url) for url in self.asked]
        return [part.geturl() for part in parts if part.scheme not in ("data", "blob") and part.netloc != host]


@pytest.fixture(scope="module")
def visit(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    folder = tmp_path_factory.mktemp("states")
    home, reached = folder / "home", folder / "reached"
    with served(APP, home, guarded(reached)) as server:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(TIMEOUT_MS)
        world = World(home)
        yield Visit(context.new_page(), server, world, reached)
        world.close()
        context.close()


def violations(page: Page, least: tuple[str, ...] = SEVERE) -> list[str]:
    """What axe finds, open shadow roots included: rule, element, and what is wrong with it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations")
    return [
        f"{rule['id']} ({node['impact']}): {node['target']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
        if node["impact"] in least
    ]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_axe_finds_nothing_serious_and_nothing_leaves_the_machine(visit: Visit, state: State) -> None:
    visit.page.emulate_media(color_scheme=THEMES[0])
    visit.open(state)
    found = {}
    for theme in THEMES:
        visit.page.emulate_media(color_scheme=theme)
        pages.drawn(visit.page)
        found[theme] = violations(visit.page)
    assert found == {theme: [] for theme in THEMES}
    assert visit.outside() == []
    assert not visit.reached.exists(), visit.reached.read_text()


def test_axe_looks_into_shadow_roots_and_finds_what_is_wrong(visit: Visit) -> None:
    """The test above can fail: an image without a text, in a shadow root."""
    visit.open(STATES[0])
    visit.page.evaluate(
        "() => document.querySelector('[data-testid=stMain]').appendChild(document.createElement('div'))"
        ".attachShadow({mode: 'open'}).innerHTML = '<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">'"
    )
    assert [text.split(":")[0] for text in violations(visit.page)] == ["image-alt (critical)"]


def test_a_request_to_another_machine_is_seen_and_refused(visit: Visit) -> None:
    visit.open(STATES[0])
    before = len(visit.asked)
    answered = visit.page.evaluate("() => fetch('http://example.com/').then(() => true, () => false)")
    assert answered is False
    assert visit.outside() == ["http://example.com/"]
    del visit.asked[before:]
