"""Databases of programs before the steps had rows of their own, written as those wrote them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.schema import CreateTable

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.errors import DesignError
from bnn_designer.runs.connection import open_engine
from bnn_designer.runs.drafts import MAX_STEPS, DraftError, Drafts
from bnn_designer.runs.drafts.migration import OLD_DRAFTS
from bnn_designer.runs.store import Store
from tests.runs.drafts.changes import naming

ROOT = Path(__file__).parents[3]

#: The table as the old program made it.
OLD_TABLE = """
CREATE TABLE draft (
    id VARCHAR(16) NOT NULL,
    name TEXT NOT NULL,
    history TEXT NOT NULL,
    recipe TEXT,
    version INTEGER NOT NULL,
    updated_at FLOAT NOT NULL,
    PRIMARY KEY (id)
)
"""
OLD_SCHEMA = "CREATE TABLE store_schema (id INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (id))"


def data(name: str) -> dict[str, Any]:
    """A design as the old program stored it inside a history."""
    return Design(name=name).model_dump(mode="json")


def write_old(url: str, *drafts: tuple[str, Any]) -> None:
    """A database of such a program. Drafts by id, each with its history as data or text."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(OLD_TABLE)
        connection.exec_driver_sql(OLD_SCHEMA)
        connection.exec_driver_sql("INSERT INTO store_schema (id, version) VALUES (1, 1)")
        for number, (draft_id, history) in enumerate(drafts):
            text = history if isinstance(history, str) else json.dumps(history)
            values = {"id": draft_id, "name": "n", "history": text, "recipe": '{"epochs": 3}', "version": 7}
            connection.execute(insert(OLD_DRAFTS).values(values | {"updated_at": 1.7e9 + number}))
    engine.dispose()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


def opened(url: str) -> Drafts:
    return Drafts(Store(url=url).engine)


def left_behind(url: str) -> list[str]:
    with open_engine(url).connect() as connection:
        return sorted(connection.execute(select(OLD_DRAFTS.c.id)).scalars())


def test_the_old_table_is_known_by_its_name_and_columns(url: str) -> None:
    made = str(CreateTable(OLD_DRAFTS).compile(open_engine(url)))
    for line in ("id VARCHAR(16)", "history TEXT NOT NULL", "recipe TEXT", "version INTEGER NOT NULL"):
        assert line in OLD_TABLE
        assert line in made


def test_a_draft_is_moved_with_its_history(url: str) -> None:
    history = {"past": [data("0"), data("1")], "present": data("2"), "future": [data("3")]}
    write_old(url, ("d1", history))
    drafts = opened(url)
    moved = drafts.get("d1")
    assert (moved.design, moved.revision, moved.recipe_json) == (Design(name="2"), 7, '{"epochs": 3}')
    assert (moved.undo_steps, moved.redo_steps, moved.updated_at.timestamp()) == (2, 1, 1.7e9)
    assert [drafts.undo("d1").name, drafts.undo("d1").name, drafts.undo("d1").name] == ["1", "0", "0"]
    assert [drafts.redo("d1").name for _ in range(3)] == ["1", "2", "3"]
    assert left_behind(url) == []


def test_documents_of_older_schemas_are_read(url: str) -> None:
    old = data("old") | {"schema_version": 1}
    write_old(url, ("d1", {"past": [old], "present": old}))
    drafts = opened(url)
    assert drafts.get("d1").design == Design(name="old")
    assert drafts.undo("d1").design == Design(name="old")


def test_a_long_history_is_cut(url: str) -> None:
    history = {"past": [data(str(step)) for step in range(MAX_STEPS + 5)], "present": data("now"), "future": []}
    write_old(url, ("d1", history))
    drafts = opened(url)
    assert drafts.get("d1").undo_steps == MAX_STEPS
    for _ in range(MAX_STEPS):
        undone = drafts.undo("d1")
    assert undone.name == "5"


def test_the_list_and_its_order_stay(url: str) -> None:
    write_old(url, ("d1", {"present": data("first")}), ("d2", {"present": preset("bi-real-net").model_dump()}))
    assert [(item.id, item.name) for item in opened(url).recent()] == [("d2", "bi-real-net"), ("d1", "first")]


BAD_HISTORIES = [
    "",
    "[]",
    "null",
    "5",
    "{}",
    "{",
    "[" * 100_000,
    "9" * 5000,
    '{"present": 5}',
    '{"present": null}',
    '{"present": {"classes": 0}}',
    '{"present": {"schema_version": 99}}',
    '{"present": {}, "past": 5}',
    '{"present": {}, "past": null}',
    '{"present": {}, "past": "ab"}',
    '{"present": {}, "future": {"a": 1}}',
]


def test_what_cannot_be_read_stays_where_it_was_and_hides_nothing(url: str) -> None:
    bad = [(f"bad{number}", text) for number, text in enumerate(BAD_HISTORIES)]
    write_old(url, *bad, ("good", {"present": data("good")}))
    drafts = opened(url)
    assert [item.id for item in drafts.recent()] == ["good"]
    assert left_behind(url) == sorted(draft_id for draft_id, _ in bad)
    with pytest.raises(DraftError, match="there is no such draft"):
        drafts.get("bad0")


def test_a_broken_step_is_told_when_undo_comes_to_it(url: str) -> None:
    write_old(url, ("d1", {"past": [7], "present": data("now")}))
    drafts = opened(url)
    with pytest.raises(DesignError, match="must be a JSON object"):
        drafts.undo("d1")
    assert drafts.get("d1").name == "now"


def test_moved_once(url: str) -> None:
    write_old(url, ("d1", {"present": data("old")}))
    drafts = opened(url)
    drafts.change("d1", naming("new"))
    assert opened(url).get("d1").name == "new"


def test_processes_that_open_an_old_database_at_once_move_each_draft_once(url: str) -> None:
    count = 40
    write_old(url, *((f"d{number}", {"past": [data("0")], "present": data("1")}) for number in range(count)))
    command = "import sys; from bnn_designer.runs.store import Store; from bnn_designer.runs.drafts import Drafts; "
    command += "print(len(Drafts(Store(url=sys.argv[1]).engine).recent(1000)))"
    processes = [
        subprocess.Popen([sys.executable, "-c", command, url], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]
    for process in processes:
        output, _ = process.communicate()
        assert (process.returncode, output.strip()) == (0, str(count))
    drafts = opened(url)
    assert {drafts.get(item.id).undo_steps for item in drafts.recent(1000)} == {1}
    assert left_behind(url) == []
