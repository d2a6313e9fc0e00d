"""The kernels are built once for all tests, into a folder that the next run of the tests finds again."""

from __future__ import annotations

import pytest

from bnn_designer import kernels


@pytest.fixture(scope="session", autouse=True)
def _library() -> None:
    assert kernels.available(), kernels.unavailable_reason()
