"""Times and counts in the browser: from a press to the frame that shows its effect, messages, bytes, elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bnn_designer.bench.browser.pages import Figure, at_rest
from bnn_designer.bench.request import BenchError

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocket

TIMEOUT_MS = 30_000

# Looks at the figure in every frame. The clock starts with the event of the press itself, as the browser stamps it, so
# that what the driver does before and after is not in the time. Shadow roots are looked for anew if nothing is found.
_WATCH = """([selector, label, limit]) => {
    const roots = function* (root) {
        yield root;
        for (const element of root.querySelectorAll('*')) if (element.shadowRoot) yield* roots(element.shadowRoot);
    };
    let known = [...roots(document)];
    const found = () => known.flatMap(root => [...root.querySelectorAll(selector)])
        .find(element => element.textContent.includes(label))?.textContent;
    const read = () => {
        const text = found();
        if (text !== undefined) return text;
        known = [...roots(document)];
        return found();
    };
    const before = read();
    if (before === undefined) return null;
    let pressed;
    const press = event => { if (event.type === 'pointerdown' || event.key === 'Enter') pressed ??= event.timeStamp; };
    for (const type of ['pointerdown', 'keydown']) addEventListener(type, press, true);
    const until = performance.now() + limit;
    const shown = new Promise(resolve => {
        const look = () => {
            const now = performance.now(), text = read();
            const changed = pressed !== undefined && text !== undefined && text !== before;
            if (!changed && now < until) { requestAnimationFrame(look); return; }
            for (const type of ['pointerdown', 'keydown']) removeEventListener(type, press, true);
            resolve(changed ? now - pressed : null);
        };
        requestAnimationFrame(look);
    });
    return {shown};
}"""

_ELEMENTS = """() => {
    const count = root => [...root.querySelectorAll('*')]
        .reduce((sum, element) => sum + 1 + (element.shadowRoot ? count(element.shadowRoot) : 0), 0);
    return count(document);
}"""


#: A figure that is on the page at last is there within two seconds.
_TRIES, _TRY_EVERY_MS = 20, 100


def shown_ms(page: Page, figure: Figure, press: Callable[[], None], timeout_ms: float = TIMEOUT_MS) -> float:
    """ms from a press of a pointer or of Enter to the frame in which the figure is another; the page is then at rest.

    Raises:
        BenchError: there is no such figure, or it does not change in time.
    """
    for _ in range(_TRIES):
        watch = page.evaluate_handle(_WATCH, [figure.selector, figure.label, timeout_ms])
        if watch.json_value() is not None:
            break
        page.wait_for_timeout(_TRY_EVERY_MS)  # what a button belongs to may be drawn after it
    else:
        raise BenchError(f"{page.url}: there is no figure {figure.label!r}.")
    press()
    took: float | None = page.evaluate("watch => watch.shown", watch)
    watch.dispose()
    if took is None:
        raise BenchError(f"{page.url}: the figure {figure.label!r} did not change within {timeout_ms:g} ms.")
    at_rest(page)
    return took


def elements(page: Page) -> int:
    """All elements of the page, those in shadow roots too."""
    count: int = page.evaluate(_ELEMENTS)
    return count


class Traffic:
    """What the server sends to a page over its WebSocket, from when the page is opened.

    Attributes:
        messages: of the server.
        bytes: of their contents.
    """

    def __init__(self, page: Page) -> None:
        self.messages = self.bytes = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, payload: Any) -> None:
        self.messages += 1
        self.bytes += len(payload)

    def since(self, before: tuple[int, int]) -> tuple[int, int]:
        """Messages and bytes since :meth:`now` was `before`."""
        return self.messages - before[0], self.bytes - before[1]

    def now(self) -> tuple[int, int]:
        return self.messages, self.bytes
