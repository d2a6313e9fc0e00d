"""Fetches the files of a data set, checks them, and puts them in place in one step.

They live in a temporary folder beside the target until everything is checked; the last act is one rename, so that
another process sees the whole data set or none of it, whenever this one is stopped.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pooch
from tqdm import tqdm

from bnn_designer.training.data.images import DATA_DIR_VARIABLE, DataError, Loading, Progress
from bnn_designer.training.data.source import RemoteFile, Source

# Seconds without a byte before a connection counts as dead: long enough for a slow mirror, short enough to tell.
TIMEOUT_S = 30
CHUNK_BYTES = 1 << 18


class _ProgressBar:
    """What pooch calls on a progress bar: draws one where standard error is a terminal, and tells ``progress``.

    Args:
        title: of the set.
        before_bytes, after_bytes: of the files of the set that were received already, and that come later.
    """

    def __init__(self, title: str, before_bytes: int, after_bytes: int, progress: Progress | None) -> None:
        self.total = 0
        self._title = title
        self._before_bytes, self._after_bytes = before_bytes, after_bytes
        self._progress = progress
        self._done_bytes = 0
        self._bar: Any = None

    def update(self, count_bytes: int) -> None:
        if self._bar is None:
            self._bar = tqdm(desc=self._title, total=self.total or None, unit="B", unit_scale=True, disable=None)
        # pooch counts whole chunks, the last one included
        done_bytes = min(self._done_bytes + count_bytes, self.total or sys.maxsize)
        self._bar.update(done_bytes - self._done_bytes)
        self._done_bytes = done_bytes
        if self._progress:
            total = self._before_bytes + self.total + self._after_bytes if self.total else 0
            self._progress(Loading(f"Downloading {self._title}", self._before_bytes + done_bytes, total, "bytes"))

    def reset(self) -> None:
        """pooch starts its bar anew just before it fills it; this one is full by then."""

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def download(source: Source, target_parent: Path, *, progress: Progress | None = None) -> Path:
    """Downloads and unpacks a data set; returns its folder, the first of ``source.folders`` in ``target_parent``.

    Args:
        source: what to fetch.
        target_parent: the folder to put the data in, made if need be.
        progress: told of the bytes received, beside the progress bar on the terminal.

    Raises:
        DataError: no connection, a wrong checksum, files that are not those of the set, or no place to write to.
            Nothing is left behind.
    """
    target = target_parent / source.folders[0]
    try:
        target_parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{source.name}-", dir=target_parent) as temporary:
            files = _fetch_all(source, Path(temporary), progress)
            unpacked = Path(temporary) / "unpacked"
            unpacked.mkdir()
            source.unpack(files, unpacked, source.remote[0].url)
            _check(source, unpacked)
            _move_into_place(source, unpacked, target)
    except OSError as error:
        mend = f"Free some space, or set BNN_CACHE_DIR to a writable folder, or {DATA_DIR_VARIABLE}"
        raise DataError(str(target), f"the data cannot be written ({error})", mend) from error
    return target


def _fetch_all(source: Source, folder: Path, progress: Progress | None) -> list[Path]:
    files: list[Path] = []
    before_bytes = 0
    for index, remote in enumerate(source.remote):
        after_bytes = sum(later.size_bytes for later in source.remote[index + 1 :])
        bar = _ProgressBar(source.title, before_bytes, after_bytes, progress)
        files.append(_fetch(source, remote, folder, bar))
        before_bytes += files[-1].stat().st_size
    return files


def _fetch(source: Source, remote: RemoteFile, folder: Path, bar: _ProgressBar) -> Path:
    downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT_S, chunk_size=CHUNK_BYTES)
    mend = f"Check the network and try again, or set {DATA_DIR_VARIABLE} to a folder that holds {source.folders[0]}"
    try:
        return Path(
            pooch.retrieve(
                remote.url, known_hash=remote.checksum, fname=remote.name, path=folder, downloader=downloader
            )
        )
    except ValueError as error:
        # pooch's own word for a checksum that differs
        raise DataError(remote.url, f"what was downloaded is not the published file ({error})", mend) from error
    except OSError as error:
        # every error of requests is one of these, a connection cut off in mid-file included
        raise DataError(remote.url, f"the download failed ({type(error).__name__}: {error})", mend) from error


def _check(source: Source, folder: Path) -> None:
    """Reads all of it once, before it is anybody's data."""
    try:
        source.read(folder)
    except DataError as error:
        url = source.remote[0].url
        mend = f"Try again later, or set {DATA_DIR_VARIABLE} to a folder that holds {source.folders[0]}"
        raise DataError(url, f"{Path(error.path).name} in what it offers is damaged: {error.rule}", mend) from error


def _move_into_place(source: Source, unpacked: Path, target: Path) -> None:
    try:
        os.rename(unpacked, target)
    except OSError:
        # Another process was faster: a folder that is not empty cannot be renamed over. Its data is as good as ours.
        source.read(target)
