"""What a saved model's file says of its layers: JSON in a ``.keras`` archive, or an attribute of a legacy ``.h5``."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file

#: The description of a thousand layers takes 2 MB.
MAX_CONFIG_BYTES = 32 * 2**20
MEND = "Save the model with model.save('model.keras')"
#: What the readers of archives, HDF5 and JSON raise beside their own errors and those of the system.
_DAMAGED = (NotImplementedError, RuntimeError, ValueError, EOFError, KeyError, TypeError)
_HDF5 = b"\x89HDF\r\n\x1a\n"


def saved_config(path: Path) -> Any:
    """The description, as JSON has it; weights are not read.

    Raises:
        BnnDesignerError: there is no such file, or it is none that Keras wrote.
    """
    try:
        text = _of_hdf5(path) if is_hdf5(path) else _of_archive(path)
        if len(text) > MAX_CONFIG_BYTES:
            raise BnnDesignerError(f"{path}: its description is longer than {MAX_CONFIG_BYTES >> 20} MiB. {MEND}.")
        return json.loads(text)
    except FileNotFoundError:
        raise BnnDesignerError(f"{path}: there is no such file. Check the path.") from None
    except OSError as error:
        first = (error.strerror or str(error)).partition("\n")[0]
        raise BnnDesignerError(f"{path}: it cannot be read: {first}. Check the path.") from None
    except (*_DAMAGED, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        rule = "this is no .keras and no .h5 file, but damaged or something else"
        raise BnnDesignerError(f"{path}: {rule}. {MEND}.") from error
    except RecursionError:
        raise BnnDesignerError(f"{path}: its description is nested too deeply. {MEND}.") from None


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 does."""
    with open_file(path) as file:
        return file.read(len(_HDF5)) == _HDF5


def _of_archive(path: Path) -> bytes:
    with open_file(path) as raw, zipfile.ZipFile(raw) as archive:
        try:
            file = archive.open("config.json")
        except KeyError:
            raise BnnDesignerError(f"{path}: it has no config.json, so it is no .keras file. {MEND}.") from None
        with file:
            return file.read(MAX_CONFIG_BYTES + 1)


def _of_hdf5(path: Path) -> bytes:
    """Attributes are not compressed, so that this takes no more memory than the file is long."""
    with h5py.File(path, "r") as file:
        found = file.attrs.get("model_config")
    if isinstance(found, str):
        return found.encode("utf-8", "surrogateescape")
    if not isinstance(found, bytes):
        rule = "it has weights alone, and no description of a model (no model_config)"
        raise BnnDesignerError(f"{path}: {rule}. Save the whole model with model.save('model.h5').")
    return found
