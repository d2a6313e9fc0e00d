"""``bnn-designer class``: the classes of a server, and the end of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bnn_designer.cli.main import main
from bnn_designer.runs.classes import Classes, Members
from bnn_designer.runs.store import Store


def test_classes_are_listed_and_one_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    none = CliRunner().invoke(main, ["class", "list"])
    assert (none.exit_code, none.stdout) == (0, "")
    assert "No class was made here yet" in none.stderr
    store = Store()
    classes = Classes(store.engine)
    (first, _), (second, key) = classes.create("7b [red]"), classes.create("8a")
    Members(store.engine).join(second.id)
    classes.end(first.id)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["class", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    lines = run("list").splitlines()
    assert [line.split()[0] for line in lines] == [second.id, first.id]
    assert "1 member  8a" in lines[0]
    assert "0 members  7b [red], ended" in lines[1]
    assert key not in run("list", "--json")
    assert [one["members"] for one in json.loads(run("list", "--json"))] == [1, 0]
    assert "the class '8a' is deleted, with 1 member." in run("delete", second.id)
    assert classes.all() == [classes.by_id(first.id)]
    result = CliRunner().invoke(main, ["class", "delete", second.id])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no such class. `bnn-designer class list` prints all." in result.stderr
