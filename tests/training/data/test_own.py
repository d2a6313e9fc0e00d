"""Sets of one's own: which are found, and that a page sees at once where one changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer.training.data import SETS, DataError, data_name, describe_data, load, own_sets
from tests.training.data.made import write_idx_set, write_npz, write_picture, write_pictures


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for data, empty; so is that in the home folder."""
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_what_lies_in_the_folders_for_data_is_found(folder: Path, tmp_path: Path) -> None:
    assert own_sets() == []
    write_npz(folder / "shapes.npz")
    write_pictures(folder / "flowers", {"a": 10, "b": 10})
    write_idx_set(folder / "kuzushiji", 10, 10)
    write_idx_set(folder / "mnist", 10, 10)  # a published set's place
    write_picture(folder / "loose.png")
    write_pictures(folder / ".hidden", {"a": 1})
    (folder / "empty").mkdir()
    write_npz(tmp_path / "home" / "data" / "mine.npz")
    assert [path.name for path in own_sets()] == ["flowers", "kuzushiji", "mine.npz", "shapes.npz"]
    assert all(describe_data(str(path)).path == path for path in own_sets())


def test_a_set_that_changed_is_looked_at_anew(folder: Path) -> None:
    path = write_npz(folder / "own.npz")
    assert str(describe_data(str(path)).facts) == "own: 6 x 5 x 3, 3 classes"
    write_npz(path, shape=(7, 7, 1), classes=4)
    assert str(describe_data(str(path)).facts) == "own: 7 x 7 x 1, 4 classes"
    path.write_bytes(b"no archive")
    assert "cannot be read as an .npz file" in str(describe_data(str(path)))


def test_a_path_in_a_recipe_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert data_name("flowers") == str(folder / "flowers")
    assert data_name("mnist") == "mnist"


def test_what_the_system_refuses_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name longer than any that a file may have: as root, no folder is closed to a test."""
    long = "/" + 300 * "a"
    assert "it cannot be read (File name too long)" in str(describe_data(long))
    with pytest.raises(DataError, match="File name too long"):
        load(long)
    monkeypatch.setenv("BNN_DATA_DIR", long)
    for name in SETS:
        assert "cannot be looked for there (File name too long)" in str(describe_data(name))
        with pytest.raises(DataError, match="BNN_CACHE_DIR to a folder that this program may read"):
            load(name, download=True)
    assert own_sets() == []


def test_a_published_set_at_any_place(synthetic_data: Path) -> None:
    """As the folder itself, or the one that holds it."""
    assert describe_data(str(synthetic_data)).title == "CIFAR-10"
    assert load(synthetic_data.parent).facts.title == "CIFAR-10"
