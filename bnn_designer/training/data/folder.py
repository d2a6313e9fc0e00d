"""A folder of pictures of one's own: a folder a class, already in train/ and test/ or split here by a seed.

    flowers/train/daisy/1.png   flowers/test/daisy/8.png        flowers/daisy/1.png
    flowers/train/tulip/1.png   flowers/test/tulip/8.png   or   flowers/tulip/1.png

What else is to be known stands in ``data.json`` in that folder, if anything (:class:`FolderSettings`). Classes and
files are taken in the order of their names; training and test pictures are then put into an order that a fixed seed
draws, so that the first N of them, as a recipe may ask for, are of all classes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bnn_designer.training.data.decode import SUFFIXES, read_picture
from bnn_designer.training.data.images import (
    MAX_CLASSES,
    MAX_IMAGES,
    MAX_SIDE,
    Augmentation,
    DataError,
    Facts,
    Images,
    Labels,
    Loading,
    Progress,
    as_labels,
    check_size,
)

SETTINGS_FILE = "data.json"
_MAX_SETTINGS_BYTES = 65_536
TRAIN, TEST = "train", "test"
#: Files that systems leave in folders of pictures; names that begin with a dot are passed over as well.
_PASSED_OVER = {"thumbs.db", "desktop.ini"}
_ORDER_SEED = 0
#: How many pictures are read between two reports.
_REPORT_EVERY = 200
_LEAST_TRAIN = 10

_Side = Annotated[int, Field(ge=1, le=MAX_SIDE, strict=True)]
_Labelled = tuple[Path, int]


class FolderSettings(BaseModel):
    """What ``data.json`` may say; every field has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: tuple[_Side, _Side] | None = Field(
        default=None,
        description="Height and width that all pictures are scaled to: until they cover it, and what stands out is cut "
        "off evenly; without, all must have one size.",
    )
    channels: Literal[1, 3] | None = Field(
        default=None, description="1: gray; 3: color; without, as the first picture has."
    )
    test_share: float = Field(
        default=0.2, gt=0, lt=1, description="Of a folder without train/ and test/: the share of each class to test on."
    )
    split_seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Which pictures these are.")
    mirror: bool = Field(
        default=False,
        strict=True,
        description="Whether a picture swapped left to right is still of its class: of flowers yes, of digits no.",
    )


@dataclass(frozen=True)
class _Listing:
    settings: FolderSettings
    classes: tuple[str, ...]
    train: list[_Labelled]
    test: list[_Labelled]
    split: bool

    @property
    def first(self) -> Path:
        return self.train[0][0]


def own_facts(folder: Path) -> Facts:
    """The shape of the first picture, and the classes.

    Raises:
        DataError: there is none, or a setting, a class or the first picture is not as it must be.
    """
    settings = read_settings(folder)
    root = folder / TRAIN if (folder / TRAIN).is_dir() else folder
    classes = _classes(root, is_split=root == folder)
    first = next(iter(_pictures(root / classes[0])))
    return _facts(folder, first, settings, len(classes))


def read_own(folder: Path, progress: Progress | None = None) -> Images:
    """Reads all pictures.

    Args:
        folder: holds train/ and test/, each with a folder a class, or the classes' folders themselves.
        progress: told every so often how many have been read.

    Raises:
        DataError: names the file or folder that is not as it must be.
    """
    listing = _list(folder)
    facts = _facts(folder, listing.first, listing.settings, len(listing.classes))
    check_size(str(folder), len(listing.train) + len(listing.test), facts.shape)
    total = len(listing.train) + len(listing.test)
    done = 0

    def read(part: list[_Labelled]) -> tuple[npt.NDArray[np.uint8], Labels]:
        nonlocal done
        order = np.random.default_rng(_ORDER_SEED).permutation(len(part))
        images = np.empty((len(part), *facts.shape), np.uint8)
        for place, index in enumerate(order):
            if progress is not None and done % _REPORT_EVERY == 0:
                progress(Loading(f"Reading {facts.title}", done, total, "pictures"))
            images[place] = _picture(part[index][0], facts, listing)
            done += 1
        labels = as_labels([part[index][1] for index in order], facts.classes)
        return images, labels

    train_images, train_labels = read(listing.train)
    test_images, test_labels = read(listing.test)
    mirror = listing.settings.mirror
    reason = f"{SETTINGS_FILE} says so" if mirror else f"{SETTINGS_FILE} does not say that mirrored ones count"
    return Images(
        facts=facts,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        class_names=listing.classes,
        augmentation=Augmentation(mirror=mirror, fill=0.0, reason=reason),
        note=_note(listing),
    )


def read_settings(folder: Path) -> FolderSettings:
    """What ``data.json`` says; the defaults where there is none.

    Raises:
        DataError: it cannot be read, or a field of it is unknown or out of its bounds.
    """
    path = folder / SETTINGS_FILE
    mend = f"Its fields are {', '.join(FolderSettings.model_fields)}; see docs/data.md"
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_SETTINGS_BYTES + 1)
    except FileNotFoundError:
        return FolderSettings()
    except OSError as error:
        raise DataError(str(path), f"the file cannot be read ({error})", mend) from error
    if len(content) > _MAX_SETTINGS_BYTES:
        raise DataError(str(path), f"the file has more than {_MAX_SETTINGS_BYTES:,} bytes", mend)
    try:
        return FolderSettings.model_validate_json(content)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        rule = f"{where}: {detail['msg']}" if where else detail["msg"]
        raise DataError(str(path), rule, mend) from error


