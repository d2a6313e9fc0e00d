"""Peers that are not there say how to get them; they never count as 0."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.bench import peer_bnn_lab, peer_lce, peer_openvino
from bnn_designer.bench.request import BenchError
from bnn_designer.bench.rows import Missing


@pytest.mark.parametrize(
    ("variable", "find", "install"),
    [
        (peer_bnn_lab.VARIABLE, peer_bnn_lab.find_library, "pip install --no-deps bnn-lab==1.0.0"),
        (peer_lce.PACKAGE.variable, peer_lce.PACKAGE.python_or_missing, "pip install larq-compute-engine==0.16.0"),
        (peer_openvino.PACKAGE.variable, peer_openvino.PACKAGE.python_or_missing, "pip install openvino==2026.4.1"),
    ],
)
class TestMissing:
    def test_without_its_variable(self, variable: str, find, install: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")
        self.expect(find(), "is not set", install, variable)

    def test_with_a_python_that_is_not_there(
        self, variable: str, find, install: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, "/nowhere/python")
        self.expect(find(), "/nowhere/python", install, variable)

    def test_with_a_python_that_lacks_it(
        self, variable: str, find, install: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, sys.executable)
        self.expect(find(), sys.executable, install, variable)

    @staticmethod
    def expect(found: object, *words: str) -> None:
        assert isinstance(found, Missing)
        for word in words:
            assert word in found.how


def test_lce_has_no_wheels_for_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(peer_lce.PACKAGE.variable, raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    found = peer_lce.PACKAGE.python_or_missing()
    assert isinstance(found, Missing)
    assert "this machine is aarch64" in found.how
    assert "pip install" not in found.how


def test_a_process_that_dies_says_what_it_said() -> None:
    images = np.ones((1, 4, 4, 3), np.float32)
    with pytest.raises(BenchError, match=r"its process ended\. It said: [\s\S]*larq_compute_engine"):
        peer_lce.LceProcess(sys.executable, Path("net.tflite"), images, {})
