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
WIDTH, HEIGHT = 1440, 1000
TABLET_WIDTH = 820

#: The states that are laid out anew on a tablet.
ON_A_TABLET = (
    "start",
    "design-preset",
    "design-selected",
    "design-branches",
    "compare",
    "compare-six",
    "train",
    "runs",
    "inside",
    "inside-answers",
    "learn-binary-layer",
    "learn-no-slope",
    "learn-shape-change",
)

RUN_AXE = """async () => {
    const found = await axe.run({resultTypes: ['violations', 'incomplete']});
    const untried = found.incomplete.filter(rule => rule.error)
        .map(rule => ({id: rule.id, error: String(rule.error.message)}));
    return {violations: found.violations, untried};
}"""

#: A color that is still on its way to that of the other theme is no fault.
REST = """async () => {
    const colors = document.getAnimations().filter(one => one instanceof CSSTransition);
    await Promise.allSettled(colors.map(one => one.finished));
}"""


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

    def open(self, state: State, width: int = WIDTH) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=THEMES[0])
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
        context = browser.new_context()
        context.set_default_timeout(TIMEOUT_MS)
        world = World(home)
        yield Visit(context.new_page(), server, world, reached)
        world.close()
        context.close()


def violations(page: Page) -> str:
    """What axe finds that is severe, open shadow roots included: a line a fault; "" if there is none.

    A rule that axe could not try counts as a fault, else a page on which it stumbles would pass.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, list[dict[str, Any]]] = page.evaluate(RUN_AXE)
    faults = [
        f"{rule['id']} ({node['impact']}): {node['html'][:120]}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if node["impact"] in SEVERE
    ]
    return "\n".join([*faults, *(f"{rule['id']}: not tried: {rule['error']}" for rule in found["untried"])])


def unfold(page: Page, width: int = WIDTH) -> None:
    """Makes the window as high as what is on the page: axe's contrast rule stumbles over what is scrolled away."""
    height = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, HEIGHT)})


def themes(state: State) -> tuple[str, ...]:
    """A long design has the same colors as a short one, and takes axe several times as long."""
    return THEMES[:1] if state.draft == "large" else THEMES


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_axe_finds_nothing_serious_and_nothing_leaves_the_machine(visit: Visit, state: State) -> None:
    visit.open(state)
    unfold(visit.page)
    for theme in themes(state):
        visit.page.emulate_media(color_scheme=theme)
        pages.drawn(visit.page)
        visit.page.evaluate(REST)
        assert not (found := violations(visit.page)), f"{theme}:\n{found}"
    assert visit.outside() == []
    assert not visit.reached.exists(), visit.reached.read_text()


@pytest.mark.parametrize(
    "state", [state for state in STATES if state.name in ON_A_TABLET], ids=lambda state: state.name
)
def test_axe_finds_nothing_serious_on_a_tablet(visit: Visit, state: State) -> None:
    visit.open(state, TABLET_WIDTH)
    unfold(visit.page, TABLET_WIDTH)
    pages.drawn(visit.page)
    assert not (found := violations(visit.page)), found


def test_axe_looks_into_shadow_roots_and_finds_what_is_wrong(visit: Visit) -> None:
    """The test above can fail: an image without a text, in a shadow root."""
    visit.open(STATES[0])
    visit.page.evaluate(
        "() => document.querySelector('[data-testid=stMain]').appendChild(document.createElement('div'))"
        ".attachShadow({mode: 'open'}).innerHTML = '<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">'"
    )
    assert violations(visit.page).startswith("image-alt (critical): <img")


def test_a_request_to_another_machine_is_seen_and_refused(visit: Visit) -> None:
    visit.open(STATES[0])
    before = len(visit.asked)
    answered = visit.page.evaluate("() => fetch('http://example.com/').then(() => true, () => false)")
    assert answered is False
    assert visit.outside() == ["http://example.com/"]
    del visit.asked[before:]
