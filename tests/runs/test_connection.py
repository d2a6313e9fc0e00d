"""Addresses of databases: which driver they mean, what is said where they cannot be used, and never a password."""

from __future__ import annotations

import builtins
import traceback
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bnn_designer.runs.connection import open_engine, read_address, shown
from bnn_designer.runs.faults import StoreFault
from bnn_designer.runs.store import Store, StoreError
from tests import postgresql


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_plain_postgresql_means_psycopg_3(scheme: str) -> None:
    address = read_address(f"{scheme}://me:pw@host:5433/bnn")
    assert (address.drivername, address.database, address.port) == ("postgresql+psycopg", "bnn", 5433)


PASSWORD = "s3cret"

#: Addresses that cannot be used, each with the password in a place of its own.
UNUSABLE = [
    ("no s3cret address", "cannot be used"),
    ("nodatabase://me:s3cret@x/y", "cannot be used"),
    ("postgresql://me:s3cret@localhost:port/bnn", "cannot be used"),
    ("postgresql://me:s3/c@s3cret@localhost:port/bnn", "cannot be used"),
    ("postgresql://me:s3cret@localhost:1/bnn", "cannot be reached"),
    ("postgresql://localhost:1/bnn?user=me&password=s3cret", "cannot be reached"),
    ("postgresql+nodriver://me:s3cret@localhost:1/bnn", "cannot be used"),
]


@pytest.mark.parametrize(("url", "message"), UNUSABLE)
def test_what_cannot_be_used_says_so_without_the_password(tmp_path: Path, url: str, message: str) -> None:
    if "reached" in message:
        pytest.importorskip("psycopg", reason=f"psycopg is not installed: {postgresql.INSTALL}")
    with pytest.raises(StoreError, match=message) as caught:
        Store(url=url, home=tmp_path)
    assert "BNN_STORE_URL" in str(caught.value)
    if url.startswith("no "):  # a word like any other
        return
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in shown(url)


def test_a_missing_driver_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_psycopg(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "psycopg":
            raise ImportError("No module named 'psycopg'", name="psycopg")
        return original(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_psycopg)
    url = f"postgresql://me:{PASSWORD}@localhost/bnn"
    with pytest.raises(StoreError, match=r"pip install 'bnn-designer\[postgresql\]'") as caught:
        Store(url=url, home=tmp_path)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_database_that_is_not_there(postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match=r"does not let the program in .*does not exist") as caught:
        Store(url=postgresql_server.url("nowhere"), home=tmp_path)
    assert caught.value.kind == "refused"


def test_a_server_that_was_started_again_is_used_again(postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    store = Store(url=postgresql_server.new_database(), home=tmp_path)
    with store.engine.connect() as connection, open_engine(store.url).connect() as other:
        mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.rollback()
        other.execute(text(f"SELECT pg_terminate_backend({mine})"))
        with pytest.raises(StoreFault, match="cannot be reached") as caught:
            connection.execute(text("SELECT 1"))
    assert caught.value.kind == "unreachable"
    assert store.runs() == []  # with a connection of its own
    store.close()


def test_a_connection_that_was_lost_while_nobody_used_it_is_made_anew(
    postgresql_server: postgresql.Server, tmp_path: Path
) -> None:
    """As after a restart of the server, with a page open: the next look must not fail."""
    store = Store(url=postgresql_server.new_database(), home=tmp_path)
    with store.engine.connect() as connection:
        idle = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with open_engine(store.url).connect() as other:
        other.execute(text(f"SELECT pg_terminate_backend({idle}, 10000)"))
    assert store.runs() == []
    store.close()


def test_an_sqlite_file_is_opened_for_several_processes_and_for_power_cuts(tmp_path: Path) -> None:
    store = Store(url=f"sqlite:///{tmp_path / 'a.sqlite'}", home=tmp_path, patience_s=2.5)
    with store.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    # 2: FULL, a commit is on disk when it returns
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 2500, "synchronous": 2}
    store.close()
