"""Which weights were looked into, and whether the run has others by now."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file
from bnn_designer.inspection.report import Inside
from bnn_designer.runs.store import Store

# Entries of a .keras file that are others whenever it is saved: the time, and addresses in the description of layers.
_NO_WEIGHTS = ("metadata.json", "config.json")
_NO_ARCHIVE = "no archive"


def looked_at(store: Store, run_id: str) -> tuple[str, Path]:
    """Which epoch's weights are looked at, ``best`` or ``last``, and their file; a run of before has no best one.

    Raises:
        BnnDesignerError: the run has none yet.
    """
    for name, path in (("best", store.best_path(run_id)), ("last", store.checkpoint_path(run_id))):
        if path.is_file():
            return name, path
    raise BnnDesignerError(f"Run {run_id}: it has no checkpoint yet. Wait for its first epoch, or train it again.")


@dataclass(frozen=True)
class Origin:
    """Which network is looked into.

    Attributes:
        run_id, epoch_file, weights_mark: as :class:`Inside` has them.
        has_latent: whether the float kernels are latent weights; Bop's are signs.
    """

    run_id: str = ""
    epoch_file: str = "last"
    weights_mark: str = ""
    has_latent: bool = True


def weights_mark(path: Path) -> str:
    """Tells one checkpoint from the next one of the same name, by what is in it: a copy has the mark of its original.

    A ``.keras`` file is a zip archive, whose directory has a checksum of each entry; those of the weights count.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            entries = sorted((entry.filename, entry.CRC, entry.file_size) for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError):
        return _NO_ARCHIVE
    weights = [entry for entry in entries if entry[0] not in _NO_WEIGHTS]
    return hashlib.sha256(repr(weights).encode()).hexdigest()[:32]


def _mark_of_before(path: Path) -> str:
    """As reports have it that were made before the mark went by the contents."""
    found = path.stat()
    return f"{found.st_mtime_ns}-{found.st_size}"


def is_stale(store: Store, inside: Inside) -> bool:
    """Whether the run has other weights by now than those that were looked at."""
    try:
        name, path = looked_at(store, inside.run_id)
        return all(is_other(inside, name, mark(path)) for mark in (weights_mark, _mark_of_before))
    except (BnnDesignerError, OSError):
        return False  # deleted: what was found is all there is


def is_other(inside: Inside, epoch_file: str, mark: str) -> bool:
    """Whether something else was found with other weights than these; arguments as :class:`Inside` has them."""
    return (epoch_file, mark) != (inside.epoch_file, inside.weights_mark)
