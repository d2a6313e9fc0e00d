"""The file that Larq Compute Engine makes of a network: its operators, its size, and what its interpreter answers."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import TARGETS, ExportError, Material, export_to, proof_of
from bnn_designer.export.tflite import peer
from bnn_designer.export.tflite.int8 import whole_products, with_signs
from bnn_designer.graph import lower
from bnn_designer.inference import Engine
from bnn_designer.nn.pixels import dense_as_pixels
from tests.inference.models import random_images, random_model

with_lce = pytest.mark.skipif(not os.environ.get(peer.VARIABLE), reason=f"{peer.VARIABLE} names no Python that has LCE")
NORM = b.BatchNormOptions(scale=True)


INT8 = {"input_quantizer": "int8", "kernel_quantizer": "int8"}


def material(*blocks: Any) -> Material:
    head = (b.Flatten(id="flat"), b.BinaryDense(id="wide", units=64, batch_norm=NORM), b.Head(id="head"))
    return of_blocks(*blocks, *head)


def of_blocks(*blocks: Any) -> Material:
    design = Design(name="small", input_shape=(12, 12, 3), classes=5, blocks=blocks)
    graph = lower(design)
    return Material.of_model(design, random_model(graph), "best.keras", random_images(graph, 16))


@cache
def of_bytes() -> Material:
    """In 8 bits: a stem to signs; a layer in groups, of a frame of ones, whose ReLU is read; the last."""
    again = b.BinaryConv(id="again", filters=32, groups=2, pad_values=1, batch_norm=NORM, **INT8)
    return of_blocks(
        b.BinaryConv(id="stem", filters=32, strides=(2, 2), batch_norm=NORM, **INT8),
        b.BinaryConv(id="bits", filters=32, batch_norm=NORM),
        b.Shortcut(id="around", body=(again, b.Activation(id="relu", function="relu"))),
        b.BinaryConv(id="narrow", filters=32, padding="valid", batch_norm=NORM),
        b.Flatten(id="flat"),
        b.BinaryDense(id="last", units=5, batch_norm=NORM, **INT8),
        b.Head(id="head", classifier="none"),
    )


@with_lce
def test_lce_writes_the_binary_operators_that_the_cost_predicts_and_answers_as_keras() -> None:
    found = material(
        b.Conv(id="stem", filters=32, strides=(2, 2), batch_norm=NORM),
        b.Shortcut(id="around", body=(b.BinaryConv(id="bits", filters=32, batch_norm=NORM),)),
        b.BinaryConv(id="second", filters=64, strides=(2, 2), padding="valid", batch_norm=NORM),
    )
    exported = export_to(TARGETS["tflite"], found)
    operators, size = exported.written.notes
    assert operators.startswith("LCE 0.16.0 wrote 3 binary operators of ")
    assert "LceBconv2d 3, LceQuantize 3" in operators  # bits, second and wide, each behind its sign
    deployed = cost(found.design).deployed
    assert isinstance(deployed, DeployedCost)
    content = exported.written.files["network.tflite"]
    assert "| around/bits | bits | " in exported.written.files["README.md"].decode()
    assert content[4:8] == b"TFL3"
    assert abs(len(content) / deployed.file_bytes - 1) < 0.05  # names and tables weigh more the smaller the network is
    assert f"Predicted were {deployed.file_bytes:,} bytes; the file has {len(content):,}" in size
    proof = proof_of(exported, found, random_images(found.graph, 50))
    assert (proof.same_class, proof.beside) == (50, "the Keras model")
    assert exported.verdicts["wide"].state == "bits"


def test_without_lce_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(peer.VARIABLE, raising=False)
    with pytest.raises(
        BnnDesignerError, match=rf"{peer.VARIABLE} names no Python that has it. Run python3.11 -m venv lce"
    ):
        peer.run(b"", np.zeros((1, 2, 2, 1), np.float32))
    monkeypatch.setenv(peer.VARIABLE, "/no/such/python")
    with pytest.raises(BnnDesignerError, match=r"/no/such/python cannot be run \(No such file or directory\)"):
        peer.run(b"", np.zeros((1, 2, 2, 1), np.float32))
    monkeypatch.setenv(peer.VARIABLE, sys.executable)
    with pytest.raises(BnnDesignerError, match=r"(?s)it ends with status 1: .*No module named 'larq_compute_engine'"):
        peer.run(b"", np.zeros((1, 2, 2, 1), np.float32))


def test_what_lce_does_not_take_is_refused_with_the_block() -> None:
    found = material(b.Conv(id="stem", filters=32), b.BinaryConv(id="parts", filters=32, groups=2))
    with pytest.raises(ExportError, match=r"^parts: Larq Compute Engine does not take it: .*32"):
        export_to(TARGETS["tflite"], found)


def test_layers_of_8_bits_as_they_are_given_to_the_converter_are_the_engines() -> None:
    """Signs of the stem are those of its sums, and numbers the packed network's; but the floats that stand for them are
    rounded once where whole numbers are rounded twice, so that some are a step apart."""
    found = of_bytes()
    products = whole_products(found.graph, found.packed)
    assert [one.layers for one in products] == [
        ("stem", "stem.batch_norm"),
        ("again", "again.batch_norm", "relu"),
        ("last", "last.batch_norm"),
    ]
    assert [one.only_signs for one in products] == [True, False, False]
    assert products[1].ones == ((1, 1), (1, 1))
    images = random_images(found.graph, 50)
    pixels = dense_as_pixels(found.graph, found.model, products)
    with Engine(found.packed) as engine:
        wanted = engine.run(images)
    assert np.isclose(np.asarray(pixels(images)), wanted, rtol=0, atol=1e-5).mean() > 0.9


@with_lce
def test_lce_writes_layers_of_8_bits_as_operators_of_whole_numbers() -> None:
    found = of_bytes()
    exported = export_to(TARGETS["tflite"], found)
    operators, _ = exported.written.notes
    assert operators.startswith("LCE 0.16.0 wrote 2 binary operators and 3 of 8 bits, of ")
    deployed = cost(found.design).deployed
    assert isinstance(deployed, DeployedCost)
    assert abs(len(exported.written.files["network.tflite"]) / deployed.file_bytes - 1) < 0.05
    proof = proof_of(exported, found, random_images(found.graph, 50))
    assert (proof.same_class, proof.beside) == (50, "the engine")


def test_filters_of_groups_stand_side_by_side() -> None:
    """As Keras has them: the second group's behind the first's, of its own channels."""
    found = of_blocks(
        b.BinaryConv(id="stem", filters=32, **INT8),
        b.BinaryConv(id="parts", filters=8, groups=2, batch_norm=NORM, **INT8),
        b.Flatten(id="flat"),
        b.Head(id="head"),
    )
    _, parts = whole_products(found.graph, found.packed)
    assert parts.kernel.shape == (3, 3, 16, 8)
    trained = found.model.get_layer("parts")
    kernel = np.asarray(trained.kernel_quantizer(trained.kernel))
    gamma = np.asarray(found.model.get_layer("parts.batch_norm").gamma)
    steps = np.abs(kernel).max() / 127 * np.sign(gamma)
    np.testing.assert_array_equal(parts.kernel, np.rint(kernel / steps))


def test_a_bias_is_kept_up_to_what_sums_reach() -> None:
    """Of 127 x 3 at most; what falls is negated, and what is constant has no weights."""
    kernel, bias = with_signs(np.full((1, 1, 1, 3), 3, np.int8), np.array([1, -1, 0]), np.array([-9000, 30, -1]))
    assert kernel.ravel().tolist() == [3, -3, 0]
    assert bias.tolist() == [-(127 * 3 + 127), 30, -1]
