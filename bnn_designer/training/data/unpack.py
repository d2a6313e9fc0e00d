"""Downloaded files to the folder of a data set. No name, link or mode of an archive's own is ever used."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from bnn_designer.training.data.images import DATA_DIR_VARIABLE, DataError

_MEND = f"Try again later, or set {DATA_DIR_VARIABLE} to a folder that holds the data"


def unpack_tar(files: list[Path], folder: Path, url: str, *, folder_in_archive: str, names: Sequence[str]) -> None:
    """Copies known files out of one gzipped tar archive.

    Raises:
        DataError: it cannot be unpacked, or lacks one of them.
    """
    (archive,) = files
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for name in names:
                source = tar.extractfile(f"{folder_in_archive}/{name}")
                if source is None:
                    raise DataError(url, f"{folder_in_archive}/{name} is not a plain file in the archive", _MEND)
                with source, open(folder / name, "wb") as copy:
                    shutil.copyfileobj(source, copy)
    except KeyError as error:
        raise DataError(url, f"the archive lacks a file ({error})", _MEND) from error
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(url, f"the archive cannot be unpacked ({error})", _MEND) from error


def move_files(files: list[Path], folder: Path, url: str) -> None:
    """Puts the files there as they are."""
    for path in files:
        os.replace(path, folder / path.name)
