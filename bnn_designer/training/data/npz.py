"""A file of arrays of one's own (NumPy's .npz): images and labels for training and testing. Nothing is unpickled.

    numpy.savez_compressed("own.npz", train_images=..., train_labels=..., test_images=..., test_labels=...,
                           class_names=["daisy", "tulip"], mirror=True)

What an array takes is read from its header, and held to what the archive says and to the bounds of a data set, before
any of it is unpacked. Training and test images are put into an order that a fixed seed draws, so that the first N, as a
recipe may ask for, are of all classes.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from bnn_designer.training.data.images import (
    MAX_CLASSES,
    MAX_IMAGES,
    MAX_PIXEL_BYTES,
    Augmentation,
    DataError,
    Facts,
    Images,
    as_labels,
    check_size,
)

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
OPTIONAL = ("class_names", "mirror")
_MAX_NAME_CHARS = 200
_ORDER_SEED = 0
_LEAST_TRAIN = 10
#: Bytes that a label may take (int64), and a letter of a class's name (UCS-4).
_LABEL_BYTES, _LETTER_BYTES = 8, 4
_SHAPES = {"train_images": (3, 4), "train_labels": (1,), "test_images": (3, 4), "test_labels": (1,)}
_MEND = f"Save {', '.join(ARRAYS)}, and if need be {' and '.join(OPTIONAL)}, with numpy.savez; see docs/data.md"


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def own_facts(path: Path) -> Facts:
    """The shape of the images and the classes, from headers, labels and names alone.

    Raises:
        DataError: the file is not as it must be, as far as that shows.
    """
    with _Archive(path) as archive:
        shape, _ = archive.sizes()
        return Facts(path.stem, shape, len(_class_names(archive, archive.labels())))


def read_own(path: Path) -> Images:
    """Reads the whole file.

    Raises:
        DataError: it is no archive of arrays, lacks one, or one has a type, shape or value that it must not have.
    """
    with _Archive(path) as archive:
        shape, _ = archive.sizes()
        labels = archive.labels()
        names = _class_names(archive, labels)
        mirror = archive.mirror()
        images = {name: archive.array(name) for name in ("train_images", "test_images")}
    order = {part: np.random.default_rng(_ORDER_SEED).permutation(len(labels[part])) for part in labels}
    reason = 'the file says so ("mirror")' if mirror else 'the file does not say that mirrored ones count ("mirror")'
    return Images(
        facts=Facts(path.stem, shape, len(names)),
        train_images=images["train_images"].reshape(-1, *shape)[order["train_labels"]],
        train_labels=as_labels(labels["train_labels"][order["train_labels"]], len(names)),
        test_images=images["test_images"].reshape(-1, *shape)[order["test_labels"]],
        test_labels=as_labels(labels["test_labels"][order["test_labels"]], len(names)),
        class_names=names,
        augmentation=Augmentation(mirror=mirror, fill=0.0, reason=reason),
    )


def to_npz(images: Images) -> bytes:
    """A file with all images of a set, such as pictures that are not to be decoded anew by each run."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        train_images=images.train_images,
        train_labels=images.train_labels,
        test_images=images.test_images,
        test_labels=images.test_labels,
        class_names=np.array(images.class_names, np.str_),
        mirror=np.bool_(images.augmentation.mirror),
    )
    return file.getvalue()


