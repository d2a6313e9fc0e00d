"""CIFAR-10 from its binary release: six files of 10,000 records, one label byte and 3,072 pixel bytes each.

Layout: https://www.cs.toronto.edu/~kriz/cifar.html ("binary version"). Pixels lie channel by channel (1,024 red, then
green, then blue, each row by row); :func:`read_folder` returns them as images, [N, 32, 32, 3]. Nothing is ever
unpickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.training.data.images import Augmentation, DataError, Facts, Images
from bnn_designer.training.data.mending import complete_copy

FOLDER = "cifar-10-batches-bin"
TRAIN_FILES = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
TEST_FILE = "test_batch.bin"
CLASS_NAMES_FILE = "batches.meta.txt"
FILES = (*TRAIN_FILES, TEST_FILE, CLASS_NAMES_FILE)

IMAGE_SHAPE = (32, 32, 3)
CLASSES = 10
FACTS = Facts("CIFAR-10", IMAGE_SHAPE, CLASSES)
AUGMENTATION = Augmentation(
    mirror=True, fill=0.0, reason="a mirrored animal or vehicle is one still (arXiv 1512.03385, section 4.2)"
)
RECORD_BYTES = 1 + 32 * 32 * 3
RECORDS_PER_FILE = 10_000
FILE_BYTES = RECORDS_PER_FILE * RECORD_BYTES
_LOOKED_AT = 500

#: Sums of the red, green and blue bytes of the 50,000 training images, whatever their order -> what these images are.
#: The first are the means that are published everywhere, 125.306918046875, 122.950394140625 and 113.86538318359375,
#: times 50,000 x 1,024 pixels; the second those of a copy in JPEG of quality 75 that circulates.
_NOTES: dict[tuple[int, ...], str] = {
    (6_415_714_204, 6_295_060_180, 5_829_907_619): "",
    (6_413_765_015, 6_294_170_581, 5_829_777_341): "JPEG re-encoded",
}
_UNKNOWN_NOTE = "not the published pixels"


def read_folder(folder: Path) -> Images:
    """Reads one ``cifar-10-batches-bin`` folder; raises DataError where a file is missing or damaged."""
    problem = first_problem(folder)
    if problem:
        raise problem
    class_names = _read_class_names(folder / CLASS_NAMES_FILE)
    train = [_read_records(folder / name) for name in TRAIN_FILES]
    test = _read_records(folder / TEST_FILE)
    sums = sum(_planes(records).sum(axis=(0, 2), dtype=np.int64) for records in train)
    return Images(
        facts=FACTS,
        train_images=np.concatenate([_images(records) for records in train]),
        train_labels=np.concatenate([records[:, 0] for records in train]),
        test_images=_images(test),
        test_labels=test[:, 0].copy(),
        class_names=class_names,
        augmentation=AUGMENTATION,
        note=_NOTES.get(tuple(int(channel) for channel in np.ravel(sums)), _UNKNOWN_NOTE),
    )


def first_pictures(folder: Path, labels: Sequence[int]) -> dict[int, npt.NDArray[np.uint8]]:
    """The first test image of each label, uint8 [32, 32, 3], among the first 500; a twentieth of the file is read.

    Args:
        folder: ``cifar-10-batches-bin``.
        labels: of the classes; one that none of these images has is left out.

    Raises:
        DataError: the file cannot be read.
    """
    records = _read_records(folder / TEST_FILE, _LOOKED_AT)
    seen = {label: np.flatnonzero(records[:, 0] == label) for label in labels}
    return {label: _images(records[places[:1]])[0] for label, places in seen.items() if len(places)}


def first_problem(folder: Path) -> DataError | None:
    """Names and sizes of all files; returns what is wrong with the first one that is wrong."""
    if not folder.is_dir():
        return DataError(str(folder), "there is no such folder", complete_copy(folder))
    for name in FILES:
        path = folder / name
        if not path.is_file():
            return DataError(str(path), "the file is missing", complete_copy(folder))
        size_bytes = path.stat().st_size
        if name != CLASS_NAMES_FILE and size_bytes != FILE_BYTES:
            rule = f"the file has {size_bytes:,} bytes, not {RECORDS_PER_FILE:,} x {RECORD_BYTES:,} = {FILE_BYTES:,}"
            return DataError(str(path), rule, complete_copy(folder))
    return None


def _read_records(path: Path, count: int = RECORDS_PER_FILE) -> npt.NDArray[np.uint8]:
    """The first records of a file, uint8 [count, 3073]; their labels are checked."""
    try:
        records = np.fromfile(path, np.uint8, count * RECORD_BYTES).reshape(count, RECORD_BYTES)
    except (OSError, ValueError) as error:
        raise DataError(str(path), f"the file cannot be read ({error})", complete_copy(path.parent)) from error
    labels = records[:, 0]
    wrong = np.flatnonzero(labels >= CLASSES)
    if wrong.size:
        rule = (
            f"record {wrong[0]:,} has label {labels[wrong[0]]}, labels go from 0 to {CLASSES - 1}: the file is damaged"
        )
        raise DataError(str(path), rule, complete_copy(path.parent))
    return records


def _planes(records: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The pixels as they lie: [N, 3, 1024]."""
    return records[:, 1:].reshape(len(records), IMAGE_SHAPE[2], -1)


def _images(records: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """[N, 32, 32, 3]."""
    height, width, channels = IMAGE_SHAPE
    return np.ascontiguousarray(records[:, 1:].reshape(-1, channels, height, width).transpose(0, 2, 3, 1))


def _read_class_names(path: Path) -> tuple[str, ...]:
    try:
        names = tuple(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(str(path), f"the file cannot be read as text ({error})", complete_copy(path.parent)) from error
    if len(names) != CLASSES:
        raise DataError(str(path), f"the file names {len(names)} classes, not {CLASSES}", complete_copy(path.parent))
    return names
