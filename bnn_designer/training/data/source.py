"""What a published data set is: what it holds, where it is looked for, how it gets there, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bnn_designer.training.data.images import Augmentation, DataError, Facts, Images


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server.

    Attributes:
        checksum: "algorithm:hex digits", as whoever made the set published it.
        size_bytes: as it is offered, for those who are to wait for it.
    """

    url: str
    checksum: str
    size_bytes: int

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Source:
    """A published data set.

    Attributes:
        name: as recipes and commands have it.
        train_count, test_count: images.
        folders: where it lies in ``BNN_DATA_DIR``, the first that is there; that of the cache is the first of all.
        telling_file: a file that no other set has, by which its folder is known under any name; None: there is none.
        remote: the files to download.
        unpack: makes the set's folder of the downloaded files: called with them, the folder, which is there and empty,
            and an address for errors. Raises DataError.
        first_problem: what is wrong in a folder by names and sizes alone, so that it may be asked at every turn.
        read: all of it. Raises DataError.
    """

    name: str
    facts: Facts
    train_count: int
    test_count: int
    augmentation: Augmentation
    folders: tuple[str, ...]
    telling_file: str | None
    remote: tuple[RemoteFile, ...]
    unpack: Callable[[list[Path], Path, str], None]
    first_problem: Callable[[Path], DataError | None]
    read: Callable[[Path], Images]

    @property
    def title(self) -> str:
        return self.facts.title

    @property
    def download_bytes(self) -> int:
        return sum(file.size_bytes for file in self.remote)
