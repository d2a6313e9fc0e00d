"""The program of docs/moving-from-larq.md runs, and its table is Larq's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnn_designer.larq.models import ModelProfile

DOCUMENT = Path(__file__).parents[2] / "docs" / "moving-from-larq.md"


def test_the_tutorials_network_counts_as_in_larq_and_trains(capsys: Any) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)  # the document's own
    printed = capsys.readouterr().out
    assert "13.19 KiB" in printed
    model = names["model"]
    found = ModelProfile(model)
    kernels = [3 * 3 * 1 * 32, 3 * 3 * 32 * 64, 3 * 3 * 64 * 64, 3 * 3 * 64 * 64, 64 * 10]
    assert found.weight_count(1) == sum(kernels) == 93_088
    assert found.weight_count() == sum(kernels) + 2 * (32 + 64 + 64 + 64 + 10) == 93_556
    assert found.op_count("mac") == 2_794_240
    assert found.op_count("mac", 1) / found.op_count("mac") == pytest.approx(0.9303, abs=5e-5)
    rng = np.random.default_rng(0)
    history = model.fit(rng.random((8, 28, 28, 1)), rng.integers(0, 10, 8), batch_size=8, verbose=0)
    assert np.isfinite(history.history["loss"][0])
