"""Models that Keras has saved, read again."""

from __future__ import annotations

from pathlib import Path

import keras

import bnn_designer.nn  # noqa: F401 - its layers must be known
from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file


class UnreadableModel(BnnDesignerError):  # noqa: N818 - what the file is
    """A file that Keras cannot read as a model; the text is what Keras said, for whoever knows what to do about it."""


def load_saved(path: Path) -> keras.Model:
    """The model in a ``.keras`` file; it may hold no code of its own, only layers that this project and Keras know.

    Raises:
        UnreadableModel: the file is not there, damaged, or something else.
    """
    try:
        if path.exists():
            open_file(path).close()  # Keras would wait for what comes out of a pipe
        return keras.models.load_model(path, compile=False)
    except Exception as error:  # whatever Keras raises, the file is not what it should be
        first = str(error).strip().partition("\n")[0]
        raise UnreadableModel(f"{type(error).__name__}: {first}") from error
