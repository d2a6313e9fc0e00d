"""Programs of Keras beside the model that they are from: the same scores, with this package and where it is not."""

from __future__ import annotations

import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.quantization import Quantizer
from bnn_designer.export import Exported, Material, export_to, proof_of, target_named
from bnn_designer.export.arrays import Arrays, quantized_arrays
from bnn_designer.graph import lower
from bnn_designer.measuring.checkpoint import outputs_of
from tests.inference.models import random_images, random_model
from tests.larq.test_designs import EVERYTHING

#: Quantizers of more than a bit, biases behind scales, padding of ones on odd sizes and none.
QUANTIZERS = Design(
    name="quantizers",
    input_shape=(9, 7, 3),
    classes=4,
    blocks=(
        b.BinaryConv(filters=8, input_quantizer="int8", kernel_quantizer="ste_tern", use_bias=True),
        b.BinaryConv(filters=6, input_quantizer="ste_tern", kernel_quantizer="xnor_weight_scale", use_bias=True),
        b.BinaryConv(filters=6, strides=(2, 2), padding="valid", kernel_quantizer="dorefa_sign"),
        b.BinaryDepthwiseConv(kernel_quantizer="magnitude_aware_sign", pad_values=0),
        b.BinaryConv(
            filters=8,
            input_quantizer=Quantizer(name="dorefa", k_bit=4),
            kernel_quantizer=Quantizer(name="dorefa", k_bit=5),
        ),
        b.GlobalPool(),
        b.Head(),
    ),
)


@dataclass(frozen=True)
class Case:
    design: Design
    model: Any
    images: Any
    material: Material
    exported: Exported


@pytest.fixture(scope="module", params=[EVERYTHING, QUANTIZERS], ids=["everything", "quantizers"])
def case(request: pytest.FixtureRequest) -> Case:
    graph = lower(request.param)
    model = random_model(graph)
    material = Material.of_model(request.param, model, "run 12345678")
    exported = export_to(target_named("keras"), material)
    return Case(request.param, model, random_images(graph, 40), material, exported)


def arrays(exported: Exported, name: str, folder: Path) -> Arrays:
    (folder / name).write_bytes(exported.written.files[name])
    with np.load(folder / name) as found:
        return dict(found)


@pytest.mark.parametrize("program", ["network", "trainable"])
def test_a_program_computes_what_the_model_computes(case: Case, program: str, tmp_path: Path) -> None:
    for name, data in case.exported.written.files.items():
        (tmp_path / name).write_bytes(data)
    names = runpy.run_path(str(tmp_path / f"{program}.py"))
    found = outputs_of(names["load_weights"](names["build"]()), case.images)
    np.testing.assert_allclose(found, outputs_of(case.model, case.images), rtol=1e-5, atol=1e-6)


def test_kernels_of_signs_are_signs(case: Case, tmp_path: Path) -> None:
    """Times the magnitude behind them they are what the layer multiplies: two values a filter."""
    split, whole = arrays(case.exported, "network.npz", tmp_path), quantized_arrays(lower(case.design), case.model)
    scaled = [name.removesuffix(".scale/scale") for name in split if name.endswith(".scale/scale")]
    assert len(scaled) > 1
    for name in scaled:
        layer, signs = case.model.get_layer(name), split[f"{name}/kernel"]
        assert set(np.unique(signs)) == {-1, 1}
        np.testing.assert_array_equal(whole[f"{name}/kernel"], layer.kernel_quantizer(layer.kernel))


def test_files_are_the_same_each_time_and_formatted(case: Case, tmp_path: Path) -> None:
    assert export_to(target_named("keras"), case.material).written.files == case.exported.written.files
    for name in ("network.py", "trainable.py"):
        (tmp_path / name).write_bytes(case.exported.written.files[name])
    options = ["--isolated", "--line-length", "120", "--check", str(tmp_path)]
    assert subprocess.run([sys.executable, "-m", "ruff", "format", *options], check=False).returncode == 0
    assert "Its weights are from run 12345678." in case.exported.written.files["README.md"].decode()


def test_programs_run_by_themselves_the_plain_one_without_this_package() -> None:
    graph = lower(QUANTIZERS)
    model = random_model(graph)
    material = Material.of_model(QUANTIZERS, model, "")
    proof = proof_of(export_to(target_named("keras"), material), material, random_images(graph, 300))
    assert (proof.images, proof.same_class) == (300, 300)
    assert proof.largest_difference < 1e-5 * proof.largest_score
    assert proof.run_by.startswith("Keras 3.")
