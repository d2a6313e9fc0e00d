"""Exporting as a user has it: a verdict, a folder that is whole or as it was, and the proof."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.export.c.proof import prove
from bnn_designer.packing import load, pack, save
from bnn_designer.training.data.npz import ARRAYS
from tests.inference.models import random_images, random_model

NORM = b.BatchNormOptions()


def design(**conv: object) -> Design:
    """Floats, bits with a shortcut, a pool of bits, floats."""
    blocks = (
        b.Conv(id="stem", filters=8, strides=(2, 2), batch_norm=NORM),
        b.Shortcut(id="around", body=(b.BinaryConv(id="bits", filters=8, batch_norm=NORM, **conv),)),  # type: ignore[arg-type]
        b.BinaryConv(id="wide", filters=40, batch_norm=NORM),
        b.PoolBatchNorm(id="pool"),
        b.BinaryConv(id="last", filters=12, batch_norm=NORM),
        b.GlobalPool(),
        b.Head(id="head"),
    )
    return Design(name="small", input_shape=(12, 12, 3), classes=5, blocks=blocks)


def export(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from bnn_designer.graph import lower

    graph = lower(design())
    path = tmp_path_factory.mktemp("packed") / "net.bnn"
    save(pack(graph, random_model(graph), design()), path)
    return path


def test_a_network_becomes_a_folder_with_a_verdict(packed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "firmware"
    said = export(packed, "--to", "c", "-o", folder).output
    assert "float stem, head\n    It is a layer in full precision.\n" in said
    assert "bits around/bits, wide, last\n" in said
    assert f"{folder / 'network.c'}: {(folder / 'network.c').stat().st_size:,} bytes\n" in said
    assert sorted(one.name for one in folder.iterdir()) == ["README.md", "main.c", "network.c", "network.h"]
    readme = (folder / "README.md").read_text()
    assert "Its weights are from net.bnn." in readme
    assert "| around/bits | bits | XNOR and popcount multiply its signs. |" in readme
    data = json.loads(export(packed, "--to", "c", "-o", folder, "--force", "--json").output)
    assert data["memory_bytes"]["arena"] == load(packed).header.arena_bytes
    assert {one["path"]: one["state"] for one in data["blocks"]}["pool"] == "bits"


@pytest.mark.parametrize(
    ("target", "files", "words"),
    [
        ("openvino", ["README.md", "network.bin", "network.xml"], "3 of 3 layers that multiply signs with signs are"),
        ("onnx", ["README.md", "network.onnx"], "ONNX has no operator for products of signs"),
        ("qonnx", ["README.md", "network.onnx"], "refuses these; qonnx takes them: around/bits, wide, last."),
    ],
)
def test_graphs_for_other_tools(packed: Path, tmp_path: Path, target: str, files: list[str], words: str) -> None:
    result = export(packed, "--to", target, "-o", tmp_path / "model")
    assert words in result.output.replace("\n", " ")
    assert ("bits around/bits, wide, last\n" in result.output) == (target == "openvino")
    assert sorted(one.name for one in (tmp_path / "model").iterdir()) == files


def test_it_computes_what_keras_computes(packed: Path) -> None:
    """Scores before the softmax; floats are added in another order than the engine's, so their last digits differ."""
    from bnn_designer.graph import lower

    images = random_images(lower(design()), 200)
    proof = prove(load(packed), images)
    assert (proof.images, proof.same_class) == (200, 200)
    assert proof.largest_difference < 1e-5 * proof.largest_score
    assert str(proof).startswith(f"run by {proof.run_by}: 200 of 200 images get the same class as from the engine")


def test_what_cannot_be_packed_is_refused_with_the_block_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "design.json").write_text(design(input_quantizer="int8").to_json())
    result = export(tmp_path / "design.json", "--to", "c", "-o", tmp_path / "firmware")
    assert result.exit_code == 2
    assert "around/bits: layer 'bits' reads inputs of 8 bits (int8)" in result.output
    assert [one.name for one in tmp_path.iterdir()] == ["design.json"]


def test_bad_wishes_are_refused(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for words, arguments in (
        ("brainfuck: there is no target of this name. Choose one of: c, ", (packed, "--to", "brainfuck")),
        ("net.bnn: a packed file has its own weights", (packed, "--to", "c", "--weights", "model.keras")),
        ("Error: small: a packed file has bits and thresholds", (packed, "--to", "keras")),
        ("picture: nothing of this target is run", (packed, "--to", "picture", "--force", "--check", "1")),
        ("none: there is no such file or folder", (packed, "--to", "c", "--force", "--check", "1", "--data", "none")),
        ("mine: the folder already exists", (packed, "--to", "c")),
        ("mine: the folder holds notes.txt, which would be lost", (packed, "--to", "c", "--force")),
        ("none.bnn: the file cannot be read", ("none.bnn", "--to", "c")),
    ):
        result = export(*arguments, "-o", tmp_path / "mine")
        assert result.exit_code == 2
        assert words in result.output
    assert [one.name for one in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_the_check_counts_images_of_a_data_set(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bnn_designer.measuring import images

    drawn = np.random.default_rng(0).normal(0, 1, (9, 12, 12, 3)).astype(np.float32)
    monkeypatch.setattr(images, "test_images", lambda data: (drawn, np.zeros(9)))
    arguments = (packed, "--to", "c", "-o", tmp_path / "firmware", "--json")
    assert json.loads(export(*arguments, "--check", "7").output)["check"]["same_class"] == 7
    monkeypatch.setenv("CC", "no-such-compiler")
    result = export(*arguments, "--force", "--check", "7")
    assert result.exit_code == 2
    assert "no-such-compiler: it cannot be run (No such file or directory). Name another in CC." in result.output
    monkeypatch.setenv("CC", "gcc -no-such-flag")
    assert "gcc: it ends with status 1: " in export(*arguments, "--force", "--check", "7").output


def test_a_page_names_the_classes_of_a_data_set(packed: Path, tmp_path: Path) -> None:
    images, labels = np.zeros((10, 12, 12, 3), np.uint8), np.arange(10) % 5
    names = np.array(["oak", "elm", "ash", "fir", "yew"])
    arrays = dict(zip(ARRAYS, (images, labels, images, labels), strict=True)) | {"class_names": names}
    np.savez(tmp_path / "trees.npz", **arrays)
    said = export(packed, "--to", "html", "-o", tmp_path / "page", "--data", tmp_path / "trees.npz").output
    page = (tmp_path / "page" / "network.html").read_text()
    assert '"classes":["oak","elm","ash","fir","yew"]' in page
    assert "Its weights are from net.bnn." in page
    assert f"network.html: {len(page):,} bytes" in said
    without = export(packed, "--to", "html", "-o", tmp_path / "page", "--force").output
    assert "The classes are numbered: their names are not known." in without
    result = export(packed, "--to", "html", "-o", tmp_path / "page", "--force", "--data", tmp_path / "none.npz")
    assert result.exit_code == 2
    assert "none.npz" in result.output
