"""Each lesson by the keyboard alone: what can be set is reached, has a name and a visible focus, and changes a thing.

All lessons are on one page, so that it is opened once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.server import APP, served
from bnn_designer.lessons import COURSE
from tests.browser.conftest import TIMEOUT_MS, guarded

#: More presses of Tab than any lesson has places for the focus.
MOST = 80

#: Puts the start of the Tab key's way before a lesson.
BEGIN = """name => { const it = document.querySelector(`.st-key-sheet_${name}`); it.tabIndex = -1; it.focus(); }"""

#: What has the focus: null outside of the lesson, without a state where it is in none of our pieces. The state of a
#: piece is what is written and what is set in it.
FOCUSED = """name => {
    let it = document.activeElement;
    if (!document.querySelector(`.st-key-sheet_${name}`).contains(it)) return null;
    while (it.shadowRoot?.activeElement) it = it.shadowRoot.activeElement;
    const root = it.closest('.root');
    if (!root) return {kind: it.tagName.toLowerCase()};
    const drawn = getComputedStyle(it);
    const set = one => [one.value, one.checked, one.getAttribute('aria-pressed')];
    const text = label => [...label.childNodes].filter(one => !/SELECT|INPUT|OUTPUT/.test(one.nodeName))
        .map(one => one.textContent).join(' ');
    it.dataset.reached = it.type === 'radio' ? it.name : 'yes';
    return {
        kind: it.type || it.tagName.toLowerCase(),
        name: it.getAttribute('aria-label') || [...(it.labels ?? [])].map(text).join(' ').trim() || it.innerText,
        seen: drawn.outlineStyle !== 'none' && parseFloat(drawn.outlineWidth) >= 2,
        idle: it.ariaDisabled === 'true' || it.ariaPressed === 'true',
        low: it.type === 'range' && it.value === it.min,
        at: it.selectedIndex,
        state: root.innerText + JSON.stringify([...root.querySelectorAll('input, select, button')].map(set)),
        words: root.innerText,
    };
}"""

#: What can have the focus in a lesson's pieces and never had it. Of radio buttons, one of a group has it.
MISSED = """name => {
    const hosts = [...document.querySelectorAll(`.st-key-sheet_${name} *`)].filter(one => one.shadowRoot);
    const all = hosts.flatMap(one => [...one.shadowRoot.querySelectorAll('button, input, select, a, [tabindex]')]);
    const groups = new Set(all.map(one => one.dataset.reached));
    return all.filter(one => !one.disabled && one.tabIndex >= 0 && one.checkVisibility() && !one.dataset.reached)
        .filter(one => one.type !== 'radio' || !groups.has(one.name))
        .map(one => one.outerHTML.slice(0, 120));
}"""

#: The key that changes what has the focus, by its kind.
KEYS = {"checkbox": "Space", "radio": "ArrowDown", "button": "Space"}
#: Buttons that change nothing at first: there is nothing yet to go back from.
BACK = ("As trained", "Gamma 1, beta 0", "Start again", "Kernel to begin with")


@pytest.fixture(scope="module")
def course(browser: Browser, tmp_path_factory: pytest.TempPathFactory, synthetic_data: Path) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("keys")
    environment = guarded(folder / "reached") | {"BNN_DATA_DIR": str(synthetic_data.parent)}
    with served(APP, folder / "home", environment) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        pages.open_page(page, address, pages.LEARN, lesson="all")
        page.wait_for_function(
            "() => document.querySelectorAll('[data-testid=stLayoutWrapper] > [class*=st-key-sheet_]').length === 10"
        )
        pages.at_rest(page)
        yield page
        context.close()


def key_for(focused: dict[str, Any]) -> str | None:
    """None: there is nothing to press, or it is switched off, or is what was chosen of several."""
    if focused["idle"]:
        return None
    if focused["kind"] == "range":
        return "ArrowRight" if focused["low"] else "ArrowLeft"
    if focused["kind"] == "select-one":
        return "ArrowUp" if focused["at"] else "ArrowDown"
    return KEYS.get(focused["kind"])


@pytest.mark.parametrize("lesson", [one.name for one in COURSE])
def test_a_lesson_by_the_keyboard_alone(course: Page, lesson: str) -> None:
    course.evaluate(BEGIN, lesson)
    faults, changed = [], 0
    for _ in range(MOST):
        course.keyboard.press("Tab")
        focused = course.evaluate(FOCUSED, lesson)
        if focused is None:
            break
        if "state" not in focused:
            continue
        what = f"{focused['kind']} '{focused['name']}'"
        if not focused["name"].strip():
            faults.append(f"{what}: it has no name")
        if not focused["seen"]:
            faults.append(f"{what}: the focus is not seen")
        key = key_for(focused)
        if key is None:
            continue
        course.keyboard.press(key)
        after = course.evaluate(FOCUSED, lesson)
        if after is None or "state" not in after:
            faults.append(f"{what}: {key} takes the focus away")
        elif after["state"] != focused["state"]:
            changed += after["words"] != focused["words"]
        elif focused["name"] not in BACK:
            faults.append(f"{what}: {key} changes nothing")
    else:
        faults.append(f"Tab does not lead out of the lesson in {MOST} presses")
    faults += [f"never reached: {one}" for one in course.evaluate(MISSED, lesson)]
    assert not faults, "\n".join(faults)
    assert changed, "no number changed"
