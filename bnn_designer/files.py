"""Files that are whole or not there, after a power cut too; pipes and devices are neither read nor written."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from bnn_designer.errors import BnnDesignerError

# What file systems answer that have no such thing as writing a folder to disk (some network and FUSE ones).
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}

_OTHER_NAME = "Choose another name, or allow overwriting it (--force; in Python overwrite=True)."


def open_file(path: Path) -> BinaryIO:
    """Opens a file to be read, and nothing else: a pipe would wait for who writes, and a device may never end.

    Raises:
        OSError: it cannot be read, or is no file. ``strerror`` says which.
    """
    # Where there is no such flag (Windows) there are no pipes among the files either.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    other = _other_than_file(os.fstat(descriptor).st_mode)
    if other:
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"it is {other}, not a file", str(path))
    return os.fdopen(descriptor, "rb")


def write_text(path: Path, text: str, *, overwrite: bool) -> None:
    """Writes a text file, in UTF-8; see :func:`write_bytes`."""
    write_bytes(path, text.encode(), overwrite=overwrite)


def write_bytes(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Writes a file in one step: a reader sees the old file or the whole new one, and so does who comes after a crash.

    Raises:
        BnnDesignerError: the file is there and may not be overwritten, or is a device or such, or cannot be written.
    """
    check_target(path, overwrite=overwrite)
    temporary: str | None = None
    try:
        path = Path(os.path.realpath(path))  # through a link, which stays one
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".", delete=False) as file:
            temporary = file.name
            file.write(data)
        # A temporary file is readable by its owner only; what is written is as readable as the user's other files.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        replace_durably(Path(temporary), path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        mend = "Choose a shorter name" if error.errno == errno.ENAMETOOLONG else "Choose another folder"
        raise BnnDesignerError(f"{path}: the file cannot be written: {error.strerror}. {mend}.") from None
    except ValueError as error:  # a name that no file can have
        raise BnnDesignerError(f"{path}: the file cannot be written: {error}. Choose another name.") from None


def check_target(path: Path, *, overwrite: bool) -> None:
    """Whether a file may get this name: a rename would put it in the place of a device, too.

    Raises:
        BnnDesignerError: it may not.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return  # nothing there, or nothing that can be there, which writing tells
    other = _other_than_file(mode)
    if other:
        raise BnnDesignerError(f"{path}: this is {other}, not a file. Choose another name.")
    if not overwrite:
        raise BnnDesignerError(f"{path}: the file already exists. {_OTHER_NAME}")


_OTHERS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


def _other_than_file(mode: int) -> str | None:
    return next((name for is_one, name in _OTHERS.items() if is_one(mode)), None)


def write_folder(path: Path, files: dict[str, bytes], *, overwrite: bool) -> None:
    """Writes a folder of files, without folders in it: it is there with all of them, or as it was before.

    A folder that is there is replaced where it is empty, or may be overwritten and holds nothing but files of these
    names, so that nobody else's are lost.

    Raises:
        BnnDesignerError: it is there and may not be replaced, or it cannot be written.
    """
    temporary: Path | None = None
    try:
        old = sorted(one.name for one in path.iterdir()) if path.is_dir() and not path.is_symlink() else None
        if old is None and (path.exists() or path.is_symlink()):
            raise BnnDesignerError(f"{path}: it is there already and is no folder. Choose another name.")
        if old and not overwrite:
            raise BnnDesignerError(f"{path}: the folder already exists. {_OTHER_NAME}")
        if others := [name for name in old or () if name not in files or not (path / name).is_file()]:
            raise BnnDesignerError(f"{path}: the folder holds {others[0]}, which would be lost. Choose another folder.")
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix="."))
        partial, before = temporary / "new", temporary / "old"
        partial.mkdir()
        for name, data in files.items():
            (partial / name).write_bytes(data)
            sync(partial / name)
        sync_folder(partial)
        if old is not None:
            os.rename(path, before)
        try:
            os.rename(partial, path)
        except OSError:
            if old is not None:
                os.rename(before, path)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise BnnDesignerError(
            f"{path}: the folder cannot be written: {error.strerror}. Choose another folder."
        ) from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def replace_durably(partial: Path, target: Path) -> None:
    """Gives a finished file its name, in place of what had it: after a power cut the old file or the new one is there.

    A rename alone is no promise: XFS, and ext4 without auto_da_alloc, may write the new name to disk before the new
    contents, and a power cut in between leaves 0 bytes. So the contents go to disk first, then the name.

    Args:
        partial: a closed file in the same folder.
        target: its name from now on.

    Raises:
        OSError: it cannot be written. The old file is still there, unless only the folder could not be.
    """
    sync(partial)
    os.replace(partial, target)
    sync_folder(target.parent)


def sync(path: Path) -> None:
    """Has the contents of a closed file on disk when it returns; raises OSError where they cannot be."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Has the names in a folder on disk when it returns; raises OSError where they cannot be.

    Where the file system, or Windows, knows no such thing, there is nothing to do.
    """
    try:
        sync(folder)
    except PermissionError:
        if os.name != "nt":
            raise
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
