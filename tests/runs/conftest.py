"""A store of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bnn_designer.runs.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(home=tmp_path / "home", url=f"sqlite:///{tmp_path / 'home' / 'runs.sqlite'}")
    yield store
    store.close()
