"""Where CIFAR-10 is on this machine, and how it gets there.

The folder ``cifar-10-batches-bin`` is looked for in ``BNN_DATA_DIR`` (the folder that holds it, or the folder itself),
else in the user's cache. Nothing is downloaded unless :func:`load` is asked to.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bnn_designer.folders import cache_dir
from bnn_designer.training.data.cifar10 import FOLDER, batches_folder, first_problem, read_folder
from bnn_designer.training.data.images import DATA_DIR_VARIABLE, DataError, DownloadProgress, Images


@dataclass(frozen=True)
class DataStatus:
    """Where CIFAR-10 was found, or why it was not: exactly one of ``path`` and ``problem`` is set.

    ``downloadable`` says whether ``load(download=True)`` would fetch it: only where it is in no place at all, never
    over a damaged copy or instead of what ``BNN_DATA_DIR`` names.
    """

    path: Path | None
    problem: DataError | None
    downloadable: bool = False

    def __str__(self) -> str:
        return f"CIFAR-10 found in {self.path}" if self.path else str(self.problem)


def describe_data() -> DataStatus:
    """Looks for the data by names and sizes alone (no file is read), cheap enough for every run of a page."""
    variable = os.environ.get(DATA_DIR_VARIABLE)
    folder = batches_folder(Path(variable).expanduser()) if variable else cache_dir() / FOLDER
    if not variable and not folder.exists():
        mend = (
            f"Start a training run, which downloads it (170 MB), or set {DATA_DIR_VARIABLE} to a folder that holds "
            f"{FOLDER}"
        )
        return DataStatus(None, DataError(str(folder), "CIFAR-10 is not on this machine yet", mend), downloadable=True)
    problem = first_problem(folder)
    return DataStatus(None, problem) if problem else DataStatus(folder, None)


def load(data_dir: Path | None = None, *, download: bool = False, progress: DownloadProgress | None = None) -> Images:
    """Reads all 60,000 images (184 MB in memory).

    Args:
        data_dir: ``cifar-10-batches-bin`` or the folder that holds it; None looks in ``BNN_DATA_DIR``, then the cache.
        download: fetch the data into the cache if it is in neither place.
        progress: told of a download's bytes, beside the progress bar on the terminal.

    Raises:
        DataError: a file is missing or damaged, or the download failed.
    """
    if data_dir is not None:
        return read_folder(batches_folder(Path(data_dir)))
    status = describe_data()
    if status.path is not None:
        return read_folder(status.path)
    if status.downloadable and download:
        from bnn_designer.training.data.download import download_cifar10  # its libraries only where it is needed

        return read_folder(download_cifar10(cache_dir(), progress=progress))
    assert status.problem is not None
    raise status.problem
