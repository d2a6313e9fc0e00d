"""What every data set is once it is read: images and labels in memory, with what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BrokenRule
from bnn_designer.units import shape_text

DATA_DIR_VARIABLE = "BNN_DATA_DIR"

#: Bounds of any data set. All images lie in memory, and once more as TensorFlow's own while a run trains.
MAX_IMAGES = 1_000_000
MAX_CLASSES = 1_000
MAX_PIXEL_BYTES = 2 * 2**30
#: Pixels on a side, as a design may have.
MAX_SIDE = 4096

Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


class DataError(BrokenRule):
    """A data file that is missing or damaged, or a download that did not succeed.

    ``path`` is the file, folder or address. Bytes of a file's name that are no text are spelled out.
    """

    def __init__(self, path: str, rule: str, mend: str) -> None:
        super().__init__(printable(path), printable(rule), printable(mend))


def printable(text: str) -> str:
    """Names of files may hold bytes that are no UTF-8, which no terminal, page or database would take."""
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True)
class Facts:
    """What a design must fit.

    Attributes:
        title: the set's name as people write it.
        shape: height, width and channels of an image.
    """

    title: str
    shape: tuple[int, int, int]
    classes: int

    def __str__(self) -> str:
        return f"{self.title}: {shape_text(self.shape)}, {self.classes:,} classes"


@dataclass(frozen=True)
class Augmentation:
    """What training may do at random to the images of a set, and why.

    Attributes:
        mirror: whether an image may be swapped left to right.
        fill: what comes in at the edge of an image that is shifted, in the range of scaled images: -1 is black, 0
            mid-gray, 1 white.
        reason: one clause.
    """

    mirror: bool
    fill: float
    reason: str

    def __str__(self) -> str:
        return f"{'mirrored and shifted' if self.mirror else 'shifted, not mirrored'}: {self.reason}"


@dataclass(frozen=True)
class Images:
    """A whole data set.

    Attributes:
        facts: its name, and the shape and classes that a design must have.
        train_images, test_images: uint8 [N, height, width, channels].
        train_labels, test_labels: [N] from 0, indices into ``class_names``; uint8, or uint16 of more than 256 classes.
        note: how it differs from what its name says, or how it was made; "" where there is nothing to say.
    """

    facts: Facts
    train_images: npt.NDArray[np.uint8]
    train_labels: Labels
    test_images: npt.NDArray[np.uint8]
    test_labels: Labels
    class_names: tuple[str, ...]
    augmentation: Augmentation
    note: str = ""

    @property
    def title(self) -> str:
        """The name with the note, as it stands beside every figure that was reached with these images."""
        return f"{self.facts.title} ({self.note})" if self.note else self.facts.title

    @cached_property
    def sha256(self) -> str:
        """Of all images and labels in their order: hexadecimal. Two sets of one sum train and test alike."""
        found = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            found.update(f"{array.shape}".encode())
            found.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
        return found.hexdigest()


def as_labels(values: npt.NDArray[Any] | Sequence[int], classes: int) -> Labels:
    """Labels in the smallest type that holds those of so many classes."""
    return np.asarray(values, np.uint8) if classes <= 256 else np.asarray(values, np.uint16)


def check_size(path: str, count: int, shape: tuple[int, int, int]) -> None:
    """Raises DataError if so many images of a shape [height, width, channels] are more than a data set may hold."""
    pixel_bytes = count * shape[0] * shape[1] * shape[2]
    if count > MAX_IMAGES:
        rule = f"there are {count:,} images, and a data set holds {MAX_IMAGES:,} at most"
        raise DataError(path, rule, "Leave some out")
    if not all(1 <= side <= MAX_SIDE for side in shape):
        rule = f"images are {shape_text(shape)}, and each of these is 1 to {MAX_SIDE:,}"
        raise DataError(path, rule, "Cut or scale the images")
    if pixel_bytes > MAX_PIXEL_BYTES:
        rule = (
            f"{count:,} images of {shape_text(shape)} take {pixel_bytes / 2**30:.1f} GiB of memory, and a data set may "
            f"take {MAX_PIXEL_BYTES / 2**30:.0f}"
        )
        raise DataError(path, rule, "Make the images smaller, or leave some out")


@dataclass(frozen=True)
class Loading:
    """How far a download, or the reading of many files, is.

    Attributes:
        doing: such as "Downloading CIFAR-10".
        done, total: bytes or files; a total of 0: unknown.
        unit: "bytes", or what is counted.
    """

    doing: str
    done: int
    total: int
    unit: str

    @property
    def tenths(self) -> int:
        """Full tenths that are done; 0 while the total is unknown."""
        return 10 * self.done // self.total if self.total else 0

    def __str__(self) -> str:
        if not self.total:
            return f"{self.doing}: size not given by the server"
        amount = f"{self.total / 1e6:.0f} MB" if self.unit == "bytes" else f"{self.total:,} {self.unit}"
        return f"{self.doing}: {10 * self.tenths} % of {amount}"


#: Told of what has been loaded so far. Whatever it raises ends the loading, and nothing is left behind.
Progress = Callable[[Loading], None]
