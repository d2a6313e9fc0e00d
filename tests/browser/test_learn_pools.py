"""The lesson on pools as a student does it, and every number that it shows held to bnn_designer/lessons."""

from __future__ import annotations

import base64
import io
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.server import APP, served
from bnn_designer.lessons.pool_layers import FILE, IMAGES, Distribution, PoolFilter, pool_layers
from bnn_designer.lessons.pooling import KINDS, ORDERS, SIZES, Kind, distributions, pooled, read_by_sign
from bnn_designer.ui.learn.pools_data import orders
from tests.browser.conftest import guarded
from tests.browser.test_learn import percent, run

LAYERS = pool_layers()
DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
#: A picture of the student's own, as large as one of the network's, so that nothing is scaled.
OWN = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("learn")
    with served(APP, folder / "home", guarded(folder / "reached")) as address:
        yield address


def test_sums_are_those_of_python(page: Page) -> None:
    body = """const signs = its.inputs(its.firstLayer(given.first), given.pixels);
        return given.kernels.map((kernel) => its.sumsOf(signs, kernel));"""
    kernels = [one["signs"] for one in DOCUMENT["filters"]]
    for pixels in (OWN, OWN.transpose(1, 0, 2)):
        given = {"first": DOCUMENT["first"], "pixels": pixels.ravel().tolist(), "kernels": kernels}
        expected = [LAYERS.sums(pixels, one).tolist() for one in LAYERS.filters]
        assert run(page, "stem", body, given) == expected


def test_what_the_sign_reads_is_what_python_says(page: Page) -> None:
    """Both orders and none, each pool, gamma on both sides of 0, on all images and on one."""
    one = LAYERS.filters[0]
    sums = LAYERS.sums(OWN, one)
    settings = list(itertools.product(KINDS, SIZES, (-1.3, 0.0, 1.0), (0.25,)))
    body = """const here = its.distributions(given.sums);
        const sets = given.settings.map(([kind, size, gamma, beta]) => ({ kind, size, gamma, beta }));
        const read = (seen) =>
            given.orders.map((order) => sets.map((set) => its.readBySign(given.counts, seen, order, set)));
        return [here, read(given.counts), read(here), its.bars(its.readBySign(here, here, "none", sets[2]), 0.25)];"""
    given = {
        "sums": sums.tolist(),
        "counts": DOCUMENT["filters"][0]["counts"],
        "settings": settings,
        "orders": list(ORDERS),
    }
    here, every, single, bars = run(page, "pooling", body, given)
    counted = distributions([sums])
    assert {pool: Distribution(one["lowest"], tuple(one["counts"]), one["divisor"]) for pool, one in here.items()} == (
        counted
    )
    for seen, found in ((one.counts, every), (counted, single)):
        for order, of_order in zip(ORDERS, found, strict=True):
            for (kind, size, gamma, beta), shown in zip(settings, of_order, strict=True):
                expected = read_by_sign(one.counts, seen, order, kind=kind, size=size, gamma=gamma, beta=beta)
                assert np.array(shown["values"]) == pytest.approx(np.array(expected.values), abs=1e-9)
                assert (shown["plus"], shown["gradient"]) == (expected.plus, expected.gradient)
                for name in ("mean", "deviation", "skewness", "bits"):
                    assert shown[name] == pytest.approx(getattr(expected, name), abs=1e-9)
    # bars have all that was read, the filled ones what becomes +1
    kind, size, gamma, beta = settings[2]
    whole = read_by_sign(counted, counted, "none", kind=kind, size=size, gamma=gamma, beta=beta)
    shares = [(bar["plus"], bar["share"] * (bar["to"] - bar["from"])) for bar in bars]
    assert sum(share for _, share in shares) == pytest.approx(1)
    assert sum(share for plus, share in shares if plus) == pytest.approx(whole.plus)


