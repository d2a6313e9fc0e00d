"""Data sets of one's own: a folder of pictures, an .npz file, IDX files, or a published set lying anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bnn_designer.errors import BrokenRule
from bnn_designer.folders import home_dir, user_path
from bnn_designer.training.data import cifar10, folder, idx, mnist, npz
from bnn_designer.training.data.images import DATA_DIR_VARIABLE, DataError, Facts, Images, Progress
from bnn_designer.training.data.sets import SETS

#: The folder in the home folder where sets of one's own are found, beside BNN_DATA_DIR.
HOME_FOLDER = "data"
#: Entries of a folder that are looked at for sets; more would slow a page down.
_MOST_ENTRIES = 200


@dataclass(frozen=True)
class _Kind:
    """A form that a data set may have: whether a path is one, what it says of itself, and how it is read."""

    is_one: Callable[[Path], bool]
    facts: Callable[[Path], Facts]
    read: Callable[[Path, Progress | None], Images]


def _is_npz(path: Path) -> bool:
    return path.suffix.lower() == ".npz" and path.is_file()


def _cifar10_folder(path: Path) -> Path:
    """The folder itself, or the one of that name in it."""
    return path / cifar10.FOLDER if (path / cifar10.FOLDER).is_dir() else path


def _is_cifar10(path: Path) -> bool:
    folder = _cifar10_folder(path)
    return (folder / cifar10.TEST_FILE).exists() or (folder.name == cifar10.FOLDER and folder.is_dir())


def _is_idx(path: Path) -> bool:
    return any(idx.idx_file(path, name) for name in idx.FILES)


def _cifar10_facts(path: Path) -> Facts:
    problem = cifar10.first_problem(_cifar10_folder(path))
    if problem is not None:
        raise problem
    return cifar10.FACTS


#: The first that a path is.
_KINDS = (
    _Kind(_is_npz, npz.own_facts, lambda path, progress: npz.read_own(path)),
    _Kind(_is_cifar10, _cifar10_facts, lambda path, progress: cifar10.read_folder(_cifar10_folder(path))),
    _Kind(_is_idx, mnist.own_facts, lambda path, progress: mnist.read_own(path)),
    _Kind(Path.is_dir, folder.own_facts, folder.read_own),
)


def own_facts(path: Path) -> Facts:
    """The shape and the classes of a set, looked at without reading all of it.

    Raises:
        DataError: it is not there, or is none, as far as that shows.
    """
    with _refused(path):
        return _own_facts(path, _marks(path))


def read_own(path: Path, progress: Progress | None = None) -> Images:
    """Reads a set of one's own.

    Raises:
        DataError: names the file that is not as it must be.
    """
    with _refused(path):
        return _kind(path).read(path, progress)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """What the system refuses at the path itself (a folder that may not be entered, a name too long), and memory."""
    try:
        yield
    except OSError as error:
        rule = f"it cannot be read ({error.strerror or error})"
        raise DataError(str(path), rule, "See to it that this program may read it, or name another") from error
    except MemoryError as error:
        rule = "this machine has not the memory to hold its images"
        raise DataError(str(path), rule, "Make the images smaller, or leave some out") from error


def own_sets() -> list[Path]:
    """What may be sets of one's own in ``BNN_DATA_DIR`` and in ``data`` of the home folder, sorted by name.

    Files that end in .npz, and folders that hold folders or IDX files; published sets are not among them.
    """
    roots = [home_dir() / HOME_FOLDER]
    if variable := os.environ.get(DATA_DIR_VARIABLE):
        with suppress(BrokenRule):  # which is told with the published sets
            roots.append(user_path(variable, DATA_DIR_VARIABLE))
    found = {path for root in roots for path in _entries(root) if _may_be_set(path)}
    return sorted(found, key=lambda path: (path.name, str(path)))


def _entries(root: Path) -> list[Path]:
    published = {name.partition("/")[0] for source in SETS.values() for name in source.folders}
    try:
        names = sorted(entry.name for entry in os.scandir(root))[:_MOST_ENTRIES]
    except OSError:
        return []
    return [root / name for name in names if not name.startswith(".") and name not in published and name.isprintable()]


def _may_be_set(path: Path) -> bool:
    if not path.is_dir():
        return _is_npz(path)
    try:
        return _is_idx(path) or any(entry.is_dir() for entry in os.scandir(path))
    except OSError:
        return False


def _kind(path: Path) -> _Kind:
    for kind in _KINDS:
        if kind.is_one(path):
            return kind
    known = ", ".join(SETS)
    rule = "it is no .npz file and no folder" if path.exists() else "there is no such file or folder"
    mend = f"Name a folder of pictures, an .npz file, or one of {known}"
    raise DataError(str(path), rule, mend)


def _marks(path: Path) -> tuple[tuple[int, int], ...]:
    """What changes where a set does, as far as a page need see at once: sizes and times of what lies at the top."""
    marks = []
    for one in (path, path / folder.TRAIN, path / folder.SETTINGS_FILE, *(path / name for name in idx.FILES)):
        try:
            found = one.stat()
        except OSError:
            marks.append((0, 0))
        else:
            marks.append((found.st_mtime_ns, found.st_size))
    return tuple(marks)


@lru_cache(maxsize=64)
def _own_facts(path: Path, marks: tuple[tuple[int, int], ...]) -> Facts:
    return _kind(path).facts(path)
