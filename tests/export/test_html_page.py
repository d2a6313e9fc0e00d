"""The page's runtime computes what the engine and the C program compute, and names from anybody are text in it."""

from __future__ import annotations

import base64
import copy
import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnn_designer.export import TARGETS, ExportError, Material, export_to, proof_of
from bnn_designer.export.c.program import c_program
from bnn_designer.export.c.proof import FLAGS, build
from bnn_designer.export.c.proof import run as run_c
from bnn_designer.export.html import document as document_module
from bnn_designer.export.html import network as network_module
from bnn_designer.export.html.document import page, runtime, shown
from bnn_designer.export.html.network import page_network
from bnn_designer.export.html.proof import Parts, by_node, parts_of, run
from bnn_designer.inference import Engine
from bnn_designer.packing.drafts import SOURCES, STEPS, StepDraft
from bnn_designer.packing.int8 import requantized_sums
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.training.data.decode import picture_of
from tests.export.networks import Draw, of_all, of_bits, of_edges, of_one_dense, of_picture
from tests.export.networks_of_int8 import in_sevenths, of_int8, of_wide_int8

HOSTILE = "</script><script>alert(1)</script><!--&\u202e\u2028"

with_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed, which runs the scripts")


def parts(network: PackedNetwork) -> Parts:
    """As a page has them, whose images may have any number of channels here."""
    written = page_network(network)
    return Parts(runtime(), json.dumps(written.header), base64.b64encode(written.numbers).decode())


def by_engine(network: PackedNetwork, images: Any) -> Any:
    with Engine(network) as engine:
        return engine.run(images)


@with_node
@pytest.mark.parametrize(
    "network",
    [of_all(False), of_edges(), *map(of_bits, range(4)), *map(of_int8, range(2)), of_wide_int8(0)],
    ids=["all", "edges", "0", "1", "2", "3", "int8 0", "int8 1", "wide int8"],
)
def test_every_source_and_step_to_the_bit(network: PackedNetwork) -> None:
    """Numbers are halves of small size, so that no order of additions rounds any of them."""
    images = Draw(9).images(network, 10)
    found = run(parts(network), images)
    assert len(np.unique(found)) > 4
    np.testing.assert_array_equal(found, by_engine(network, images))


@with_node
def test_exponentials_up_to_their_last_digits() -> None:
    network = of_all(exponentials=True)
    images = Draw(9).images(network, 10)
    np.testing.assert_allclose(run(parts(network), images), by_engine(network, images), rtol=1e-6, atol=1e-6)


@with_node
def test_sums_of_long_rows() -> None:
    """2,240 features are 70 words: bytes of counts are emptied twice before all are seen, at 240 of 255."""
    weights = np.ones((2240, 3), np.int64)
    weights[:, 1] = -1
    weights[:1120, 2] = -1
    images = np.stack([np.ones((1, 1, 2240)), -np.ones((1, 1, 2240))]).astype(np.float32)
    found = run(parts(of_one_dense(weights)), images)
    assert found.tolist() == [[2240, -2240, 0], [-2240, 2240, 0]]


@with_node
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("drawn", [of_all(False), of_int8(0)], ids=["all", "int8"])
def test_the_same_as_the_c_program_whatever_is_rounded(drawn: PackedNetwork, tmp_path: Path) -> None:
    """Each product and each sum is rounded to 32 bits in the same order, so that nothing differs in any digit."""
    network, random = in_sevenths(drawn), np.random.default_rng(3)
    for index, blob in enumerate(network.header.blobs):
        if blob.type == "float32":
            network.blob(index)[:] *= random.normal(1, 0.3, blob.shape).astype(np.float32)
    images = random.normal(0, 1, (20, *network.header.input_shape)).astype(np.float32)
    _, wanted = run_c(build(c_program(network), tmp_path, ("gcc",), FLAGS), images)
    found = run(parts(network), images)
    assert not np.array_equal(found, np.round(found * 2) / 2)
    np.testing.assert_array_equal(found, wanted)


def test_the_runtime_has_every_source_and_step() -> None:
    assert set(SOURCES) == network_module._SOURCES.keys()
    assert set(STEPS) == network_module._STEPS.keys()


@with_node
def test_sums_of_8_bits_are_scaled_as_numpy_scales_them() -> None:
    """Small and largest sums, factors of 31 bits, shifts to both sides: products of 62 bits where numbers have 53."""
    random = np.random.default_rng(0)
    edges = [0, 1, -1, 2**30, -(2**30), 2**31 - 1, 2**31, -(2**31), -(2**31) - 1]
    sums = np.array([*edges, *random.integers(-(2**31), 2**31, 40), *random.integers(-999, 999, 40)])
    factors = [0, 2**30, 2**31 - 1, *random.integers(2**30, 2**31, 20).tolist()]
    shifts = [-31, -30, -17, -9, -1, 0, 1, 8, 30]
    pairs = np.array([(factor, shift) for factor in factors for shift in shifts]).T
    wanted = requantized_sums(
        sums[:, None], StepDraft("requantize", numbers=(np.stack([np.zeros_like(pairs[0]), *pairs]),), low=0.0)
    )
    script = (Path(document_module.__file__).with_name("web") / "int8.js").read_text()
    call = "scaledSum(sum, factor, shifts[i])"
    kept = f"sums.map((sum) => factors.map((factor, i) => Math.max(-128, Math.min(127, {call}))))"
    given = f"const [sums, factors, shifts] = {json.dumps([sums.tolist(), *pairs.tolist()])};"
    found = json.loads(
        by_node(
            "(0, eval)(require('fs').readFileSync(0, 'utf8'))", f"{script}{given}console.log(JSON.stringify({kept}))"
        )
    )
    np.testing.assert_array_equal(found, wanted)
    assert len(np.unique(wanted)) > 100


