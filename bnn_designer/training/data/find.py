"""Where a data set is on this machine, and how it gets there.

A published set is looked for in ``BNN_DATA_DIR``, then in the user's cache; one of one's own is where its path says.
Nothing is downloaded unless :func:`load` is asked to.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bnn_designer.errors import BrokenRule
from bnn_designer.folders import cache_dir, user_path
from bnn_designer.training.data.images import DATA_DIR_VARIABLE, DataError, Facts, Images, Progress
from bnn_designer.training.data.own import own_facts, read_own
from bnn_designer.training.data.sets import DEFAULT, SETS
from bnn_designer.training.data.source import Source


@dataclass(frozen=True)
class DataStatus:
    """Where a data set was found, or why it was not: exactly one of ``path`` and ``problem`` is set.

    Attributes:
        title: its name as people write it.
        facts: what a design must fit; None: not known, as a set of one's own cannot be looked at.
        downloadable: whether ``load(download=True)`` would fetch it: only where it is in no place at all, never over a
            damaged copy.
        download_bytes: what that takes; 0 for what is not downloadable.
    """

    title: str
    path: Path | None
    problem: DataError | None
    facts: Facts | None
    downloadable: bool = False
    download_bytes: int = 0

    def __str__(self) -> str:
        return f"{self.title} found in {self.path}" if self.path else str(self.problem)


def describe_data(data: str = DEFAULT) -> DataStatus:
    """Looks for a data set by names and sizes, and for the shape of one's own; cheap enough for every run of a page.

    Args:
        data: a name of ``SETS``, or the path of a set of one's own.
    """
    source = SETS.get(data)
    if source is None:
        return _describe_own(Path(data))
    try:
        return _describe(source)
    except OSError as error:
        where = str(error.filename or os.environ.get(DATA_DIR_VARIABLE) or cache_dir())
        rule = f"{source.title} cannot be looked for there ({error.strerror or error})"
        mend = f"Set {DATA_DIR_VARIABLE} or BNN_CACHE_DIR to a folder that this program may read"
        return DataStatus(source.title, None, DataError(where, rule, mend), source.facts)


def load(data: str | Path = DEFAULT, *, download: bool = False, progress: Progress | None = None) -> Images:
    """Reads all images; 60,000 of CIFAR-10 take 184 MB of memory.

    Args:
        data: a name of ``SETS``, or the path of a set of one's own, or of a published one that lies elsewhere.
        download: fetch a published set into the cache if it is nowhere.
        progress: told of a download's bytes, beside the progress bar on the terminal, and of many pictures read.

    Raises:
        DataError: a file is missing or damaged, or the download failed.
    """
    source = SETS.get(str(data))
    if source is None:
        return read_own(Path(data), progress)
    status = describe_data(source.name)
    if status.path is not None:
        return source.read(status.path)
    if status.downloadable and download:
        # its libraries only where they are needed
        from bnn_designer.training.data.download import download as fetch

        return source.read(fetch(source, cache_dir(), progress=progress))
    assert status.problem is not None
    raise status.problem


def data_name(text: str) -> str:
    """What a recipe says for what a person wrote: a name of ``SETS``, or the absolute path of a set of one's own."""
    return text if text in SETS else str(user_path(text, "data"))


def _describe_own(path: Path) -> DataStatus:
    try:
        facts = own_facts(path)
    except DataError as error:
        return DataStatus(path.name, None, error, None)
    return DataStatus(facts.title, path, None, facts)


def _describe(source: Source) -> DataStatus:
    variable = os.environ.get(DATA_DIR_VARIABLE)
    if variable:
        try:
            root = user_path(variable, DATA_DIR_VARIABLE)
        except BrokenRule as error:
            return DataStatus(source.title, None, DataError(error.path, error.rule, error.mend), source.facts)
        if not root.is_dir():
            mend = f"Set {DATA_DIR_VARIABLE} to a folder that holds data sets, or unset it"
            problem = DataError(str(root), "there is no such folder", mend)
            return DataStatus(source.title, None, problem, source.facts)
        there = _in_data_dir(source, root)
        if there is not None:
            return _found(source, there)
    folder = cache_dir() / source.folders[0]
    if folder.exists():
        return _found(source, folder)
    size_mb = source.download_bytes / 1e6
    mend = (
        f"Start a training run, which downloads it ({size_mb:.0f} MB), or set {DATA_DIR_VARIABLE} to a folder that "
        f"holds {source.folders[0]}"
    )
    problem = DataError(str(folder), f"{source.title} is not on this machine yet", mend)
    return DataStatus(
        source.title, None, problem, source.facts, downloadable=True, download_bytes=source.download_bytes
    )


def _in_data_dir(source: Source, root: Path) -> Path | None:
    """The set's folder: one in that of the variable, or that itself. MNIST's files are named as Fashion-MNIST's are, so
    a folder of these is known by its own name alone."""
    for name in source.folders:
        if (root / name).is_dir():
            return root / name
    named = root.name in source.folders
    told = source.telling_file is not None and (root / source.telling_file).exists()
    return root if named or told else None


def _found(source: Source, folder: Path) -> DataStatus:
    problem = source.first_problem(folder)
    return DataStatus(source.title, None if problem else folder, problem, source.facts)
