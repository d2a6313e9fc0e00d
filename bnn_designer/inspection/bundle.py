"""A small file of arrays and one text: an ``.npz`` without pickles, read within bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file

Array = npt.NDArray[Any]

#: What reading such a file may raise, whatever it holds.
READ_ERRORS = (AttributeError, EOFError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile)
_TEXT = "report"


def to_bytes(text: str, arrays: Mapping[str, Array]) -> bytes:
    """The contents of the file."""
    buffer = io.BytesIO()
    encoded = np.frombuffer(text.encode(), np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, **{_TEXT: encoded}, **arrays)
    return buffer.getvalue()


def from_bytes(data: bytes, most_bytes: int) -> tuple[str, dict[str, Array]]:
    """The text and the arrays; raises one of :data:`READ_ERRORS`.

    Args:
        data: the file.
        most_bytes: what it may hold once it is unpacked; more is refused before it is.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > most_bytes:
        raise ValueError(f"it holds {size:,} bytes, and at most {most_bytes:,} are read")
    with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    return arrays.pop(_TEXT).tobytes().decode(), arrays


def kept_bytes(path: Path, most_bytes: int, mend: str) -> bytes | None:
    """The contents of a file that is kept with a run; None where there is none.

    Raises:
        BnnDesignerError: it cannot be read, or is larger than any that this program writes.
    """
    try:
        with open_file(path) as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path.name, error, mend) from error
    if len(data) > most_bytes:
        raise BnnDesignerError(f"{path.name}: the file is larger than any of this program's. {mend}.")
    return data


def unreadable(name: str, error: Exception, mend: str) -> BnnDesignerError:
    """The error of a file that cannot be read, with its first line of why."""
    first = str(error).partition("\n")[0]
    return BnnDesignerError(f"{name}: the file cannot be read ({first}). {mend}.")
