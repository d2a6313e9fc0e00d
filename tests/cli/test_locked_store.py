"""A store that something else keeps locked: the terminal says what is waited for, and in the end what is wrong."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from bnn_designer.cli import terminal
from bnn_designer.cli.main import main
from bnn_designer.runs import store as runs_store
from bnn_designer.runs.store import Store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a store that waits for a second and is told of soon."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    Store().close()
    monkeypatch.setattr(terminal, "_WORD_AFTER_S", 0.01)
    opened = runs_store.open_engine
    monkeypatch.setattr(runs_store, "open_engine", lambda url, patience_s: opened(url, patience_s=1.0))
    return tmp_path


def test_the_word_comes_before_the_error(home: Path) -> None:
    other = sqlite3.connect(home / "bnn-designer.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    result = CliRunner().invoke(main, ["store", "move", f"sqlite:///{home / 'other.sqlite'}"])
    assert result.exit_code == 2
    waiting, error = result.stderr.splitlines()
    assert waiting.startswith("Waiting for another process that has the store locked")
    assert "another process keeps the store locked, so the change is not saved" in error
    assert not (home / "other.sqlite").exists()
    # a backup only reads, which a lock does not keep it from
    assert CliRunner().invoke(main, ["store", "backup", str(home / "backup")]).exit_code == 0
    other.close()


def test_nothing_is_said_where_nothing_waits(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_WORD_AFTER_S", 60)
    result = CliRunner().invoke(main, ["store", "move", f"sqlite:///{home / 'other.sqlite'}"])
    assert (result.exit_code, result.stderr) == (0, "")
