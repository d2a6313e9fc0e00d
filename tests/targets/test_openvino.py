"""OpenVINO's verdicts, held to the plugin itself: what it compiles, and what runs in bits then."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.targets import verdicts

PYTHON = os.environ.get("BNN_OPENVINO_PYTHON")
SCRIPT = Path(__file__).with_name("openvino_compiles.py")

#: Kernel, stride, dilation, padding, and the side of the image.
GEOMETRIES = [
    geometry
    for geometry in itertools.product((1, 3, 5, 7, 9, 11), (1, 2), (1, 2), ("same", "valid"), (1, 2, 7, 16))
    if not (geometry[1] > 1 and geometry[2] > 1)
    and (geometry[3] == "same" or geometry[2] * (geometry[0] - 1) + 1 <= geometry[4])
]


def verdict_of(kernel: int, stride: int, dilation: int, padding: str, side: int) -> str:
    block = b.BinaryConv.model_validate(
        {"id": "x", "filters": 32, "kernel_size": kernel, "strides": stride, "dilation": dilation, "padding": padding}
    )
    design = Design(
        input_shape=(side, side, 32), blocks=(b.Conv(filters=32, kernel_size=1), block, b.GlobalPool(), b.Head())
    )
    return verdicts(design)["x"]["openvino"].state


def test_the_geometries_have_every_verdict() -> None:
    assert {verdict_of(*geometry) for geometry in GEOMETRIES} == {"bits", "float"}


@pytest.mark.skipif(not PYTHON, reason="BNN_OPENVINO_PYTHON names no Python with openvino")
def test_the_plugin_takes_what_the_verdict_says() -> None:
    assert PYTHON is not None
    done = subprocess.run(
        [PYTHON, str(SCRIPT)], input=json.dumps(GEOMETRIES), capture_output=True, text=True, timeout=300, check=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    # What stays in floats also runs on some processors, such as those with AVX-512; there its sums may be wrong.
    for geometry, one in zip(GEOMETRIES, found, strict=True):
        if verdict_of(*geometry) == "bits":
            assert one["compiles"], (geometry, one)
            assert "uint1_t" in one["reads"], (geometry, one)
    assert not all(one["compiles"] for one in found)
