"""Fetches the CIFAR-10 archive, checks it, and puts its files in place in one step.

The archive and the unpacked files live in a temporary folder beside the target until everything is checked; the last
act is one rename, so that another process sees the whole data set or none of it, whenever this one is stopped.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pooch
from tqdm import tqdm

from bnn_designer.training.data.cifar10 import FILES, FOLDER, read_folder
from bnn_designer.training.data.images import DATA_DIR_VARIABLE, DataError, DownloadProgress

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
# As published on https://www.cs.toronto.edu/~kriz/cifar.html; that page gives no stronger checksum.
CHECKSUM = "md5:c32a1d4ab5d03f1284b67883e8d87530"

# Seconds without a byte before a connection counts as dead: long enough for a slow mirror, short enough to tell.
TIMEOUT_S = 30
CHUNK_BYTES = 1 << 18


class _ProgressBar:
    """What pooch calls on a progress bar: draws one where standard error is a terminal, and tells ``progress``."""

    def __init__(self, progress: DownloadProgress | None) -> None:
        self.total = 0
        self._progress = progress
        self._done_bytes = 0
        self._bar: Any = None

    def update(self, count_bytes: int) -> None:
        if self._bar is None:
            self._bar = tqdm(desc="CIFAR-10", total=self.total or None, unit="B", unit_scale=True, disable=None)
        # pooch counts whole chunks, the last one included
        done_bytes = min(self._done_bytes + count_bytes, self.total or sys.maxsize)
        self._bar.update(done_bytes - self._done_bytes)
        self._done_bytes = done_bytes
        if self._progress:
            self._progress(done_bytes, self.total)

    def reset(self) -> None:
        """pooch starts its bar anew just before it fills it; this one is full by then."""

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def download_cifar10(
    target_parent: Path, *, url: str = URL, checksum: str = CHECKSUM, progress: DownloadProgress | None = None
) -> Path:
    """Downloads and unpacks the archive; returns ``target_parent / "cifar-10-batches-bin"``.

    Args:
        target_parent: the folder to put the data in, made if need be.
        url: address of the gzipped tar archive.
        checksum: "algorithm:hex digits" that the archive must have.
        progress: told of the bytes received, beside the progress bar on the terminal.

    Raises:
        DataError: no connection, a wrong checksum, an archive that lacks a file, or no place to write to. Nothing is
            left behind.
    """
    target = target_parent / FOLDER
    try:
        target_parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".cifar-10-", dir=target_parent) as temporary:
            archive = _fetch(url, checksum, Path(temporary), progress)
            unpacked = Path(temporary) / FOLDER
            unpacked.mkdir()
            _unpack(archive, unpacked, url)
            _move_into_place(unpacked, target)
    except OSError as error:
        mend = f"Free some space, or set BNN_CACHE_DIR to a writable folder, or {DATA_DIR_VARIABLE}"
        raise DataError(str(target), f"the data cannot be written ({error})", mend) from error
    return target


def _fetch(url: str, checksum: str, folder: Path, progress: DownloadProgress | None) -> Path:
    bar = _ProgressBar(progress)
    downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT_S, chunk_size=CHUNK_BYTES)
    mend = f"Check the network and try again, or set {DATA_DIR_VARIABLE} to a folder that holds {FOLDER}"
    try:
        return Path(
            pooch.retrieve(url, known_hash=checksum, fname="archive.tar.gz", path=folder, downloader=downloader)
        )
    except ValueError as error:
        # pooch's own word for a checksum that differs
        raise DataError(url, f"what was downloaded is not the published file ({error})", mend) from error
    except OSError as error:
        # every error of requests is one of these, a connection cut off in mid-file included
        raise DataError(url, f"the download failed ({type(error).__name__}: {error})", mend) from error


def _unpack(archive: Path, folder: Path, url: str) -> None:
    """Copies the seven known files out of the archive; no name, link or mode of the archive's own is ever used."""
    mend = f"Try again later, or set {DATA_DIR_VARIABLE} to a folder that holds {FOLDER}"
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for name in FILES:
                source = tar.extractfile(f"{FOLDER}/{name}")
                if source is None:
                    raise DataError(url, f"{FOLDER}/{name} is not a plain file in the archive", mend)
                with source, open(folder / name, "wb") as copy:
                    shutil.copyfileobj(source, copy)
    except KeyError as error:
        raise DataError(url, f"the archive lacks a file ({error})", mend) from error
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(url, f"the archive cannot be unpacked ({error})", mend) from error
    try:
        read_folder(folder)
    except DataError as error:
        raise DataError(url, f"{Path(error.path).name} in the archive is damaged: {error.rule}", mend) from error


def _move_into_place(unpacked: Path, target: Path) -> None:
    try:
        os.rename(unpacked, target)
    except OSError:
        # Another process was faster: a folder that is not empty cannot be renamed over. Its data is as good as ours.
        read_folder(target)
