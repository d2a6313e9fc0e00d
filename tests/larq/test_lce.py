"""Files of Larq Compute Engine as designs: the same layers and costs, and with the weights the interpreter's scores."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design import Design, load_design
from bnn_designer.design import blocks as b
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import TARGETS, export_to
from bnn_designer.export.tflite import peer
from bnn_designer.graph import ops
from bnn_designer.larq.lce.flat import Damaged, Table, options
from bnn_designer.larq.lce.reading import read_file
from bnn_designer.larq.moved_file import model_of_file
from bnn_designer.nn.reading import NotADesign
from tests.larq.lce_files import DESIGN, FILE, NORM, SCORES, images, kinds, material

CONTENT = FILE.read_bytes()
with_lce = pytest.mark.skipif(not os.environ.get(peer.VARIABLE), reason=f"{peer.VARIABLE} names no Python that has LCE")


def called(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def changed(tmp_path: Path, old: bytes, new: bytes) -> Path:
    """The file with other bytes in one place."""
    assert CONTENT.count(old) == 1
    path = tmp_path / "changed.tflite"
    path.write_bytes(CONTENT.replace(old, new))
    return path


def same_deployment(found: Design, wanted: Design) -> bool:
    one, other = cost(found).deployed, cost(wanted).deployed
    assert isinstance(one, DeployedCost)
    assert isinstance(other, DeployedCost)
    return (one.file_bytes, one.arena_bytes) == (other.file_bytes, other.arena_bytes)


def test_a_file_is_the_design_that_it_was_made_of() -> None:
    design = read_file(FILE).opened.design
    # The norm behind the first convolution goes with it, as tails do; else the same blocks in the same order.
    kinds = [block.kind for block in DESIGN.blocks if block.id != "norm"]
    assert [block.kind for block in design.blocks] == kinds
    assert [block.id for block in design.blocks][:3] == ["conv_1", "binary_conv_1", "pool_1"]
    first, second = design.blocks[1], design.blocks[3]
    assert isinstance(first, b.BinaryConv)
    assert isinstance(second, b.BinaryConv)
    assert (first.filters, first.pad_values, first.batch_norm) == (36, 1, NORM)
    assert (second.kernel_size, second.padding, second.pad_values) == ((1, 1), "same", 1)
    assert same_deployment(design, DESIGN)


def test_its_weights_give_the_scores_of_lces_interpreter(tmp_path: Path) -> None:
    out, weights = tmp_path / "net.json", tmp_path / "net.keras"
    found = called("import", FILE, "-o", out, "--weights-out", weights)
    said = f"the design's model with the weights of {FILE}, which was not run for comparison"
    assert found.stdout.splitlines() == [f"{weights}: {said}", f"{out}: small"], found.output
    assert load_design(out) == read_file(FILE).opened.design
    model, wanted = keras.models.load_model(weights), np.load(SCORES)
    scores = np.asarray(model(images(), training=False))
    assert len(set(wanted.argmax(-1))) == 4  # so that equal classes say something
    np.testing.assert_array_equal(scores.argmax(-1), wanted.argmax(-1))
    np.testing.assert_allclose(scores, wanted, atol=1e-5)
    assert set(np.unique(model.get_layer("binary_conv_1").get_weights()[0])) == {-1, 1}
    found = called("import", FILE, "-o", tmp_path / "other.json")
    assert found.stderr.startswith("The weights stay in the .tflite file")


def test_thresholds_are_signs_of_batch_norms() -> None:
    """9 * 20 signs: with u unlike ones the sum is 180 - 2 u, and its sign is + where u is at most the threshold."""
    read = read_file(FILE)
    norm = next(layer for layer in read.graph.layers if layer.inputs == ("binary_conv_1",))
    assert isinstance(norm.op, ops.BatchNorm)
    gamma, beta, mean, variance = read.weights[norm.name]()
    assert not mean.any()
    assert np.allclose(np.sqrt(variance + norm.op.epsilon), 1, atol=1e-7)
    assert (gamma == 1).all()
    middle = beta[np.abs(beta) < 180]
    assert len(middle) > 10
    assert (middle % 2 == 1).all()  # sums are even, so that none is ever 0 behind it
    assert np.abs(beta).max() <= 181  # a channel that never changes: beyond all sums, by no more than needed


def test_what_no_design_has_is_listed_by_operator(tmp_path: Path) -> None:
    path = changed(tmp_path, b"LceBMaxPool2d\0", b"LceBMinPool2d\0")
    with pytest.raises(NotADesign, match="no design has these layers") as caught:
        read_file(path)
    (problem,) = caught.value.problems
    assert (problem.path, problem.rule) == ("operator 5 (LceBMinPool2d)", "no block of a design computes that")
    found = called("import", path, "-o", tmp_path / "a.json")
    assert found.exit_code == 2
    assert found.stderr.splitlines()[1].startswith("- operator 5 (LceBMinPool2d): no block of a design computes that")
    assert not (tmp_path / "a.json").exists()


def test_files_that_say_two_things_are_refused(tmp_path: Path) -> None:
    shape = struct.pack("<5i", 4, 1, 4, 4, 2)  # of what the pool of bits makes, once
    with pytest.raises(
        NotADesign, match=r"operator 5 .* it makes \(1, 4, 5, 2\), and what it computes is \(1, 4, 4, 2\)"
    ):
        read_file(changed(tmp_path, shape, struct.pack("<5i", 4, 1, 4, 5, 2)))
    shape = struct.pack("<5i", 4, 1, 8, 8, 3)
    with pytest.raises(NotADesign, match=r"its input is float32 of the shape \(2, 8, 8, 3\)"):
        read_file(changed(tmp_path, shape, struct.pack("<5i", 4, 2, 8, 8, 3)))
    infinite = np.frombuffer(CONTENT, np.uint8).tobytes()
    scale = np.float32(read_file(FILE).weights["dense_1"]()[1][0]).tobytes()
    path = tmp_path / "changed.tflite"
    path.write_bytes(infinite.replace(scale, np.float32("nan").tobytes()))
    with pytest.raises(NotADesign, match="has values that are no numbers"):
        read_file(path)


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    """Cut off at every 97th byte, and with up to seven bits flipped: never anything but an error of ours."""
    path, refused = tmp_path / "bad.tflite", 0
    flipped = []
    for seed in range(200):
        draw, bad = np.random.default_rng(seed), bytearray(CONTENT)
        for place in draw.integers(0, len(bad), draw.integers(1, 8)):
            bad[place] ^= 1 << int(draw.integers(8))
        flipped.append(bytes(bad))
    short = [CONTENT[:length] for length in range(0, len(CONTENT), 97)]
    for content in short + flipped:
        path.write_bytes(content)
        try:
            read_file(path)
        except BnnDesignerError:
            refused += 1
    assert len(short) < refused < len(short) + len(flipped)  # each one cut off, some of the flipped, not all


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"\0\0\0", bytes([0, 36, 1]), bytes([255, 36, 8]), bytes([1, 1, 200, 4, 36, 1])],
    ids=["empty", "short", "no map", "itself", "wide", "outside"],
)
def test_options_are_read_within_their_bytes(content: bytes) -> None:
    with pytest.raises(Damaged):
        options(memoryview(content))


def test_lists_are_read_within_their_bytes() -> None:
    """A table of one field, the offset to a list that says it has 2**30 numbers."""
    data = struct.pack("<IHHHH", 12, 6, 8, 4, 0) + struct.pack("<iII", 8, 4, 2**30)
    table = Table.root(memoryview(data))
    with pytest.raises(Damaged, match="a list is longer than the file"):
        table.integers(0, 100)
    assert table.number(1, "i", 7) == 7  # a field that the file leaves out


@with_lce
def test_other_networks_come_back_from_lce(tmp_path: Path) -> None:
    """Depthwise, BWN and BAN layers, channel scaling, added channels of zeros and clips, by LCE as it is here."""
    content = export_to(TARGETS["tflite"], material(kinds())).written.files["network.tflite"]
    path = tmp_path / "kinds.tflite"
    path.write_bytes(content)
    read = read_file(path)
    model = model_of_file(path, read)
    shown = np.random.default_rng(5).normal(size=(100, 9, 9, 3)).astype(np.float32)
    wanted, scores = peer.run(content, shown), np.asarray(model(shown, training=False))
    np.testing.assert_array_equal(scores.argmax(-1), wanted.argmax(-1))
    np.testing.assert_allclose(scores, wanted, atol=1e-5)
