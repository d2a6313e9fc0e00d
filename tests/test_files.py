"""Files that are whole or not there: what a reader sees, and what is on disk in which order."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bnn_designer.errors import BnnDesignerError, BrokenRule
from bnn_designer.files import open_file, replace_durably, sync_folder, write_bytes, write_folder, write_text
from bnn_designer.folders import home_dir

ROOT = Path(__file__).parents[1]


def order_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes what goes to disk and what is renamed, in order: "sync file", "sync folder", "rename"."""
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def spied_fsync(descriptor: int) -> None:
        done.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def spied_replace(source: Path, target: Path) -> None:
        done.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", spied_fsync)
    monkeypatch.setattr(os, "replace", spied_replace)
    return done


@pytest.mark.parametrize("there", [False, True])
def test_contents_go_to_disk_before_the_name_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    target = tmp_path / "a.json"
    if there:
        target.write_text("old")
    done = order_of(monkeypatch)
    write_text(target, "new", overwrite=there)
    assert done == ["sync file", "rename", "sync folder"]
    assert target.read_text() == "new"


def test_the_kernel_is_asked_in_that_order(tmp_path: Path) -> None:
    """The system calls themselves, of a process of its own."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "calls"
    script = "from pathlib import Path; from bnn_designer.files import write_bytes; "
    script += f"write_bytes(Path({str(tmp_path / 'a.bin')!r}), bytes(100), overwrite=True)"
    command = ["strace", "-f", "-y", "-e", "trace=write,fsync,fdatasync,rename,renameat,renameat2", "-o", str(log)]
    traced = subprocess.run([*command, sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    if traced.returncode and "ptrace" in traced.stderr:
        pytest.skip(f"strace may not trace here: {traced.stderr.strip()}")
    assert traced.returncode == 0, traced.stderr
    calls = [
        (call, place.startswith(f"{tmp_path}/"))
        for call, place in re.findall(r"(write|fsync|rename)\w*\((?:\d+<)?\"?([^>\",]*)", log.read_text())
        if place.startswith(str(tmp_path))
    ]
    inside, folder = True, False
    assert calls == [("write", inside), ("fsync", inside), ("rename", inside), ("fsync", folder)]


def test_a_checkpoint_goes_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    partial, target = tmp_path / ".partial", tmp_path / "model.keras"
    partial.write_bytes(b"new")
    target.write_bytes(b"old")
    done = order_of(monkeypatch)
    replace_durably(partial, target)
    assert done == ["sync file", "rename", "sync folder"]
    assert (target.read_bytes(), partial.exists()) == (b"new", False)


def test_a_disk_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(BnnDesignerError, match=r"a\.json: the file cannot be written: Input/output error"):
        write_text(target, "new", overwrite=True)
    assert (target.read_text(), list(tmp_path.iterdir())) == ("old", [target])


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_without_folders_on_disk_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def unknown(_: int) -> None:
        raise OSError(code, "not here")

    monkeypatch.setattr(os, "fsync", unknown)
    sync_folder(tmp_path)


def test_a_file_is_not_overwritten_unasked(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    write_bytes(target, b"one", overwrite=False)
    with pytest.raises(BnnDesignerError, match="already exists"):
        write_bytes(target, b"two", overwrite=False)
    assert target.read_bytes() == b"one"


def test_a_file_is_as_readable_as_the_users_others(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a.bin", b"", overwrite=False)
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o666 & ~0o027


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "a.json", tmp_path / "a.json"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new", overwrite=True)
    assert link.is_symlink()
    assert target.read_text() == "new"


def other_than_files(folder: Path) -> dict[str, Path]:
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    return {"a folder": folder / "folder", "a pipe": folder / "pipe", "a device": Path("/dev/full")}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_neither_replaced_nor_read(tmp_path: Path) -> None:
    for name, path in other_than_files(tmp_path).items():
        before = os.stat(path).st_mode
        with pytest.raises(BnnDesignerError, match=f"this is {name}, not a file"):
            write_text(path, "new", overwrite=True)
        assert os.stat(path).st_mode == before
        with pytest.raises(OSError, match=f"it is {name}, not a file"):
            open_file(path)


@pytest.mark.parametrize(("name", "said"), [("x" * 300, "Choose a shorter name"), ("a\0b", "Choose another name")])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(BnnDesignerError, match=said):
        write_text(tmp_path / name, "new", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_home_of_somebody_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_HOME", "~nosuchuser/x")
    with pytest.raises(BrokenRule, match="BNN_HOME: '~nosuchuser/x' is no path here"):
        home_dir()


FILES = {"a": b"1", "b": b"2"}


def test_a_folder_is_there_with_all_of_its_files(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    write_folder(path, FILES, overwrite=False)
    assert {one.name: one.read_bytes() for one in path.iterdir()} == FILES
    assert stat.S_IMODE(path.stat().st_mode) == 0o777 & ~current_umask()
    with pytest.raises(BnnDesignerError, match="the folder already exists"):
        write_folder(path, {"a": b"3"}, overwrite=False)
    with pytest.raises(BnnDesignerError, match="the folder holds b, which would be lost"):
        write_folder(path, {"a": b"3"}, overwrite=True)
    write_folder(path, {"a": b"3", "b": b"4", "c": b"5"}, overwrite=True)
    assert {one.name: one.read_bytes() for one in path.iterdir()} == {"a": b"3", "b": b"4", "c": b"5"}
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_folder_is_taken_and_a_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_folder(tmp_path / "empty", FILES, overwrite=False)
    assert len(list((tmp_path / "empty").iterdir())) == 2
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("file", "link"):
        with pytest.raises(BnnDesignerError, match="it is there already and is no folder"):
            write_folder(tmp_path / name, FILES, overwrite=True)


@pytest.mark.parametrize("fails", ["write_bytes", "rename"])
def test_a_folder_that_cannot_be_written_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """The disk is full at the second file, or the new folder cannot get its name."""
    path = tmp_path / "folder"
    write_folder(path, FILES, overwrite=False)
    write, rename = Path.write_bytes, os.rename

    def full_write(self: Path, data: bytes) -> int:
        if self.name == "b":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    def failing_rename(source: Path, target: Path) -> None:
        if Path(source).name == "new":
            raise OSError(errno.EACCES, "Permission denied")
        rename(source, target)

    if fails == "write_bytes":
        monkeypatch.setattr(Path, "write_bytes", full_write)
    else:
        monkeypatch.setattr(os, "rename", failing_rename)
    with pytest.raises(BnnDesignerError, match="the folder cannot be written: "):
        write_folder(path, {"a": b"3", "b": b"4"}, overwrite=True)
    assert {one.name: one.read_bytes() for one in path.iterdir()} == FILES
    assert list(tmp_path.iterdir()) == [path]


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
