"""A store of its own for each test, in an SQLite file and in a database of a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bnn_designer.runs.store import Store
from tests import postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """Started by the first test of a process that needs it; such a test is skipped where none can be."""
    reason = postgresql.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgresql.server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'runs.sqlite'}"
    server: postgresql.Server = request.getfixturevalue("postgresql_server")
    return server.new_database()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    store = Store(home=tmp_path / "home", url=url)
    yield store
    store.close()
