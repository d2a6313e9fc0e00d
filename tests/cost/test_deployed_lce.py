"""Converts designs for real, where Larq Compute Engine can be had.

Set BNN_LCE_PYTHON to a Python that has it (larq-compute-engine 0.16.0 with TensorFlow 2.15, larq and larq's numpy < 2);
it need not be the one that runs the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter

import pytest

from bnn_designer.bench.lce_graph import graph_data
from bnn_designer.bench.peer_lce import CONVERTER
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.graph.liveness import timeline
from bnn_designer.graph.passes import DeployOptions, deploy
from tests.cost.converted import program_of

LCE_PYTHON = os.environ.get("BNN_LCE_PYTHON")


@pytest.mark.skipif(not LCE_PYTHON, reason="BNN_LCE_PYTHON names no Python with larq-compute-engine")
@pytest.mark.parametrize(
    ("name", "binary_dense"),
    [("binarynet", "conv"), ("binarynet", "float"), ("melius-net-cifar", "conv"), ("quicknet-cifar", "conv")],
)
def test_a_converted_design_has_the_figures_that_were_counted(name: str, binary_dense: str) -> None:
    assert LCE_PYTHON is not None
    graph = lower(preset(name))
    options = DeployOptions(binary_dense=binary_dense)
    data = json.dumps(graph_data(graph, dense_as_conv=binary_dense == "conv"))
    run = subprocess.run(
        [LCE_PYTHON, str(CONVERTER)], input=data, capture_output=True, text=True, check=False, timeout=600
    )
    assert run.returncode == 0, run.stderr[-2000:]
    converted = json.loads(run.stdout)
    real = program_of(converted)
    counted = DeployedCost(deploy(graph, options), options)
    assert Counter(op.kind for op in counted.program.operators) == Counter(op.kind for op in real.operators)
    assert counted.weight_bytes == sum(tensor["data_bytes"] for tensor in converted["tensors"])
    assert counted.file_bytes == pytest.approx(converted["file_bytes"], rel=0.01)
    assert counted.arena_bytes == timeline(real).arena_bytes
