"""Data sets of one's own, written to disk for tests: real IDX files, pictures and archives."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from bnn_designer.training.data import DataError

Found = TypeVar("Found")
Bytes = npt.NDArray[np.uint8]


def read_or_refusal(read: Callable[[], Found]) -> Found | DataError:
    """What was read, or the error that says why it was not; any other error is the test's."""
    try:
        return read()
    except DataError as error:
        return error


def idx_bytes(values: Bytes) -> bytes:
    """As http://yann.lecun.com/exdb/mnist/ describes it: 0, 0, 8 for bytes, the axes, each size in 4 bytes, values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes((0, 0, 8, values.ndim)) + sizes + values.tobytes()


def write_idx(path: Path, values: Bytes) -> Path:
    """Gzipped where the name says so."""
    content = idx_bytes(values)
    path.write_bytes(gzip.compress(content, compresslevel=1) if path.suffix == ".gz" else content)
    return path


def write_idx_set(folder: Path, train: int, test: int, size: tuple[int, int] = (28, 28), end: str = "") -> Path:
    """Four files as MNIST has them: picture k has label k modulo 10, and its label as level of all pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", train), ("t10k", test)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = np.broadcast_to(labels[:, None, None], (count, *size))
        write_idx(folder / f"{part}-images-idx3-ubyte{end}", np.ascontiguousarray(images))
        write_idx(folder / f"{part}-labels-idx1-ubyte{end}", labels)
    return folder


def write_picture(path: Path, level: int = 0, size: tuple[int, int] = (8, 8), mode: str = "RGB") -> Path:
    """A picture of one level in all channels; ``size`` is height and width."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = len(Image.new(mode, (1, 1)).getbands())
    color = level if channels == 1 else (level,) * channels
    Image.new(mode, (size[1], size[0]), color).save(path)
    return path


def write_pictures(folder: Path, counts: dict[str, int], size: tuple[int, int] = (8, 8)) -> Path:
    """A folder a class, each with so many pictures; picture k of class c has level 16 c + k."""
    for label, (name, count) in enumerate(counts.items()):
        for k in range(count):
            write_picture(folder / name / f"{k:03}.png", 16 * label + k, size)
    return folder


def arrays(train: int = 12, test: int = 4, shape: tuple[int, ...] = (6, 5, 3), classes: int = 3) -> dict[str, Any]:
    """What an .npz of one's own holds: picture k has label k modulo the classes, and level k."""
    found: dict[str, Any] = {}
    for part, count in (("train", train), ("test", test)):
        levels = np.arange(count, dtype=np.uint8)
        found[f"{part}_images"] = np.broadcast_to(levels.reshape(-1, *(1 for _ in shape)), (count, *shape)).copy()
        found[f"{part}_labels"] = (levels % classes).astype(np.int64)
    return found


def write_npz(path: Path, changes: dict[str, Any] | None = None, **options: Any) -> Path:
    """The arrays with some replaced, left out where they are None."""
    found = {name: value for name, value in (arrays(**options) | (changes or {})).items() if value is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **found)
    return path
