"""The file that Larq Compute Engine makes of a network: its operators, its size, and what its interpreter answers."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import pytest

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import TARGETS, ExportError, Material, export_to, proof_of
from bnn_designer.export.tflite import peer
from bnn_designer.graph import lower
from tests.inference.models import random_images, random_model

with_lce = pytest.mark.skipif(not os.environ.get(peer.VARIABLE), reason=f"{peer.VARIABLE} names no Python that has LCE")
NORM = b.BatchNormOptions(scale=True)


def material(*blocks: Any) -> Material:
    head = (b.Flatten(id="flat"), b.BinaryDense(id="wide", units=64, batch_norm=NORM), b.Head(id="head"))
    design = Design(name="small", input_shape=(12, 12, 3), classes=5, blocks=(*blocks, *head))
    return Material.of_model(design, random_model(lower(design)), "best.keras")


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
    assert content[4:8] == b"TFL3"
    assert abs(len(content) / deployed.file_bytes - 1) < 0.05  # names and tables weigh more the smaller the network is
    assert f"Predicted were {deployed.file_bytes:,} bytes; the file has {len(content):,}" in size
    proof = proof_of(exported, found, random_images(found.graph, 50))
    assert (proof.same_class, proof.beside) == (50, "the Keras model")
    assert exported.verdicts["wide"].state == "bits"


def test_without_lce_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(peer.VARIABLE, raising=False)
    with pytest.raises(BnnDesignerError, match=rf"{peer.VARIABLE} names no Python that has it. python3.11 -m venv lce"):
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
    found = material(b.BinaryConv(id="bytes", filters=32, input_quantizer="int8", kernel_quantizer="int8"))
    with pytest.raises(ExportError, match=r"^bytes: layer 'bytes' has 8 bits, and LCE's converter would write it in"):
        export_to(TARGETS["tflite"], found)
