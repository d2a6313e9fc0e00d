"""The page of ``export --to html`` in a browser: a dropped picture gets the engine's scores, offline."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from bnn_designer.export.html.document import page as html_page
from bnn_designer.inference import Engine
from bnn_designer.measuring.images import scaled
from tests.export.networks import of_picture

NAMES = ["<img src=x onerror=alert(1)>", "dog", "frog", "</td><b>ship", "truck"]

_DROP = """([data, type]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], "a.png", { type }));
  document.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""
_FETCH = "() => fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)"
_INJECT = "() => { const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s); }"


def test_a_dropped_picture_gets_the_engines_scores(page: Page, tmp_path: Path) -> None:
    network = of_picture(3)
    (tmp_path / "page.html").write_text(html_page(network, "run 12345678", NAMES), encoding="utf-8")
    pixels = np.random.default_rng(1).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    with Engine(network) as engine:
        (wanted,) = engine.run(scaled(pixels[None]))
    wrong, asked = [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "page.html").as_uri())

    page.evaluate(_DROP, [base64.b64encode(b"no picture").decode(), "image/png"])
    expect(page.get_by_role("alert")).to_contain_text("a.png is no picture that this browser can read")
    page.evaluate(_DROP, [base64.b64encode(file.getvalue()).decode(), "image/png"])
    order = sorted(range(5), key=lambda index: -wanted[index])
    expect(page.locator("#answer")).to_have_text(NAMES[order[0]])
    expect(page.get_by_role("alert")).to_be_hidden()
    rows = page.locator("#scores tr")
    assert rows.locator("th").all_inner_texts() == [NAMES[index] for index in order]
    assert rows.locator(".number").all_inner_texts() == [f"{100 * wanted[index]:.1f} %" for index in order]
    found = page.evaluate("() => [...bnnDesigner.network.cells.slice(-5)]")
    np.testing.assert_allclose(found, wanted, rtol=1e-6)

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose a picture")).to_be_focused()
    # The policy of the page holds: no request, and no script but its own.
    assert page.evaluate(_FETCH) == "TypeError"
    page.evaluate(_INJECT)
    assert page.evaluate("() => window.ran") is None
    assert wrong == []
    assert [url for url in asked if not url.startswith("file:")] == []
