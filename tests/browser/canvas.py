"""What a person does on the canvas, and what is seen of it: the only place that knows the canvas's elements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

#: A point of an element: shares of its width and height from the upper left corner.
Point = tuple[float, float]
MIDDLE: Point = (0.5, 0.5)

MOST_TRIES = 6

#: Found through open shadow roots, as Playwright's own selectors are.
_SETTLED = """() => {
  const holder = [...document.querySelectorAll('*')].find((node) => node.shadowRoot?.querySelector('.canvas'));
  const root = holder?.shadowRoot;
  return root && !root.querySelector('.pending') && root.querySelector('.status').textContent !== 'Saving…';
}"""


@dataclass
class Canvas:
    """The canvas of a page."""

    page: Page

    def card(self, block_id: str) -> Locator:
        return self.page.locator(f".canvas li[data-id='{block_id}'] > .card")

    def kind(self, kind: str) -> Locator:
        return self.page.locator(f".canvas .kind[data-kind='{kind}']")

    def titles(self) -> list[str]:
        """Of all cards, in reading order."""
        return self.page.locator(".canvas .title").all_inner_texts()

    def expect_titles(self, *titles: str) -> None:
        expect(self.page.locator(".canvas .title")).to_have_text(list(titles))
        self.settle()

    def inside(self, block_id: str) -> list[str]:
        """The ids of the blocks that one holds itself."""
        found = self.page.locator(f".canvas li[data-id='{block_id}'] > ul > li")
        return [one.get_attribute("data-id") or "" for one in found.all()]

    def said(self) -> Locator:
        """What was announced last."""
        return self.page.locator(".canvas .live")

    def focused(self) -> str | None:
        """The id of the block whose card has the focus."""
        script = """() => {
          const holder = [...document.querySelectorAll('*')].find((node) => node.shadowRoot?.querySelector('.canvas'));
          return holder.shadowRoot.activeElement?.closest('li')?.dataset.id ?? null;
        }"""
        return self.page.evaluate(script)

    def settle(self) -> None:
        """Waits until every edit was acknowledged."""
        self.page.wait_for_function(_SETTLED)

    def press(self, *keys: str) -> None:
        """Presses keys one after the other, each once the edit before it is there."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()

    def add_by_keys(self, words: str) -> None:
        """Opens the menu with a slash, types, and takes the first that is found."""
        self.page.keyboard.press("/")
        expect(self.page.get_by_role("combobox", name="Add a block")).to_be_focused()
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        self.settle()

    def choose(self, block_id: str, action: str) -> None:
        """By clicks alone: the button of a card, and an action of its menu."""
        self.card(block_id).locator(".grip").click()
        self.page.get_by_role("menuitem", name=action).click()
        self.settle()

    def at(self, element: Locator, point: Point = MIDDLE) -> tuple[float, float]:
        """Where a point of an element stands on the screen; scrolls to it."""
        element.scroll_into_view_if_needed()
        box = element.bounding_box()
        assert box is not None
        return box["x"] + box["width"] * point[0], box["y"] + box["height"] * point[1]

    def drag(self, element: Locator, to: Locator, point: Point = MIDDLE, drop: bool = True) -> None:
        """Drags by the mouse, in several moves as a hand does."""
        x, y = self.at(element)
        end_x, end_y = self.at(to, point)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for part in range(1, 9):
            self.page.mouse.move(x + (end_x - x) * part / 8, y + (end_y - y) * part / 8)
        expect(self.page.locator(".canvas .ghost")).to_be_visible()
        if drop:
            self.page.mouse.up()
            self.settle()

    def collide(self, change: Callable[[int], object]) -> None:
        """Edits what the tab still shows after somebody else has changed it, until the page asks about that.

        Args:
            change: changes the draft as somebody else; given the number of the try. The tab looks every few seconds
                whether there was such a change: where it looks just then, the edit is made, and is taken back here.
        """
        asked = self.page.get_by_text("Changed elsewhere")
        for number in range(MOST_TRIES):
            before = self.titles()
            change(number)
            self.kind("dropout").click()
            self.settle()
            expect(asked.or_(self.page.locator(".canvas .title").nth(len(before)))).to_be_visible()
            if asked.count():
                return
            self.page.get_by_role("button", name="Undo").click()
            self.expect_titles(*before)
        raise AssertionError(f"in {MOST_TRIES} tries no edit met one of somebody else's")
