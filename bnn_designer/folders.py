"""The two folders that the program keeps, what can be made again and what cannot; and where its own files lie."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from bnn_designer.errors import BrokenRule

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


def project_file(name: str) -> Path:
    """A file or a folder of the project beside the package: ``app.py``, ``pages``, ``results``.

    In an installed package they lie within it, in ``site`` (``setup.py`` puts them there).
    """
    package = Path(__file__).parent
    return (package / "site" if (package / "site").is_dir() else package.parent) / name


def user_path(text: str, said_by: str) -> Path:
    """The absolute path that a person means by a text, ``~`` and all.

    Args:
        said_by: where the text stands, such as the name of a variable, for the error.

    Raises:
        BrokenRule: ``~name`` of somebody whom this machine does not know, or what no path can have.
    """
    try:
        if "\0" in text:
            raise ValueError("it has a NUL in it")
        return Path(text).expanduser().absolute()
    except (RuntimeError, ValueError) as error:
        rule = f"{text!r} is no path here: {str(error).rstrip('.').lower()}"
        raise BrokenRule(said_by, rule, "Write the whole path, from / on") from None


def _folder(variable: str, default: str) -> Path:
    return user_path(os.environ.get(variable) or default, variable)
