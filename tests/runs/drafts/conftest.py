"""Drafts in an SQLite file of their own and, where ``BNN_TEST_POSTGRESQL`` has a URL, in an empty database there.

That database is the tests' own: every table in it is dropped before each test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine

from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store

POSTGRESQL = os.environ.get("BNN_TEST_POSTGRESQL")


@pytest.fixture(params=["sqlite", POSTGRESQL] if POSTGRESQL else ["sqlite"], ids=lambda address: address.split(":")[0])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    address = str(request.param)
    if address == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    engine = create_engine(address)
    tables = MetaData()
    tables.reflect(engine)
    tables.drop_all(engine)
    engine.dispose()
    return address


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    store = Store(url=url, home=tmp_path)
    yield store
    store.close()


@pytest.fixture
def drafts(store: Store) -> Drafts:
    return Drafts(store.engine)
