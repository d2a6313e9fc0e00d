"""The report: runtime memory of the presets by arithmetic, its JSON, and what importing it must not bring along."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from tests.strategies import networks

IMAGE = 32 * 32 * 3 * 4  # bytes of the float input, held to the end


def test_binarynet_runtime_memory() -> None:
    """At the first pool: the convolution's float output, the pool's, and the image.

    The arena that Larq Compute Engine 0.16 plans for the same network has as many bytes.
    """
    memory = cost(preset("binarynet")).timeline
    conv, pool = 30 * 30 * 128 * 4, 15 * 15 * 128 * 4
    assert (conv, pool, IMAGE) == (460_800, 115_200, 12_288)
    assert memory.live_lower_bound_bytes == conv + pool + IMAGE == 588_288
    assert memory.peak.path == "pool_bn_1"
    assert {tensor.name for tensor in memory.peak.live} == {"input", "binary_conv_2", "pool_bn_1"}


def test_bi_real_cifar_runtime_memory() -> None:
    """At the first binary convolution: its input in float for the shortcut, that in bits, its output, the image."""
    memory = cost(preset("bi-real-cifar")).timeline
    full, bits = 32 * 32 * 32 * 4, 32 * 32 * 32 // 8
    assert memory.live_lower_bound_bytes == full + bits + full + IMAGE
    assert memory.peak.path == "shortcut_1/binary_conv_1"


def test_vgg_small_runtime_memory() -> None:
    """At the first pool: the second convolution's output and the pool's, both in float, for a batch norm follows."""
    memory = cost(preset("vgg-small-bnn")).timeline
    assert memory.live_lower_bound_bytes == 32 * 32 * 128 * 4 + 16 * 16 * 128 * 4 + IMAGE
    assert memory.peak.path == "pool_bn_1"


@given(networks())
def test_the_bound_is_the_largest_step(design: Design) -> None:
    memory = cost(design).timeline
    assert memory.live_lower_bound_bytes == max(step.live_bytes for step in memory.steps)
    assert memory.peak == next(s for s in memory.steps if s.live_bytes == memory.live_lower_bound_bytes)


@given(networks())
def test_a_report_has_the_graph_s_layers(design: Design) -> None:
    report = cost(design)
    assert report.graph == lower(design)
    for layer, cost_of_layer in zip(report.graph.layers, report.layers, strict=True):
        assert (cost_of_layer.name, cost_of_layer.path) == (layer.name, layer.path)
        assert (cost_of_layer.block_id, cost_of_layer.output_shape) == (layer.block_id, layer.output.shape)


@given(networks())
def test_json_holds_all_of_it(design: Design) -> None:
    report = cost(design)
    data = json.loads(json.dumps(report.to_data()))
    assert set(data) == {"name", "larq", "deployed", "runtime_memory", "transitions", "training_memory", "layers"}
    assert data["deployed"]["state"] == ("supported" if isinstance(report.deployed, DeployedCost) else "unsupported")
    assert set(data["larq"]) == {"params", "params_by_bits", "memory_bytes", "macs", "macs_by_bits"}
    assert set(data["runtime_memory"]) == {"live_lower_bound_bytes", "peak_layer"}
    assert data["larq"]["params"] == report.larq.params == sum(data["larq"]["params_by_bits"].values())
    assert data["larq"]["macs"] == report.larq.macs == sum(data["larq"]["macs_by_bits"].values())
    assert [layer["name"] for layer in data["layers"]] == [layer.name for layer in report.layers]
    assert sum(layer["memory_bits"] for layer in data["layers"]) == report.larq.memory_bits


def test_binarynet_json() -> None:
    data = cost(preset("binarynet")).to_data()
    assert data["name"] == "binarynet"
    assert data["larq"]["params_by_bits"] == {"1": 10_352_000, "32": 7_700}
    assert data["larq"]["memory_bytes"] == 1_324_800
    assert data["layers"][0] == {
        "name": "binary_conv_1",
        "kind": "Conv2D",
        "path": "binary_conv_1",
        "precision": "BWN",
        "output_shape": [30, 30, 128],
        "memory_bits": 3 * 3 * 3 * 128,
        "params": 3 * 3 * 3 * 128,
        "params_by_bits": {"1": 3 * 3 * 3 * 128},
        "macs": 3 * 3 * 3 * 128 * 30 * 30,
        "macs_by_bits": {"32": 3 * 3 * 3 * 128 * 30 * 30},
    }


@pytest.mark.parametrize("name", PRESETS)
def test_the_same_design_has_the_same_cost(name: str) -> None:
    again = Design.from_json(preset(name).to_json())
    assert cost(again) == cost(preset(name))


def test_a_design_that_cannot_be_lowered_has_no_cost() -> None:
    conv = b.Conv(id="c", filters=3, kernel_size=9, padding="valid")
    with pytest.raises(DesignError, match="c: the kernel of 9 x 9 is larger than its input of 4 x 4"):
        cost(Design(input_shape=(4, 4, 3), blocks=(conv, b.Head())))


def test_the_largest_sizes_are_counted_exactly() -> None:
    """Python's whole numbers have no end; nothing is rounded on the way."""
    conv = b.Conv(filters=65536, kernel_size=4096)
    report = cost(Design(input_shape=(4096, 4096, 4096), classes=65536, blocks=(conv, b.GlobalPool(), b.Head())))
    kernel = 4096 * 4096 * 4096 * 65536
    assert report.larq.macs == kernel * 4096 * 4096 + 65536 * 65536


def test_costs_need_neither_tensorflow_nor_streamlit() -> None:
    """In a process of its own, for another test may have imported them here."""
    program = (
        "import sys, bnn_designer.cost, bnn_designer.design\n"
        "from bnn_designer.design.presets import preset\n"
        "bnn_designer.cost.cost(preset('binarynet'))\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "bnn_designer" in finished.stdout
    for heavy in ("tensorflow", "keras", "streamlit", "pandas", "numpy", "sqlalchemy"):
        assert f"'{heavy}'" not in finished.stdout