class _Archive:
    """The open file; every array that it gives has been held to the bounds before it was unpacked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # zipfile, its unpackers and NumPy's parser of headers raise a dozen kinds
            raise DataError(str(path), f"it cannot be read as an .npz file ({error})", _MEND) from error
        try:
            self._members = self._known_members()
            self._headers = {name: self._header(name) for name in self._members}
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def sizes(self) -> tuple[tuple[int, int, int], int]:
        """The shape of an image, and how many there are in all; types, shapes and counts have been checked."""
        shapes = {}
        total = 0
        for part in ("train", "test"):
            images, labels = self._headers[f"{part}_images"], self._headers[f"{part}_labels"]
            if images.dtype != np.uint8:
                rule = f"its values are {images.dtype}, and images are uint8, 0 to 255"
                raise self._error(f"{part}_images", rule)
            if labels.dtype.kind not in "iu":
                raise self._error(f"{part}_labels", f"its values are {labels.dtype}, and labels are whole numbers")
            if images.shape[0] != labels.shape[0]:
                rule = f"there are {labels.shape[0]:,} labels for {images.shape[0]:,} images"
                raise self._error(f"{part}_labels", rule)
            height, width, *channels = images.shape[1:]
            shapes[part] = (height, width, channels[0] if channels else 1)
            total += images.shape[0]
        if shapes["train"] != shapes["test"]:
            rule = f"its images are {shapes['test']}, and those to train on {shapes['train']}"
            raise self._error("test_images", rule)
        for part, least in (("train", _LEAST_TRAIN), ("test", 1)):
            count = self._headers[f"{part}_images"].shape[0]
            if count < least:
                raise self._error(f"{part}_images", f"it holds {count} images, and {least} are the least")
        check_size(str(self._path), total, shapes["train"])
        return shapes["train"], total

    def labels(self) -> dict[str, npt.NDArray[np.int64]]:
        """Training and test labels, none of which is negative or beyond the bound of classes."""
        found = {}
        for name in ("train_labels", "test_labels"):
            values = self.array(name)
            wrong = np.flatnonzero((values < 0) | (values >= MAX_CLASSES))
            if wrong.size:
                rule = f"label {wrong[0]:,} is {values[wrong[0]]}, and labels are 0 to {MAX_CLASSES - 1:,} at most"
                raise self._error(name, rule)
            found[name] = values.astype(np.int64)
        return found

    def names(self) -> tuple[str, ...] | None:
        """The names of the classes, if the file has any."""
        if "class_names" not in self._headers:
            return None
        header = self._headers["class_names"]
        if len(header.shape) != 1 or header.dtype.kind != "U" or not 2 <= header.shape[0] <= MAX_CLASSES:
            rule = f"it is {header.dtype} {header.shape}, and must be a row of 2 to {MAX_CLASSES:,} texts"
            raise self._error("class_names", rule)
        if header.dtype.itemsize > _LETTER_BYTES * _MAX_NAME_CHARS:
            raise self._error("class_names", f"a name is longer than {_MAX_NAME_CHARS} characters")
        names = tuple(str(name) for name in self.array("class_names"))
        if len(set(names)) < len(names) or not all(name and name.isprintable() for name in names):
            raise self._error("class_names", "a name is there twice, empty, or not plain text")
        return names

    def mirror(self) -> bool:
        """Whether mirrored images count as their class."""
        if "mirror" not in self._headers:
            return False
        header = self._headers["mirror"]
        if header.shape != () or header.dtype != np.bool_:
            raise self._error("mirror", f"it is {header.dtype} {header.shape}, and must be one True or False")
        return bool(self.array("mirror"))

    def array(self, name: str) -> npt.NDArray[Any]:
        """One array, whole."""
        try:
            with self._zip.open(self._members[name]) as member:
                found: npt.NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
                return found
        except Exception as error:  # zipfile, its unpackers and NumPy's parser of headers raise a dozen kinds
            raise self._error(name, f"it cannot be read ({error})") from error

    def _known_members(self) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename.removesuffix(".npy")
            if name not in (*ARRAYS, *OPTIONAL) or name in members:
                rule = f"it holds {info.filename!r}, " + (
                    "a second time" if name in members else "which is none of them"
                )
                raise DataError(str(self._path), rule, _MEND)
            members[name] = info
        for name in ARRAYS:
            if name not in members:
                raise DataError(str(self._path), f"it holds no {name}", _MEND)
        return members

    def _header(self, name: str) -> _Header:
        """Shape and type of an array, which fit the size that the archive says and the bounds."""
        info = self._members[name]
        try:
            with self._zip.open(info) as member:
                header = _read_header(member)
                header_bytes = member.tell()
        except Exception as error:  # zipfile, its unpackers and NumPy's parser of headers raise a dozen kinds
            raise self._error(name, f"it cannot be read ({error})") from error
        if header.dtype.hasobject:
            raise self._error(name, "it holds Python objects, which are never read")
        if len(header.shape) not in _SHAPES.get(name, (0, 1)):
            rule = f"it has {len(header.shape)} axes, not {' or '.join(map(str, _SHAPES.get(name, (0, 1))))}"
            raise self._error(name, rule)
        if header_bytes + header.bytes != info.file_size:
            rule = f"its header says {header.bytes:,} bytes, and the archive has {info.file_size - header_bytes:,}"
            raise self._error(name, rule)
        most = MAX_PIXEL_BYTES if name.endswith("_images") else _LABEL_BYTES * MAX_IMAGES
        if header.bytes > most:
            raise self._error(name, f"it takes {header.bytes:,} bytes, and may take {most:,}")
        return header

    def _error(self, name: str, rule: str) -> DataError:
        return DataError(f"{self._path}, {name}", rule, _MEND)


def _read_header(member: IO[bytes]) -> _Header:
    version = np.lib.format.read_magic(member)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"version {version[0]}.{version[1]} of NumPy's format is unknown here")
    shape, _, dtype = readers[version](member)
    if any(size < 0 for size in shape):
        raise ValueError("a size is negative")
    return _Header(tuple(int(size) for size in shape), np.dtype(dtype))


def _class_names(archive: _Archive, labels: dict[str, npt.NDArray[np.int64]]) -> tuple[str, ...]:
    """The names in the file, else the labels themselves: as many as the largest says, at least two."""
    largest = max(int(part.max()) for part in labels.values())
    names = archive.names()
    if names is None:
        return tuple(str(label) for label in range(max(largest + 1, 2)))
    if largest >= len(names):
        name = next(name for name, part in labels.items() if int(part.max()) == largest)
        raise archive._error(name, f"a label is {largest}, and class_names names {len(names)}: 0 to {len(names) - 1}")
    return names
