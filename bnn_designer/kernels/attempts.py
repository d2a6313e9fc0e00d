"""What stands in a build's way, known without trying: a disk without room, or an attempt that failed before.

A build takes minutes on a small machine. One that cannot succeed is not begun again by every command that would use
the kernels; ``python -m bnn_designer.kernels.build`` forgets the failure and tries.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

#: A build leaves 3 MiB (x86-64, four instruction sets), and takes about twice that while it is made.
ROOM_BYTES = 16 * 2**20

AGAIN = "Run python -m bnn_designer.kernels.build to try again"

# What compilers and linkers say when it is not the sources' fault, and may be otherwise the next time.
_DISK_FULL = ("No space left on device", "Disk quota exceeded")
_KILLED = ("Killed signal", "(exit code -9)", "out of memory", "Cannot allocate memory")


def failed_log(folder: Path) -> Path:
    """Where the messages of a build that failed are kept: the reason in the first line, then the compiler's."""
    return folder.with_name(f"{folder.name}-failed.log")


def note_failure(folder: Path, reason: str, log: Path) -> None:
    """Keeps the messages of a build that would fail again."""
    said = log.read_text(errors="replace") if log.exists() else ""
    failed_log(folder).write_text(f"{reason}\n\n{said}")


def forget_failures(cache: Path) -> None:
    """Has the next build of everything in the cache tried again."""
    for path in cache.glob("*-failed.log"):
        path.unlink(missing_ok=True)


def obstacle(folder: Path) -> str | None:
    """Why a library cannot be built into a folder of the cache now; None where it may be tried."""
    kept = failed_log(folder)
    if kept.exists():
        reason = kept.read_text(errors="replace").partition("\n")[0]
        return f"{reason} {_see(kept)}"
    return no_room(folder.parent)


def failed_text(folder: Path, reason: str) -> str:
    """The same right after the failure."""
    return f"{reason} {_see(failed_log(folder))}"


def passing_reason(log: Path, cache: Path) -> str | None:
    """What made a build fail that may succeed the next time, by what the compiler said; None where it would not."""
    said = log.read_text(errors="replace") if log.exists() else ""
    if any(words in said for words in _DISK_FULL):
        return no_room(cache) or _full(cache, None)
    if any(words in said for words in _KILLED):
        return (
            "The compiler was killed while it built the XNOR kernels: the machine ran out of memory. Free some of it."
        )
    return None


def no_room(cache: Path) -> str | None:
    """Says that the disk of the cache, or that of the compiler's own files, has no room for a build; None: it has."""
    for folder in (cache, Path(tempfile.gettempdir())):
        there = next((path for path in (folder, *folder.parents) if path.exists()), None)
        if there is None:
            continue
        try:
            free_bytes = shutil.disk_usage(there).free
        except OSError:  # the build itself will say what is wrong
            continue
        if free_bytes < ROOM_BYTES:
            return _full(folder, free_bytes)
    return None


def _full(folder: Path, free_bytes: int | None) -> str:
    free = "" if free_bytes is None else f": {free_bytes / 2**20:.1f} MiB are free"
    return (
        f"The disk of {folder} is full{free}, and building the XNOR kernels takes {ROOM_BYTES // 2**20} MiB. Make room "
        "there, or set BNN_CACHE_DIR to a folder on another disk."
    )


def _see(kept: Path) -> str:
    return f"The compiler's messages are in {kept}. {AGAIN}."
