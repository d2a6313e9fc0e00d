"""The folders of runs, with their checkpoints and logs: copied while runs write in them, and counted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from bnn_designer.files import sync, sync_folder
from bnn_designer.runs.database import StoreError

FOLDER = "runs"


def copy_folders(home: Path, target: Path, run_ids: Iterable[str]) -> int:
    """Copies the folders of some runs into another home, and returns how many there were.

    What a run is just writing has a name that begins with a dot until it is whole, and is left out. A file that is
    replaced meanwhile is copied as it was or as it is then.

    Raises:
        StoreError: a folder is there already, or cannot be written.
    """
    copied = 0
    try:
        for run_id in run_ids:
            source, copy = home / FOLDER / run_id, target / FOLDER / run_id
            if not source.is_dir():
                continue
            if copy.exists():
                raise StoreError(f"{copy}: the folder is there already. Name a home without that run.")
            copy.mkdir(parents=True)
            for path in _files(source):
                _copy_file(path, copy / path.relative_to(source))
            copied += 1
        if copied:
            sync_folder(target / FOLDER)
    except OSError as error:
        raise StoreError(
            f"{error.filename or target}: the folders of runs cannot be copied ({error.strerror}). Make room there, or "
            "name another folder."
        ) from error
    return copied


def used_bytes(folder: Path) -> int:
    """What the files in a folder take; what is deleted meanwhile counts for nothing."""
    return sum(_size(path) for path in _files(folder, hidden=True))


def found_ids(home: Path) -> set[str]:
    """The ids of the runs that have a folder."""
    try:
        return {path.name for path in (home / FOLDER).iterdir() if path.is_dir()}
    except OSError:
        return set()


def _files(folder: Path, *, hidden: bool = False) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            if hidden or not name.startswith("."):
                yield Path(place) / name


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:  # deleted since it was listed
        return
    sync(target)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
