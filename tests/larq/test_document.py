"""The programs of docs/moving-from-larq.md run, and their tables are Larq's."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.graph.passes.deploy import DeployOptions
from bnn_designer.larq import designs
from bnn_designer.larq.models import ModelProfile

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "moving-from-larq.md").read_text(encoding="utf-8")


def program(word: str) -> str:
    """The document's block with this word in it."""
    (found,) = [block for block in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL) if word in block]
    return str(found)


def ran(word: str, name: str) -> keras.Model:
    names: dict[str, Any] = {}
    exec(program(word), names)  # the document's own
    assert isinstance(names[name], keras.Model)
    return names[name]


def trains_for_a_step(model: keras.Model) -> None:
    """Two images: the loss is a number, and kernels have moved within their constraint."""
    kernel = model.layers[-3].kernel  # dense, norm, softmax
    before, rng = np.array(kernel), np.random.default_rng(0)
    images, labels = rng.normal(size=(2, *model.input_shape[1:])).astype(np.float32), rng.integers(0, 10, 2)
    model.run_eagerly = True  # one step is sooner computed than recorded
    assert np.isfinite(model.fit(images, labels, batch_size=2, verbose=0).history["loss"][0])
    assert not np.array_equal(kernel, before)
    assert np.abs(np.array(kernel)).max() <= 1


def test_the_tutorials_network_counts_as_in_larq_and_trains(capsys: Any) -> None:
    model = ran("(28, 28, 1)", "model")
    assert "13.19 KiB" in capsys.readouterr().out
    found = ModelProfile(model)
    kernels = [3 * 3 * 1 * 32, 3 * 3 * 32 * 64, 3 * 3 * 64 * 64, 3 * 3 * 64 * 64, 64 * 10]
    assert found.weight_count(1) == sum(kernels) == 93_088
    assert found.weight_count() == sum(kernels) + 2 * (32 + 64 + 64 + 64 + 10) == 93_556
    assert found.op_count("mac") == 2_794_240
    assert found.op_count("mac", 1) / found.op_count("mac") == pytest.approx(0.9303, abs=5e-5)
    trains_for_a_step(model)


@pytest.fixture(scope="module")
def binarynet() -> keras.Model:
    return ran("(32, 32, 3)", "binarynet")


def test_binarynet_counts_as_in_larq(binarynet: keras.Model) -> None:
    """Every layer as Larq's own summary has it, in a file that Larq wrote; the totals also as arithmetic."""
    found = ModelProfile(binarynet)
    channels = [3, 128, 128, 256, 256, 512, 512]
    convolutions = [9 * inputs * outputs for inputs, outputs in pairwise(channels)]
    dense = [3 * 3 * 512 * 1024, 1024 * 1024, 1024 * 10]
    assert found.weight_count(1) == sum(convolutions) + sum(dense) == 10_352_000
    assert found.weight_count() == 10_352_000 + 2 * (sum(channels[1:]) + 1024 + 1024 + 10) == 10_359_700
    places = [30 * 30, 30 * 30, 15 * 15, 15 * 15, 7 * 7, 7 * 7]
    macs = [kernel * count for kernel, count in zip(convolutions, places, strict=True)]
    assert found.op_count("mac", 32) == macs[0]
    assert found.op_count("mac") == sum(macs) + sum(dense) == 514_072_064
    summary = dict(map(tuple, found.generate_summary()))
    assert (summary["Model size"], summary["Ratio of MACs that are binarized"]) == ("1.26 MiB", "0.9939")

    truth = json.loads((ROOT / "tests" / "cost" / "larq_binarynet.json").read_text())["layers"]
    counted = [
        [
            {str(bits): one.weight_count(bits) for bits in one.unique_param_bidtwidths},
            {str(bits): one.op_count("mac", bits) for bits in one.unique_op_precisions},
        ]
        for one in found.layer_profiles
    ]
    assert counted == [counts for _, _, *counts in truth]


def test_binarynet_is_deployed_as_larq_compute_engine_deploys_it(binarynet: keras.Model) -> None:
    """As files that LCE wrote: the arena to the byte, the files, of which the document tells, within 1 %."""
    truth = json.loads((ROOT / "tests" / "cost" / "deployed_truth.json").read_text())["networks"]
    by_lce = {one["binary_dense"]: one for one in truth if one["network"] in ("BinaryNetCIFAR10", "BinaryNet_dense1x1")}
    assert set(by_lce) == {"conv", "float"}
    for binary_dense, one in by_lce.items():
        found = designs.deployed(binarynet, DeployOptions(binary_dense=binary_dense))
        assert isinstance(found, DeployedCost)
        assert found.arena_bytes == one["arena_bytes"] == 588_288
        assert found.file_bytes == pytest.approx(one["file_bytes"], rel=0.01)


def test_binarynet_trains(binarynet: keras.Model) -> None:
    trains_for_a_step(binarynet)
