"""The kernels are built once for all tests, into a folder that the next run of the tests finds again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bnn_designer import kernels


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled objects are kept for this run of the tests, for all its processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "native-objects"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _library() -> None:
    assert kernels.available(), kernels.unavailable_reason()