@with_node
@pytest.mark.parametrize("size", [(8, 6), (31, 17), (3, 40), (200, 120), (1, 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_fitted_as_those_of_a_data_set(size: tuple[int, int], channels: int, tmp_path: Path) -> None:
    """Cut in the middle, scaled with antialiasing, gray by ITU-R 601-2. Pillow goes upright first where less is to do,
    so that bytes, which are rounded between the two ways, may differ by one."""
    pixels = np.random.default_rng(size[0]).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    wanted = picture_of((tmp_path / "a.png").read_bytes(), tmp_path / "a.png", (8, 6), channels)
    data = np.concatenate([pixels, np.full((*size, 1), 255, np.uint8)], axis=-1).ravel().tolist()
    picture = json.dumps({"data": data, "height": size[0], "width": size[1]})
    script = f"{runtime()} console.log(JSON.stringify([...bnnDesigner.fitted({picture}, [8, 6, {channels}])]))"
    found = json.loads(by_node("(0, eval)(require('fs').readFileSync(0, 'utf8'))", script))
    assert np.abs(np.array(found) - wanted.ravel().astype(int)).max() <= 1


@with_node
def test_a_page_is_proven_by_what_is_in_it() -> None:
    material = Material.of_packed(of_picture(3), "run 12345678")
    exported = export_to(TARGETS["html"], material)
    images = Draw(2).images(material.packed, 7)
    proof = proof_of(exported, material, images)
    assert (proof.images, proof.same_class, proof.run_by) == (7, 7, "Node.js")
    assert proof.largest_difference < 1e-6
    # What was written is what runs: with another weight the answers are others.
    text = exported.written.files["network.html"].decode()
    found = parts_of(text)
    numbers = np.frombuffer(base64.b64decode(found.numbers), "<f4").copy()
    numbers[-1] += 1
    changed = text.replace(found.numbers, base64.b64encode(numbers.tobytes()).decode())
    assert not np.allclose(run(parts_of(changed), images), run(found, images), atol=1e-3)


class Read(HTMLParser):
    """Title, policy, and the scripts' kinds and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str, str]] = []
        self.title, self._inside = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs).get("type") or "", ""))

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            kind, text = self.scripts[-1]
            self.scripts[-1] = (kind, text + data)
        if self._inside == "title":
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def test_names_from_anybody_are_text() -> None:
    network = of_picture(1, name=HOSTILE)
    header = network.header.model_copy(update={"name": HOSTILE})
    read = Read(page(PackedNetwork(header, network.numbers), HOSTILE, [HOSTILE, *"abcd"]))
    plain = "</script><script>alert(1)</script><!--&\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    assert read.title == plain == shown(HOSTILE)
    assert [kind for kind, _ in read.scripts] == ["application/json", "application/json", "text/plain", "", ""]
    about = json.loads(read.scripts[0][1])
    assert about["classes"] == [plain, *"abcd"]
    assert about["layers"][0]["name"] == f"block/{plain}"
    # The binary convolution has 32 filters of 9 words of 32 channels; the head 32 x 5 weights and three times 5.
    assert [layer["weightBytes"] for layer in about["layers"]][1:] == [32 * 9 * 4, 0, 4 * (32 * 5 + 3 * 5)]
    assert shown("x" * 1000) == "x" * 200


def test_class_names_are_taken_where_there_are_as_many_as_scores() -> None:
    few = export_to(TARGETS["html"], Material.of_packed(of_picture(1), "", lambda: ("cat", "dog"))).written
    assert few.notes == ("The classes are numbered: their names are not known.",)
    all_of_them = Material.of_packed(of_picture(1), "", lambda: tuple("abcde"))
    named = export_to(TARGETS["html"], all_of_them).written
    assert named.notes == ()
    assert '"classes":["a","b","c","d","e"]' in named.files["network.html"].decode()
    assert "It is untrained" in named.files["network.html"].decode()
    again = export_to(TARGETS["html"], Material.of_packed(copy.deepcopy(of_picture(1)), "", lambda: tuple("abcde")))
    assert again.written.files == named.files


def test_what_the_runtime_lacks_is_refused_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExportError, match=r"4 channels, and a page takes pictures in gray \(1\) or in color \(3\)"):
        page(of_all(True), "", ())
    monkeypatch.delitem(network_module._STEPS, "sign")
    with pytest.raises(ExportError, match=r"block/drawn: the page's runtime has no function for sign"):
        page(of_picture(3), "", ())
    header = of_picture(3).header.model_copy(update={"arena_bytes": 2**30})
    with pytest.raises(ExportError, match=r"takes 1,024 MiB of memory, and a page has 512"):
        page(PackedNetwork(header, of_picture(3).numbers), "", ())
    monkeypatch.setattr(document_module, "MOST_NUMBER_BYTES", 100)
    with pytest.raises(ExportError, match="Make the network smaller"):
        page(of_picture(3), "", ())
