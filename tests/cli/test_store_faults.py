"""Stores that cannot do their work, at the terminal: what is waited for, what is wrong, no traceback, exit status 2."""

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


#: What is done to a store, and what a command that reads a run then says.
BREAKS = [
    ("DROP TABLE run", "tables or columns of the store are missing (no such table: run)"),
    ("UPDATE alembic_version SET version_num = '9999'", "Update the program, or set BNN_HOME to another folder."),
    ("INSERT INTO alembic_version VALUES ('0000')", "has 2 rows ['0000', "),
    ("DROP TABLE alembic_version; INSERT INTO store_schema VALUES (2, 7)", "has 2 rows [2, 7] instead of one"),
]


@pytest.mark.parametrize(("statements", "words"), BREAKS, ids=lambda text: text[:20])
def test_what_is_wrong_is_one_paragraph(home: Path, statements: str, words: str) -> None:
    other = sqlite3.connect(home / "bnn-designer.sqlite")
    other.executescript(statements)
    other.close()
    result = CliRunner().invoke(main, ["pack", "ab12cd34", "-o", str(home / "out.bnn")])
    assert (result.exit_code, result.stdout) == (2, "")
    (paragraph,) = result.stderr.splitlines()
    assert paragraph.startswith("Error: ")
    assert str(home / "bnn-designer.sqlite") in paragraph
    assert words in paragraph
    assert not (home / "out.bnn").exists()


def test_a_damaged_file_is_one_paragraph(home: Path) -> None:
    for path in home.glob("bnn-designer.sqlite*"):
        path.unlink()
    (home / "bnn-designer.sqlite").write_bytes(b"scribble" * 1000)
    result = CliRunner().invoke(main, ["pack", "ab12cd34", "-o", str(home / "out.bnn")])
    assert result.exit_code == 2
    assert "the store is damaged, or the file is no SQLite database" in result.stderr
    assert len(result.stderr.splitlines()) == 1
