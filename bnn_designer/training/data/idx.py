"""IDX files, the format of MNIST: a magic number, the sizes, then the values; gzipped or not.

Format: http://yann.lecun.com/exdb/mnist/. Two bytes of 0, the type of the values (8: unsigned bytes), the number of
axes, the size of each as 32 bits with the highest first, and the values, the last axis running fastest.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from bnn_designer.training.data.images import MAX_PIXEL_BYTES, DataError

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
#: Name of a file -> its axes.
FILES = {TRAIN_IMAGES: 3, TRAIN_LABELS: 1, TEST_IMAGES: 3, TEST_LABELS: 1}

_UNSIGNED_BYTES = 8
_GZIP_MAGIC = b"\x1f\x8b"
#: No byte of deflated data stands for more than this (RFC 1951: 258 bytes by two bits).
_MOST_OF_A_BYTE = 1032
_MEND = "Get the file anew: it is not what the name says, or was cut off"


def idx_file(folder: Path, name: str) -> Path | None:
    """The file of that name, as it is, with ``.gz``, or with the dot that some copies have before "idx"."""
    for spelled in (name, name.replace("-idx", ".idx")):
        for path in (folder / spelled, folder / f"{spelled}.gz"):
            if path.is_file():
                return path
    return None


def expected_bytes(sizes: tuple[int, ...]) -> int:
    """The size of a file that is not compressed: header and values."""
    return 4 + 4 * len(sizes) + math.prod(sizes)


def read_sizes(path: Path, axes: int) -> tuple[int, ...]:
    """The sizes that the header of a file gives.

    Raises:
        DataError: it cannot be read, or is no IDX file of bytes with so many axes.
    """
    try:
        with path.open("rb") as raw, _unpacked(raw) as file:
            return _header(path, file, axes)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(str(path), f"the file cannot be read ({error})", _MEND) from error


def read_idx(path: Path, axes: int) -> npt.NDArray[np.uint8]:
    """All values of a file, in its shape.

    Raises:
        DataError: it cannot be read, is no IDX file of bytes with so many axes, or has more or fewer values than its
            header says.
    """
    try:
        with path.open("rb") as raw, _unpacked(raw) as file:
            sizes = _header(path, file, axes)
            wanted = math.prod(sizes)
            most = os.fstat(raw.fileno()).st_size * (_MOST_OF_A_BYTE if isinstance(file, gzip.GzipFile) else 1)
            if wanted > min(most, MAX_PIXEL_BYTES):
                raise DataError(str(path), f"its header says {_product(sizes)} bytes, more than it can hold", _MEND)
            values = file.read(wanted + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(str(path), f"the file cannot be read ({error})", _MEND) from error
    if len(values) != wanted:
        found = "more" if len(values) > wanted else f"{len(values):,}"
        raise DataError(str(path), f"its header says {_product(sizes)} bytes, and there are {found}", _MEND)
    return np.frombuffer(values, np.uint8).reshape(sizes)


def _unpacked(raw: BinaryIO) -> BinaryIO:
    start = raw.read(2)
    raw.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if start == _GZIP_MAGIC else raw


def _header(path: Path, file: BinaryIO, axes: int) -> tuple[int, ...]:
    header = file.read(4 + 4 * axes)
    magic = bytes((0, 0, _UNSIGNED_BYTES, axes))
    if header[:4] != magic:
        rule = (
            f"it begins with {header[:4].hex(' ') or 'nothing'}, and an IDX file of {axes} axes with {magic.hex(' ')}"
        )
        raise DataError(str(path), rule, _MEND)
    if len(header) < 4 + 4 * axes:
        raise DataError(str(path), "it ends within its header", _MEND)
    return tuple(int(size) for size in np.frombuffer(header, ">u4", offset=4))


def _product(sizes: tuple[int, ...]) -> str:
    product = " x ".join(f"{size:,}" for size in sizes)
    return product if len(sizes) == 1 else f"{product} = {math.prod(sizes):,}"
