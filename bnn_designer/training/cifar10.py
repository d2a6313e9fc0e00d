"""CIFAR-10 from its binary release: six files of 10,000 records, one label byte and 3,072 pixel bytes each.

Layout and checksum: https://www.cs.toronto.edu/~kriz/cifar.html ("binary version"). Pixels lie channel by channel
(1,024 red, then green, then blue, each row by row); :func:`read_folder` returns them as images, [N, 32, 32, 3]. Nothing
is ever unpickled.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BrokenRule

FOLDER = "cifar-10-batches-bin"
TRAIN_FILES = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
TEST_FILE = "test_batch.bin"
CLASS_NAMES_FILE = "batches.meta.txt"
FILES = (*TRAIN_FILES, TEST_FILE, CLASS_NAMES_FILE)

IMAGE_SHAPE = (32, 32, 3)
CLASSES = 10
RECORD_BYTES = 1 + 32 * 32 * 3
RECORDS_PER_FILE = 10_000
FILE_BYTES = RECORDS_PER_FILE * RECORD_BYTES

DATA_DIR_VARIABLE = "BNN_DATA_DIR"

DownloadProgress = Callable[[int, int], None]
"""Called with the bytes received so far and the bytes expected (0: unknown)."""


class DataError(BrokenRule):
    """A data file that is missing or damaged, or a download that did not succeed.

    ``path`` is the file, folder or address.
    """


@dataclass(frozen=True)
class Cifar10:
    """The images: uint8 [N, 32, 32, 3]; labels: uint8 [N] from 0 to 9, indices into ``class_names``."""

    train_images: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.uint8]
    test_images: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.uint8]
    class_names: tuple[str, ...]


def read_folder(folder: Path) -> Cifar10:
    """Reads one ``cifar-10-batches-bin`` folder; raises DataError where a file is missing or damaged."""
    problem = first_problem(folder)
    if problem:
        raise problem
    class_names = _read_class_names(folder / CLASS_NAMES_FILE)
    train = [_read_records(folder / name) for name in TRAIN_FILES]
    test_images, test_labels = _read_records(folder / TEST_FILE)
    return Cifar10(
        train_images=np.concatenate([images for images, _ in train]),
        train_labels=np.concatenate([labels for _, labels in train]),
        test_images=test_images,
        test_labels=test_labels,
        class_names=class_names,
    )


def batches_folder(folder: Path) -> Path:
    """Accepts the folder itself or the one that holds it; where neither has the files, the one to name in errors."""
    inner = folder / FOLDER
    return folder if not inner.is_dir() and (folder.name == FOLDER or (folder / TEST_FILE).exists()) else inner


def _mend(folder: Path) -> str:
    if os.environ.get(DATA_DIR_VARIABLE):
        return (
            f"Set {DATA_DIR_VARIABLE} to the folder that holds a complete {FOLDER}, "
            "or unset it to have the data downloaded into the cache"
        )
    return f"Delete {folder} and train again to download it anew, or set {DATA_DIR_VARIABLE} to a complete {FOLDER}"


def first_problem(folder: Path) -> DataError | None:
    """Names and sizes of all files; returns what is wrong with the first one that is wrong."""
    if not folder.is_dir():
        return DataError(str(folder), "there is no such folder", _mend(folder))
    for name in FILES:
        path = folder / name
        if not path.is_file():
            return DataError(str(path), "the file is missing", _mend(folder))
        size_bytes = path.stat().st_size
        if name != CLASS_NAMES_FILE and size_bytes != FILE_BYTES:
            rule = f"the file has {size_bytes:,} bytes, not {RECORDS_PER_FILE:,} x {RECORD_BYTES:,} = {FILE_BYTES:,}"
            return DataError(str(path), rule, _mend(folder))
    return None


def _read_records(path: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    try:
        records = np.fromfile(path, dtype=np.uint8).reshape(RECORDS_PER_FILE, RECORD_BYTES)
    except (OSError, ValueError) as error:
        raise DataError(str(path), f"the file cannot be read ({error})", _mend(path.parent)) from error
    labels = records[:, 0].copy()
    wrong = np.flatnonzero(labels >= CLASSES)
    if wrong.size:
        rule = (
            f"record {wrong[0]:,} has label {labels[wrong[0]]}, labels go from 0 to {CLASSES - 1}: the file is damaged"
        )
        raise DataError(str(path), rule, _mend(path.parent))
    height, width, channels = IMAGE_SHAPE
    images = records[:, 1:].reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels


def _read_class_names(path: Path) -> tuple[str, ...]:
    try:
        names = tuple(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(str(path), f"the file cannot be read as text ({error})", _mend(path.parent)) from error
    if len(names) != CLASSES:
        raise DataError(str(path), f"the file names {len(names)} classes, not {CLASSES}", _mend(path.parent))
    return names
