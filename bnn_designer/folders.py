"""The two folders that the program keeps of its own: what can be made again, and what cannot."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "BNN_CACHE_DIR"
HOME_VARIABLE = "BNN_HOME"
_APP = "bnn-designer"


def cache_dir() -> Path:
    """What can be made again (compiled kernels, downloaded images, this machine's calibration).

    ``BNN_CACHE_DIR``, else the user's cache folder.
    """
    return _folder(CACHE_VARIABLE, platformdirs.user_cache_dir(_APP))


def home_dir() -> Path:
    """What cannot (drafts, runs, checkpoints): ``BNN_HOME``, else the user's data folder."""
    return _folder(HOME_VARIABLE, platformdirs.user_data_dir(_APP))


def _folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or default).expanduser().absolute()