def test_the_lesson(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="pooling")
    page.get_by_role("button", name="About four fifths").click()
    expect(page.get_by_text("Yes.")).to_be_visible()
    piece = page.locator(".poolorder")
    seen, filters = piece.get_by_role("combobox", name="on"), piece.get_by_role("combobox", name="Sums of")
    gamma, beta = piece.get_by_role("slider", name="Gamma"), piece.get_by_role("slider", name="Beta")

    def shows(
        one: PoolFilter, here: Mapping[str, Distribution], set_: tuple[Kind, int, float, float] = ("max", 2, 1, 0)
    ) -> None:
        kind, size, gamma, beta = set_
        read = [read_by_sign(one.counts, here, order, kind=kind, size=size, gamma=gamma, beta=beta) for order in ORDERS]
        expected = {
            "Become +1": [percent(each.plus) for each in read],
            "The sign keeps": [f"{each.bits:.2f} bits" for each in read],
            "Mean": [minus(each.mean) for each in read],
            "Standard deviation": [minus(each.deviation) for each in read],
            "Skewness": [minus(each.skewness) for each in read],
            "A gradient gets through for": [percent(each.gradient) for each in read],
        }
        for name, texts in expected.items():
            row = piece.locator("tbody tr", has=page.locator(f"th:text-is('{name}')"))
            expect(row.locator("td")).to_have_text(texts)

    def tiles(name: str) -> list[Any]:
        canvas = piece.locator(f"canvas[aria-label^='{name}']")
        pixels = """one => one.toDataURL() && [one.width, one.height,
            [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data]]"""
        found = []
        for each in canvas.all():
            width, height, data = each.evaluate(pixels)
            found.append(np.array(data).reshape(height, width, 4)[..., :3])
        return found

    def signs_shown(one: PoolFilter, pixels: npt.NDArray[np.uint8]) -> None:
        """Without a pool, the sums that become +1 are those of at least the mean."""
        sums = LAYERS.sums(pixels, one)
        none, pool, norm = (shown[..., 0] for shown in tiles("Signs"))
        counts = one.counts["none"]
        mean = sum(count * counts.value(place) for place, count in enumerate(counts.counts)) / sum(counts.counts)
        assert np.array_equal(none, np.where(sums >= mean, 255, 0))
        assert np.array_equal(norm, np.where(pooled(sums, "max", 2) >= mean, 255, 0))
        assert pool.shape == norm.shape == (15, 15)
        assert (pool <= norm).all()

    # the picture that it begins with, and another one; all test images, where none can be shown
    one = LAYERS.filters[-1]
    pictures = [(one["title"], base64.b64decode(one["pixels"])) for one in orders()["pictures"]]
    begun = f"a {pictures[0][0]}" if pictures else f"{IMAGES} test images"
    expect(seen.locator("option:checked")).to_have_text(begun)
    for title, content in pictures[:2]:
        pixels = np.frombuffer(content, np.uint8).reshape(32, 32, 3)
        seen.select_option(label=f"a {title}")
        shows(one, distributions([LAYERS.sums(pixels, one)]))
        signs_shown(one, pixels)

    # a file that is none, then one's own picture
    own = piece.get_by_label("Or on your own picture")
    own.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(piece.get_by_text("notes.txt: this browser cannot read it as a picture")).to_be_visible()
    file = io.BytesIO()
    Image.fromarray(OWN).save(file, "PNG")
    own.set_input_files({"name": "own.png", "mimeType": "image/png", "buffer": file.getvalue()})
    expect(seen.locator("option:checked")).to_have_text("yours: own.png")
    shows(one, distributions([LAYERS.sums(OWN, one)]))
    signs_shown(one, OWN)
    assert np.array_equal(tiles("What the network sees")[0], OWN)

    # all test images: each filter and pool; beta as trained; gamma turned round by the keyboard
    seen.select_option(label=f"{IMAGES} test images")
    expect(piece.locator("canvas").first).to_be_hidden()
    for one in LAYERS.filters:
        filters.select_option(label=f"filter {one.number}")
        for kind, size in itertools.product(KINDS, SIZES):
            piece.get_by_role("combobox", name="Pool: the").select_option(kind)
            piece.get_by_role("combobox", name="of each").select_option(str(size))
            shows(one, one.counts, (kind, size, 1, 0))
    piece.get_by_role("combobox", name="Pool: the").select_option("max")
    piece.get_by_role("button", name="Beta as trained").click()
    shows(one, one.counts, ("max", 3, 1, round(one.beta, 2)))
    gamma.press("Home")
    beta.fill("-25")
    shows(one, one.counts, ("max", 3, -2, -0.25))
    expect(piece).to_contain_text("The two orders are no longer the same function.")
    piece.get_by_role("button", name="Gamma 1, beta 0").click()
    shows(one, one.counts, ("max", 3, 1, 0))

    # what runs in either order; and the result, or that there is none
    program = page.locator(".fold")
    for title, kind in (("the batch norm, then a max pool", "LceBMaxPool2d"), ("a max pool, then", "MAX_POOL_2D")):
        program.get_by_role("radio", name=title).check()
        expect(program.locator("tbody")).to_contain_text(kind)
    expect(page.locator(".verdict")).to_contain_text("Max pool before or after batch norm")


def minus(number: float) -> str:
    """Two decimals, as the page writes them."""
    text = f"{abs(number):.2f}"
    return f"−{text}" if number < 0 and float(text) else text  # noqa: RUF001
