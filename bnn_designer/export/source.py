"""What the app exports, and where its exports are kept: a run, beside its checkpoints, or a design without weights.

A design is found by what it is, not by the draft it stands in: who edits a draft sees at once that the new one was not
exported yet, and the same design of two people is exported once. What can be made again is not kept for ever.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bnn_designer.design import Design, load_design
from bnn_designer.files import write_text
from bnn_designer.runs.run_folders import used_bytes
from bnn_designer.runs.store import Store

Kind = Literal["run", "design"]

FOLDER = "exports"
_DESIGN_FILE = "design.json"
#: What the exports of designs may take together; the newest is kept whatever it takes.
KEPT_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Source:
    """What is exported.

    Attributes:
        kind: whether it has weights.
        id: of the run; of a design, digits that say which it is.
        folder: where its exports are kept.
    """

    kind: Kind
    id: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


def run_source(store: Store, run_id: str) -> Source:
    """A run of the store."""
    return Source("run", run_id, store.run_folder(run_id))


def design_source(store: Store, design: Design) -> Source:
    """A design, whatever draft it stands in: 64 bits of its document's SHA-256 are its id."""
    return _kept_design(store, hashlib.sha256(design.to_json().encode()).hexdigest()[:16])


def source_of(store: Store, kind: str, name: str) -> Source:
    """By its kind and its id, as a worker is told them."""
    return run_source(store, name) if kind == "run" else _kept_design(store, name)


def _kept_design(store: Store, key: str) -> Source:
    return Source("design", key, store.home / FOLDER / key)


def keep_design(source: Source, design: Design) -> None:
    """Puts a design where its worker finds it. Raises BnnDesignerError if it cannot be written."""
    source.folder.mkdir(parents=True, exist_ok=True)
    write_text(source.folder / _DESIGN_FILE, design.to_json(), overwrite=True)


def kept_design(source: Source) -> Design:
    """The design of :func:`keep_design`. Raises DesignError if it cannot be read."""
    return load_design(source.folder / _DESIGN_FILE)


def tidy(store: Store, newest: Source, most_bytes: int = KEPT_BYTES) -> None:
    """Removes the exports of designs that were used longest ago, until the rest takes no more than allowed."""
    others = [path for path in (store.home / FOLDER).iterdir() if path.is_dir() and path != newest.folder]
    total = used_bytes(newest.folder)
    for folder in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True):
        total += used_bytes(folder)
        if total > most_bytes:
            shutil.rmtree(folder, ignore_errors=True)
