"""Look inside by the camera: a picture is taken and answered by the packed engine, and what is in the way is told.

Chromium plays a film of one color in the place of a camera.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.chromium import FLAGS, chromium_path
from bnn_designer.bench.browser.server import APP, served
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.graph import lower
from bnn_designer.inspection.origin import weights_mark
from bnn_designer.inspection.report import Found
from bnn_designer.inspection.report_file import write_found
from bnn_designer.inspection.trying import Ask, packed_path, read_tried
from bnn_designer.measuring.checkpoint import TrainedModel, keras_outputs
from bnn_designer.measuring.images import scaled
from bnn_designer.packing import pack, save
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store, store_url
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import ms_text
from tests.browser.conftest import TIMEOUT_MS, guarded
from tests.inspection.made import CLASS_NAMES, made_found

#: A dark red, and the same in the film: Y = 16 + (65.5 r + 128.6 g + 25 b) / 255 and so on (ITU-R BT.601).
RED, YUV = (200, 30, 30), (85, 103, 203)
#: What the conversion and the JPEG between camera and server may change.
NEAR = 8
#: Between two presses.
EACH_MS = 1000
#: The server's address by a name: a page from another machine, as far as the browser knows.
ELSEWHERE = "elsewhere.test"
NOWHERE = "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


class Looked:
    """A store with a run whose network was packed, not trained.

    Attributes:
        model: of the same weights.
    """

    def __init__(self, home: Path) -> None:
        from bnn_designer.nn import build_model

        blocks = (Conv(filters=8, strides=(2, 2)), BinaryConv(filters=8), GlobalPool(), Head())
        design = Design(name="sees", input_shape=(8, 8, 3), classes=len(CLASS_NAMES), blocks=blocks)
        graph = lower(design)
        self.model = TrainedModel(design, graph, build_model(graph, engine="float", seed=0), "")
        self.store = Store(store_url(home), home)
        self.run_id = self.store.create_run(design, Recipe(), owner=Owner.of_process())
        self.store.finish(self.run_id, "done")
        path = self.store.best_path(self.run_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        found = made_found(self.run_id)
        inside = found.inside.model_copy(update={"weights_mark": weights_mark(path)})
        write_found(self.store, Found(inside, found.arrays))
        save(pack(graph, self.model.model), packed_path(self.store, self.run_id))
        self.float_ms = found.inside.float_ms

    def open(self, page: Page, address: str) -> None:
        pages.open_page(page, address, pages.INSIDE, run=self.run_id, part="try", image="camera")


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    one = Looked(tmp_path_factory.mktemp("camera"))
    yield one
    one.store.close()


@pytest.fixture(scope="module")
def address(looked: Looked) -> Iterator[str]:
    home = looked.store.home
    with served(APP, home, guarded(home / "reached")) as address:
        yield address


@contextmanager
def camera_page(browser: Browser, *flags: str) -> Iterator[Page]:
    """A page of a Chromium with flags of its own; the last of two that say the same counts."""
    own = browser.browser_type.launch(executable_path=chromium_path(), args=[*FLAGS, *flags])
    try:
        context = own.new_context()
        context.set_default_timeout(TIMEOUT_MS)
        yield context.new_page()
    finally:
        own.close()


def take_a_photo(page: Page) -> None:
    """Presses until there is one, as a person would: Streamlit drops a press that comes before the first frame."""
    button, photo = page.get_by_role("button", name="Take Photo"), page.get_by_role("img", name="Snapshot")
    for _ in range(TIMEOUT_MS // EACH_MS):
        if photo.is_visible():
            return
        if button.is_visible() and button.is_enabled():
            button.click()
        page.wait_for_timeout(EACH_MS)
    raise AssertionError("no photo was taken")


def film(path: Path, width: int = 64, height: int = 48) -> Path:
    """An uncompressed film of two frames of one color (YUV4MPEG2, 4:2:0)."""
    y, u, v = (bytes([value]) for value in YUV)
    frame = b"FRAME\n" + y * (width * height) + u * (width * height // 4) + v * (width * height // 4)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C420jpeg\n".encode() + 2 * frame)
    return path


def test_a_picture_of_the_camera_gets_the_packed_engines_answer(
    browser: Browser, looked: Looked, address: str, tmp_path: Path
) -> None:
    recorded = film(tmp_path / "red.y4m")
    flags = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={recorded}")
    with camera_page(browser, *flags) as page:
        # the person refuses, and thinks better of it
        page.context.grant_permissions([])
        looked.open(page, address)
        expect(page.get_by_test_id("stAlert")).to_contain_text("does not let this page use the camera")
        page.context.grant_permissions(["camera"])
        take_a_photo(page)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        page.get_by_role("button", name="Try it", exact=True).click()
        expect(page.get_by_text("Your picture, as the network sees it")).to_be_visible()

        tried = read_tried(looked.store, looked.run_id, len(CLASS_NAMES))
        assert tried is not None
        assert np.abs(tried.image.astype(int) - RED).max() <= NEAR
        expected = keras_outputs(looked.model, scaled(tried.image[None]))[0]
        assert tried.tried.probabilities == pytest.approx(expected, abs=1e-5)
        assert (tried.tried.ask, tried.tried.label) == (Ask(name="Your picture"), None)
        best = CLASS_NAMES[int(expected.argmax())]
        expect(page.get_by_test_id("stMarkdown").get_by_text(best, exact=True).first).to_be_visible()
        figures = page.get_by_test_id("stMetricValue")
        expect(figures).to_have_text([ms_text(tried.tried.engine_ms), ms_text(looked.float_ms)])
        # what was taken is still there, to be tried again
        expect(page.get_by_role("img", name="Snapshot")).to_be_visible()
        assert page.get_by_test_id("stCameraInput").locator("a:visible").count() == 0


def test_where_there_is_no_camera_the_page_says_why(browser: Browser, looked: Looked, address: str) -> None:
    with camera_page(browser, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1, {NOWHERE}") as page:
        for host, said in ((address, "finds no camera"), (address.replace("127.0.0.1", ELSEWHERE), "over http")):
            looked.open(page, host)
            expect(page.get_by_test_id("stAlert")).to_contain_text(said)
            expect(page.get_by_test_id("stCameraInput")).to_have_count(0)