def _note(listing: _Listing) -> str:
    settings = listing.settings
    notes = []
    if listing.split:
        notes.append(f"{settings.test_share:.0%} of each class for testing by seed {settings.split_seed}")
    if settings.size is not None:
        notes.append(f"scaled to {settings.size[0]} x {settings.size[1]}")
    return ", ".join(notes)


def _facts(folder: Path, first: Path, settings: FolderSettings, classes: int) -> Facts:
    height, width, channels = read_picture(first, settings.size, settings.channels).shape
    return Facts(folder.name, (height, width, channels), classes)


def _picture(path: Path, facts: Facts, listing: _Listing) -> npt.NDArray[np.uint8]:
    settings = listing.settings
    pixels = read_picture(path, settings.size, settings.channels)
    if pixels.shape[2] == 1 and facts.shape[2] == 3:
        pixels = np.repeat(pixels, 3, axis=2)
    if pixels.shape == facts.shape:
        return pixels
    if pixels.shape[2] != facts.shape[2]:
        rule = f"it is in color, and the first picture, {listing.first}, is gray"
        raise DataError(str(path), rule, f"Write channels (1 or 3) into {SETTINGS_FILE}")
    height, width, _ = pixels.shape
    rule = f"it is {height} x {width} pixels, and the first, {listing.first}, is {facts.shape[0]} x {facts.shape[1]}"
    raise DataError(str(path), rule, f"Make all one size, or write the size to scale to into {SETTINGS_FILE}")


def _list(folder: Path) -> _Listing:
    settings = read_settings(folder)
    train_root, test_root = folder / TRAIN, folder / TEST
    if not train_root.is_dir():
        return _split(folder, settings)
    if not test_root.is_dir():
        rule = f"there is no {TEST}/ beside {TRAIN}/"
        raise DataError(str(folder), rule, f"Add it, or move the classes out of {TRAIN}/ to have them split by a seed")
    classes = _classes(train_root, is_split=False)
    train = [(path, label) for label, name in enumerate(classes) for path in _pictures(train_root / name)]
    test = []
    for name in _folders(test_root):
        if name not in classes:
            rule = f"there is no such class in {TRAIN}/"
            raise DataError(str(test_root / name), rule, f"Add it to {TRAIN}/, or take it out here")
        test += [(path, classes.index(name)) for path in _pictures(test_root / name)]
    _check_counts(folder, len(train), len(test))
    return _Listing(settings, classes, train, test, split=False)


def _split(folder: Path, settings: FolderSettings) -> _Listing:
    """Of each class the share for testing, rounded, at least one; which ones, the seed and the class's place draw."""
    classes = _classes(folder, is_split=True)
    train: list[_Labelled] = []
    test: list[_Labelled] = []
    for label, name in enumerate(classes):
        paths = list(_pictures(folder / name))
        if len(paths) < 2:
            rule = "it holds one picture, which cannot be both trained and tested on"
            raise DataError(str(folder / name), rule, "Add more")
        order = np.random.default_rng((settings.split_seed, label)).permutation(len(paths))
        test_count = min(max(1, round(settings.test_share * len(paths))), len(paths) - 1)
        chosen = set(order[:test_count].tolist())
        for index, path in enumerate(paths):
            (test if index in chosen else train).append((path, label))
    _check_counts(folder, len(train), len(test))
    return _Listing(settings, classes, train, test, split=True)


def _check_counts(folder: Path, train: int, test: int) -> None:
    if train < _LEAST_TRAIN or not test:
        rule = f"there are {train} pictures to train on and {test} to test on"
        raise DataError(str(folder), rule, f"Add some: at least {_LEAST_TRAIN} and 1")


def _classes(root: Path, *, is_split: bool) -> tuple[str, ...]:
    names = tuple(_folders(root))
    if len(names) < 2:
        folders = "folder" if len(names) == 1 else "folders"
        rule = f"it holds {len(names)} {folders} of pictures, and a network tells two classes or more"
        layout = f", or {TRAIN}/ and {TEST}/ with a folder for each class in them" if is_split else ""
        raise DataError(str(root), rule, f"Put a folder for each class there{layout}")
    if len(names) > MAX_CLASSES:
        raise DataError(str(root), f"it holds {len(names):,} classes, and {MAX_CLASSES:,} may be", "Leave some out")
    return names


def _folders(root: Path) -> Iterable[str]:
    """Names of the folders in one, sorted; files there must be ones to pass over or the settings."""
    found = []
    for entry in _entries(root):
        if entry.is_dir():
            if not entry.name.isprintable():
                raise DataError(entry.path, "the name of the class is not plain text", "Rename the folder")
            found.append(entry.name)
        elif entry.name != SETTINGS_FILE:
            raise DataError(entry.path, "it stands where only folders, one a class, may", "Move it into a class")
    return found


def _pictures(root: Path) -> Iterable[Path]:
    """The pictures of a class, sorted by name: at least one."""
    found = []
    for entry in _entries(root):
        if entry.is_dir() or Path(entry.name).suffix.lower() not in SUFFIXES:
            rule = f"it is no picture whose name ends in {', '.join(SUFFIXES)}"
            raise DataError(entry.path, rule, "Take it out of the class's folder")
        found.append(Path(entry.path))
    if not found:
        raise DataError(str(root), "it holds no picture", "Put some in, or take the folder away")
    return found


def _entries(root: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, sorted by name, without what systems leave there."""
    found = []
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower() in _PASSED_OVER:
                    continue
                found.append(entry)
                if len(found) > MAX_IMAGES:
                    raise DataError(str(root), f"it holds more than {MAX_IMAGES:,} files", "Leave some out")
    except OSError as error:
        raise DataError(str(root), f"the folder cannot be read ({error})", "See to it that it can") from error
    return sorted(found, key=lambda entry: entry.name)
