"""What to do about a copy of a published data set that is not whole."""

from __future__ import annotations

from pathlib import Path

from bnn_designer.folders import cache_dir
from bnn_designer.training.data.images import DATA_DIR_VARIABLE


def complete_copy(folder: Path) -> str:
    """How to get whole files in the place of those in a folder."""
    if cache_dir() in folder.parents:
        return f"Delete {folder} and train again to download it anew, or set {DATA_DIR_VARIABLE} to a complete copy"
    return (
        f"Put complete files into {folder}; if {DATA_DIR_VARIABLE} led here, moving it away has the data downloaded "
        "into the cache"
    )
