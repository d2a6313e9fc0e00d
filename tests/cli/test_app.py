"""``bnn-designer app``: what it hands over to the server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from bnn_designer.cli.app import APP_FILE
from bnn_designer.cli.main import main


def test_the_server_takes_the_commands_place_with_the_same_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself is started by tests/browser; here is what it would be."""
    handed: list[tuple[list[str], dict[str, str], str]] = []
    monkeypatch.setattr(
        os, "execve", lambda program, command, variables: handed.append((command, variables, os.getcwd()))
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BNN_HOME", "home")
    monkeypatch.delenv("BNN_CACHE_DIR", raising=False)
    result = CliRunner().invoke(main, ["app", "--server.port", "8600"])
    assert (result.exit_code, result.output) == (0, "")
    ((command, variables, folder),) = handed
    assert command[1:] == ["-m", "bnn_designer.ui.serve", "run", str(APP_FILE), "--server.port", "8600"]
    assert (variables["BNN_HOME"], "BNN_CACHE_DIR" in variables) == (str(tmp_path / "home"), False)
    assert folder == str(APP_FILE.parent)
