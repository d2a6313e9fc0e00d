"""MNIST, Fashion-MNIST and others in their files: four IDX files of gray images and their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.training.data.idx import (
    FILES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    expected_bytes,
    idx_file,
    read_idx,
    read_sizes,
)
from bnn_designer.training.data.images import (
    MAX_CLASSES,
    Augmentation,
    DataError,
    Facts,
    Images,
    Labels,
    as_labels,
    check_size,
)
from bnn_designer.training.data.mending import complete_copy

IMAGE_SHAPE = (28, 28, 1)
TRAIN_COUNT, TEST_COUNT = 60_000, 10_000
#: What the files of MNIST and Fashion-MNIST hold.
SIZES = {
    TRAIN_IMAGES: (TRAIN_COUNT, 28, 28),
    TRAIN_LABELS: (TRAIN_COUNT,),
    TEST_IMAGES: (TEST_COUNT, 28, 28),
    TEST_LABELS: (TEST_COUNT,),
}
_BLACK = -1.0

MNIST_NAMES = tuple("0123456789")
#: https://github.com/zalandoresearch/fashion-mnist, "Labels".
FASHION_NAMES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
MNIST_AUGMENTATION = Augmentation(mirror=False, fill=_BLACK, reason="a mirrored digit is another sign, or none")
FASHION_AUGMENTATION = Augmentation(
    mirror=True, fill=_BLACK, reason="mirrored clothes are clothes (as in the code of arXiv 1708.04896)"
)
_OWN_AUGMENTATION = Augmentation(
    mirror=False, fill=_BLACK, reason="IDX files do not say whether a mirrored image counts"
)


def first_problem(folder: Path) -> DataError | None:
    """What is wrong with the first of the four files that is wrong, by name and size alone.

    How much is in a compressed file shows when it is read.
    """
    if not folder.is_dir():
        return DataError(str(folder), "there is no such folder", complete_copy(folder))
    for name, sizes in SIZES.items():
        path = idx_file(folder, name)
        if path is None:
            return DataError(str(folder / name), "the file is missing, and so is that with .gz", complete_copy(folder))
        size_bytes = path.stat().st_size
        if path.suffix != ".gz" and size_bytes != expected_bytes(sizes):
            rule = f"the file has {size_bytes:,} bytes, not {expected_bytes(sizes):,}"
            return DataError(str(path), rule, complete_copy(folder))
    return None


def read_folder(folder: Path, facts: Facts, class_names: tuple[str, ...], augmentation: Augmentation) -> Images:
    """Reads MNIST or Fashion-MNIST, whose files have the same names and sizes.

    Raises:
        DataError: a file is missing or damaged, or is not of the set's size.
    """
    for name, sizes in SIZES.items():
        path = _present(folder, name)
        found = read_sizes(path, len(sizes))
        if found != sizes:
            rule = f"its header says {_sizes_text(found)}, and {facts.title} has {_sizes_text(sizes)}"
            raise DataError(str(path), rule, complete_copy(folder))
    return _read(folder, facts, class_names, augmentation)


def own_facts(folder: Path) -> Facts:
    """What the headers and the labels of four files of any size say.

    Raises:
        DataError: a file is missing or damaged.
    """
    _, height, width = read_sizes(_present(folder, TRAIN_IMAGES), FILES[TRAIN_IMAGES])
    labels = [read_idx(_present(folder, name), FILES[name]) for name in (TRAIN_LABELS, TEST_LABELS)]
    classes = 1 + max((int(part.max()) for part in labels if part.size), default=0)
    if not 2 <= classes <= MAX_CLASSES:
        raise DataError(str(folder), "all labels are 0, and a network tells two classes or more", "Check the labels")
    return Facts(folder.name, (height, width, 1), classes)


def read_own(folder: Path) -> Images:
    """Reads a set of one's own in four files named as those of MNIST; its classes are 0 to the largest label.

    Raises:
        DataError: a file is missing or damaged, or the files do not fit together.
    """
    facts = own_facts(folder)
    return _read(folder, facts, tuple(str(label) for label in range(facts.classes)), _OWN_AUGMENTATION)


def _read(folder: Path, facts: Facts, class_names: tuple[str, ...], augmentation: Augmentation) -> Images:
    arrays: dict[str, npt.NDArray[np.uint8]] = {}
    labels_of: dict[str, Labels] = {}
    for images_name, labels_name in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        images_path, labels_path = _present(folder, images_name), _present(folder, labels_name)
        count, *size = read_sizes(images_path, FILES[images_name])
        if (*size, 1) != facts.shape:
            rule = f"its images are {_sizes_text(tuple(size))}, and others {_sizes_text(facts.shape[:2])}"
            raise DataError(str(images_path), rule, "Make all images one size")
        if not count:
            raise DataError(str(images_path), "it holds no image", "Put some in")
        check_size(str(images_path), count, facts.shape)
        labels = read_idx(labels_path, FILES[labels_name])
        if len(labels) != count:
            rule = f"there are {len(labels):,} labels for the {count:,} images of {images_path.name}"
            raise DataError(str(labels_path), rule, complete_copy(folder))
        wrong = np.flatnonzero(labels >= facts.classes)
        if wrong.size:
            rule = f"label {wrong[0]:,} is {labels[wrong[0]]}, and labels go from 0 to {facts.classes - 1}"
            raise DataError(str(labels_path), rule, complete_copy(folder))
        arrays[images_name] = read_idx(images_path, FILES[images_name])[..., None]
        labels_of[labels_name] = as_labels(labels, facts.classes)
    return Images(
        facts=facts,
        train_images=arrays[TRAIN_IMAGES],
        train_labels=labels_of[TRAIN_LABELS],
        test_images=arrays[TEST_IMAGES],
        test_labels=labels_of[TEST_LABELS],
        class_names=class_names,
        augmentation=augmentation,
    )


def _present(folder: Path, name: str) -> Path:
    path = idx_file(folder, name)
    if path is None:
        raise DataError(str(folder / name), "the file is missing, and so is that with .gz", complete_copy(folder))
    return path


def _sizes_text(sizes: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in sizes)
