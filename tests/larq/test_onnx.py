"""ONNX and QONNX files as designs: what this project writes comes back, and what others write in their own ways."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.cli.main import main
from bnn_designer.design import load_design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import TARGETS, Material, export_to
from bnn_designer.export.onnx.target import QONNX
from bnn_designer.inference import Engine
from bnn_designer.larq.built import ReadFile
from bnn_designer.larq.moved_file import model_of_file
from bnn_designer.larq.onnx.reading import read_file
from bnn_designer.larq.onnx.wire import Budget, Damaged, Message
from bnn_designer.nn.reading import NotADesign
from tests.inference.models import random_images
from tests.larq import lce_files
from tests.larq.lce_files import material
from tests.larq.onnx_files import File

KINDS = lce_files.kinds(groups=2)
DESIGNS = {"small": lce_files.DESIGN, "kinds": KINDS}


@functools.cache
def content(name: str, target: str) -> bytes:
    return export_to(TARGETS[target], _material(name)).written.files["network.onnx"]


@functools.cache
def _material(name: str) -> Material:
    return material(DESIGNS[name])


def opened(tmp_path: Path, data: bytes) -> ReadFile:
    path = tmp_path / "network.onnx"
    path.write_bytes(data)
    return read_file(path)


@pytest.mark.parametrize("target", ["onnx", "qonnx"])
@pytest.mark.parametrize("name", DESIGNS)
def test_what_is_exported_comes_back_with_its_weights(name: str, target: str, tmp_path: Path) -> None:
    read = opened(tmp_path, content(name, target))
    wanted = [block.kind for block in DESIGNS[name].blocks if block.id != "norm"]  # behind a conv, it is its own
    if name == "kinds":  # the filters of "floats" are written as floats, as all that are multiplied with floats
        wanted[6] = "conv"
    assert [block.kind for block in read.opened.design.blocks] == wanted
    model = model_of_file(tmp_path, read)
    images = random_images(read.graph, 20)
    with Engine(_material(name).packed) as engine:
        np.testing.assert_allclose(np.asarray(model(images, training=False)), engine.run(images), atol=2e-6)


def test_by_the_command(tmp_path: Path) -> None:
    path, out, weights = (tmp_path / name for name in ("net.onnx", "net.json", "net.keras"))
    path.write_bytes(content("small", "qonnx"))
    found = CliRunner().invoke(main, ["import", str(path), "-o", str(out), "--weights-out", str(weights)])
    assert found.exit_code == 0, found.output
    assert load_design(out) == read_file(path).opened.design
    assert set(np.unique(keras.models.load_model(weights).get_layer("binary_conv_1").get_weights()[0])) == {-1, 1}
    found = CliRunner().invoke(main, ["import", str(path), "-o", str(tmp_path / "other.json")])
    assert found.stderr.startswith("The weights stay in the .onnx file")


def scores(read: ReadFile, images: Any) -> Any:
    """Behind all layers but the softmax, which the design adds."""
    model = model_of_file(Path("file.onnx"), read)
    inner = keras.Model(model.input, model.layers[-1].input)
    return np.asarray(inner(images, training=False))


def test_as_brevitas_writes_it(tmp_path: Path) -> None:
    """Weights of Quant and BipolarQuant with scales, batch norms of their own, a vector that is flattened by Reshape.

    An image of 2 x 2 pixels in 2 channels: signs s, a convolution of 1 x 1 with signs times 0.5, a batch norm
    (x - 1) / 2 * 3 + 1, signs times 2, and a matrix of 8 lines, first all pixels of channel 0, times 0.25.
    """
    file = File((1, 2, 2, 2))
    kernel = np.array([[1, -3], [2, 4]]).reshape(2, 2, 1, 1)
    file.node("BipolarQuant", ["image", [1.0]], "signs")
    file.node("BipolarQuant", [kernel, [0.5]], "kernel")
    file.node("Conv", ["signs", "kernel"], "sums", kernel_shape=(1, 1))
    file.node("BatchNormalization", ["sums", [3.0, 3], [1.0, 1], [1.0, 1], [3.0, 3]], "norm", epsilon=1.0)
    file.node("BipolarQuant", ["norm", [2.0]], "again")
    file.node("Reshape", ["again", np.array([1, -1])], "flat")
    rows = np.arange(16).reshape(8, 2) - 8
    file.node("Quant", [rows, [0.25], [0.0], [4.0]], "rows", signed=1, narrow=0, rounding_mode="ROUND")
    file.node("MatMul", ["flat", "rows"], "products")
    file.node("Add", ["products", [0.5, -1]], "scores")
    images = np.random.default_rng(0).normal(size=(5, 2, 2, 2)).astype(np.float32)
    first = np.where(images >= 0, 1, -1)
    sums = first @ np.where(kernel[:, :, 0, 0] >= 0, 0.5, -0.5).T
    second = 2 * np.where((sums - 1) / 2 * 3 + 1 >= 0, 1, -1)
    flat = second.transpose(0, 3, 1, 2).reshape(5, 8)
    wanted = flat @ (np.clip(np.rint(rows / 0.25), -8, 7) * 0.25) + [0.5, -1]
    read = opened(tmp_path, file.model("scores", (1, 2)))
    kinds = [block.kind for block in read.opened.design.blocks]
    assert kinds == ["binary_conv", "flatten", "binary_dense", "head"]
    np.testing.assert_allclose(scores(read, images), wanted, atol=1e-5)


def test_finns_thresholds_and_gemm(tmp_path: Path) -> None:
    """A MultiThreshold of one threshold a channel; a Gemm with a line for each output; an input that is a list."""
    file = File((1, 3))
    file.node("MultiThreshold", ["image", np.array([[0.5], [-1], [0]])], "signs", out_scale=2.0, out_bias=-1.0)
    file.node("Gemm", ["signs", np.array([[1.0, 2, 3], [-4, 5, 6]]), [1.0, 2]], "scores", transB=1)
    images = np.array([[0.4, -1, -0.1], [0.6, -2, 0]], np.float32)
    signs = np.array([[-1, 1, -1], [1, -1, 1]])
    read = opened(tmp_path, file.model("scores", (1, 2)))
    found = scores(read, images.reshape(2, 1, 1, 3))
    np.testing.assert_allclose(found, signs @ np.array([[1, -4], [2, 5], [3, 6]]) + [1, 2], atol=1e-5)


_ASKED = """\
import sys, numpy, onnxruntime, qonnx, pathlib
model = pathlib.Path(qonnx.__path__[0], "data/onnx/mnist-conv/model.onnx")
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
given = numpy.load(sys.argv[1])
found = [session.run(None, {session.get_inputs()[0].name: one[None]})[0][0] for one in given]
numpy.save(sys.argv[2], numpy.stack(found))
print(model)
"""


@pytest.mark.skipif(QONNX.python is None, reason="qonnx is not installed")
def test_a_public_model_gives_onnx_runtimes_scores(tmp_path: Path) -> None:
    """The CNN for MNIST that qonnx has among its own test data, written by Microsoft's CNTK 2.5: floats throughout."""
    images = np.random.default_rng(3).normal(size=(5, 28, 28, 1)).astype(np.float32)
    np.save(tmp_path / "images.npy", images.transpose(0, 3, 1, 2))
    paths = [str(tmp_path / name) for name in ("images.npy", "scores.npy")]
    said = subprocess.run(
        [str(QONNX.python), "-c", _ASKED, *paths], capture_output=True, text=True, check=True, timeout=300
    )
    read = read_file(Path(said.stdout.strip()))
    assert [block.kind for block in read.opened.design.blocks] == [
        "conv",
        "pool_bn",
        "conv",
        "pool_bn",
        "flatten",
        "head",
    ]
    np.testing.assert_allclose(scores(read, images), np.load(paths[1]), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize(
    ("node", "rule"),
    [
        (("Sign", ["image"]), "it makes 0 of 0"),
        (("Quant", ["image", [0.1], [0.0], [8.0]]), "it rounds values to a scale that is fixed"),
        (("Erf", ["image"]), "no block of a design computes that"),
        (("Conv", ["image", np.ones((1, 2, 3, 3))], {"pads": (1, 1, 0, 0)}), r"it pads by \(1, 1, 0, 0\) pixels"),
        (("Conv", ["image", np.full((1, 2, 1, 1), np.nan)]), "its input 1 has values that are no numbers"),
        (("Conv", ["image", "nowhere"]), "it reads 'nowhere', which nothing before it makes"),
        (("Add", ["image", np.ones((1, 1, 5, 5))]), "is not one number for each of 2 channels"),
        (("Clip", ["image", [-2.0], [2.0]]), "it clips to -2 and 2"),
        (("Concat", ["image", "image"], {"axis": 2}), "it concatenates along axis 2"),
    ],
)
def test_what_no_design_has_is_listed_by_operator(node: Any, rule: str, tmp_path: Path) -> None:
    file = File((1, 2, 5, 5))
    kind, inputs, *attributes = node
    file.node(kind, inputs, "a", **(attributes[0] if attributes else {}))
    file.node("Erf", ["image"], "b")
    with pytest.raises(NotADesign, match=rule) as caught:
        opened(tmp_path, file.model("a", (1, 2)))
    assert [problem.path for problem in caught.value.problems] == [f"operator 0 ({kind}, 'a')", "operator 1 (Erf, 'b')"]


def test_numbers_in_another_file_are_refused(tmp_path: Path) -> None:
    file = File((1, 2, 5, 5))
    file.external("kernel")
    with pytest.raises(BnnDesignerError, match="the numbers of 'kernel' are in another file, and nothing but this one"):
        opened(tmp_path, file.model("image", (1, 2)))
    with pytest.raises(BnnDesignerError, match="there is no such file"):
        read_file(tmp_path / "none.onnx")


def _damage(tmp_path: Path, data: bytes) -> bool:
    """Whether it is refused; never anything but an error of ours."""
    try:
        opened(tmp_path, data)
    except BnnDesignerError:
        return True
    return False


def test_files_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    whole = content("small", "qonnx")
    assert all(_damage(tmp_path, whole[:length]) for length in range(0, len(whole), len(whole) // 80))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), early=st.booleans())
def test_flipped_bits_are_read_or_refused(seed: int, early: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    draw, bad = np.random.default_rng(seed), bytearray(content("small", "onnx"))
    for place in draw.integers(0, 4000 if early else len(bad), draw.integers(1, 8)):  # its operators come first
        bad[place] ^= 1 << int(draw.integers(8))
    _damage(tmp_path_factory.getbasetemp(), bytes(bad))


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_damaged(data: bytes) -> None:
    try:
        message = Message.read(memoryview(data), Budget(100))
    except Damaged:
        return
    for field in (*message.numbers, *message.parts):
        try:
            message.integers(field, 10)
            list(message.messages(field, 10))
        except Damaged:
            pass


def test_a_file_may_have_so_many_fields() -> None:
    with pytest.raises(Damaged, match="it has more than"):
        Message.read(memoryview(bytes([8, 0]) * 11), Budget(10))
