"""Weights by themselves: two values a filter, the same in both files, and what the network computes with them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import Material, Written, export_to, proof_of, target_named
from bnn_designer.export.weights.target import prove_weights
from bnn_designer.graph import lower
from tests.export.test_keras_programs import QUANTIZERS
from tests.inference.models import random_images, random_model

TARGET, GRAPH = target_named("weights"), lower(QUANTIZERS)


@pytest.fixture(scope="module")
def material() -> Material:
    return Material.of_model(QUANTIZERS, random_model(GRAPH), "")


def test_weights_are_read_back_to_the_bit(material: Material) -> None:
    exported = export_to(TARGET, material)
    assert export_to(TARGET, material).written.files == exported.written.files
    proof = proof_of(exported, material, random_images(GRAPH, 50))
    assert proof.same_class == 50
    assert proof.largest_difference < 1e-5 * proof.largest_score
    other = Material.of_model(QUANTIZERS, random_model(GRAPH, seed=1), "")
    with pytest.raises(BnnDesignerError, match=r"network.npz: binary_conv_1/kernel is not what was written"):
        prove_weights(other, exported.written, random_images(GRAPH, 1))


def test_the_readme_says_which_values_there_are(material: Material, tmp_path: Path) -> None:
    """Every name and shape of it is in the file, and its program finds the kernels."""
    written: Written = export_to(TARGET, material).written
    for name in ("network.npz", "README.md"):
        (tmp_path / name).write_bytes(written.files[name])
    text = (tmp_path / "README.md").read_text()
    rows = re.findall(r"^\| `(\S+/\S+)` \| ([\d x]+) \| (.*) \|$", text, re.MULTILINE)
    with np.load(tmp_path / "network.npz") as arrays:
        assert {name: tuple(map(int, shape.split(" x "))) for name, shape, _ in rows} == {
            name: arrays[name].shape for name in arrays
        }
        for name, _, values in rows:
            if values.startswith("-s, +s"):
                filters = arrays[name].reshape(-1, 6)  # all three such layers have 6
                assert [len(np.unique(column)) for column in filters.T] == [2] * 6
    said = {name: values for name, _, values in rows}
    assert said["binary_conv_1/kernel"] == "3 steps"
    assert said["binary_depthwise_conv_1/kernel"] == said["binary_conv_2/kernel"]
    assert said["head_1.dense/kernel"] == "float"
    (program,) = re.findall(r"```python\n(import numpy.*?)```", text, re.DOTALL)
    names: dict[str, dict[str, object]] = {}
    exec(program.replace("network.npz", str(tmp_path / "network.npz")), names)
    assert len(names["kernels"]) == 6


def test_kernels_that_change_when_quantized_again_are_named(material: Material) -> None:
    assert export_to(TARGET, material).written.notes == (
        "binary_conv_4: quantizing their kernels again changes them. Multiply with them as they are.",
    )
