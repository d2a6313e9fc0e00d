"""Every layer beside Larq's own, where Larq can be had: outputs and gradients of random configurations, both engines.

Set BNN_LARQ_PYTHON to a Python that has it (larq 0.14.0 with TensorFlow 2.15); it need not run these tests.
``-s`` prints the counts.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import nn
from tests.larq import peer_layers
from tests.larq.layer_cases import KINDS, case

LARQ_PYTHON = os.environ.get("BNN_LARQ_PYTHON")
CASES = 40
Cases = list[tuple[dict[str, Any], list[Any]]]

pytestmark = pytest.mark.skipif(not LARQ_PYTHON, reason="BNN_LARQ_PYTHON names no Python with larq")


@pytest.fixture(scope="module")
def cases() -> Cases:
    return [case(kind, seed) for kind in KINDS for seed in range(CASES)]


@pytest.fixture(scope="module")
def of_larq(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Any:
    assert LARQ_PYTHON is not None
    folder = tmp_path_factory.mktemp("larq")
    (folder / "cases.json").write_text(json.dumps([described for described, _ in cases]))
    arrays = {
        f"{i}/{'x' if j == 0 else f'w{j - 1}'}": array
        for i, (_, arrays) in enumerate(cases)
        for j, array in enumerate(arrays)
    }
    np.savez(folder / "arrays.npz", **arrays)
    files = [str(folder / name) for name in ("cases.json", "arrays.npz", "results.npz")]
    script = str(Path(peer_layers.__file__))
    run = subprocess.run(
        [LARQ_PYTHON, script, *files], capture_output=True, text=True, check=False, timeout=600, env={"PATH": ""}
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return np.load(files[-1])


def relative(got: Any, expected: Any) -> float:
    return float(np.linalg.norm(got - expected)) / max(float(np.linalg.norm(expected)), 1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_and_gradients_are_larq_s(kind: str, cases: Cases, of_larq: Any) -> None:
    different, counts = [], Counter[str]()
    for i, (described, (x, *weights)) in enumerate(cases):
        if described["layer"] != kind:
            continue
        for engine in ("xnor", "float"):
            arguments = {**described["arguments"], "engine": engine}
            layer = peer_layers.layer_of(nn, nn, {**described, "arguments": arguments})
            got = peer_layers.outputs_and_gradients(tf, layer, x, weights)
            counts[f"engine={engine!r}, computed in {layer.engine_used}"] += 1
            assert {f"{i}/{name}" for name in got} == {name for name in of_larq.files if name.startswith(f"{i}/")}
            far = {name: relative(value, of_larq[f"{i}/{name}"]) for name, value in got.items()}
            if max(far.values()) > 1e-5:
                different.append((engine, layer.engine_used, described["arguments"], x.shape, far))
    print(f"\n{kind}: {sum(counts.values())} comparisons, {dict(counts)}, {len(different)} different")
    assert not different, different[:5]
